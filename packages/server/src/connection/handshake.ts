import {
  decodeBatch,
  Violation,
  type Close,
  type GoneMessage,
  type HelloMessage,
  type Message,
  type ReceivedMessage,
  type ResumeMessage,
  type Timer,
} from '@trunkline/protocol';
import { isPromise } from '../chain.js';
import type { ConnectionInfo } from '../routes/context.js';
import type { Admission, Admitted, Admitting, Again } from '../guards/gatekeeper.js';
import type { LiveSession } from './live-session.js';
import { watchAuth } from '../observe/auth-watch.js';
import type { SessionServices } from './session-parts.js';
import type { Session } from '../session.js';
import type { EndReason, Sessions } from '../sessions.js';

/** A client that has a session: a new one, or its own again. */
export type Attached =
  | { readonly session: Session; readonly hello: HelloMessage; readonly release: () => void }
  | { readonly live: LiveSession; readonly resume: ResumeMessage; readonly release: () => void };

/** What all handshakes of a server share. */
export interface HandshakeServices extends SessionServices {
  readonly sessions: Sessions<LiveSession>;
  /** That of a server that stops. */
  readonly drain: () => DrainGate | undefined;
}

/** What a server that stops says to clients that come. */
export interface DrainGate {
  /** What a new one is told. */
  refusal(): Close;
  /** A session has a connection again. */
  attached(session: LiveSession): void;
}

/** What a handshake is made from, and what it tells its connection. */
export interface HandshakeOwner {
  readonly services: HandshakeServices;
  readonly transport: { readonly takesPacked: boolean };
  /** Writes a message by itself. */
  write(message: Message): void;
  close(close: Close): void;
  /** The client has a session. */
  attached(attached: Attached): void;
}

const EARLY: ReadonlySet<ReceivedMessage['kind']> = new Set([
  'BIND',
  'SUBSCRIBE',
  'SKIPPED',
  'PING',
  'PONG',
  'VOID',
]);

/** What a batch costs to hold beside its bytes. */
const HELD_BYTES = 64;

/** The beginning of a connection, until WELCOME or RESUMED: nothing runs, and little is held. */
export class Handshake {
  readonly #owner: HandshakeOwner;
  readonly #info: ConnectionInfo;
  #timer: Timer;
  #state: 'hello' | 'greeting' | 'resuming' | 'ended' = 'hello';
  #hasResumed = false;
  /** Batches that came before WELCOME: held as they came, since nothing is believed yet. */
  readonly #early: Uint8Array[] = [];
  #earlyBytes = 0;
  #admitting: Admitting | undefined;

  constructor(owner: HandshakeOwner, info: ConnectionInfo) {
    this.#owner = owner;
    this.#info = info;
    this.#timer = this.#awaitHello();
  }

  receive(batch: Uint8Array): void {
    if (this.#state === 'hello') this.#receiveHello(batch);
    else if (this.#state === 'greeting') this.#hold(batch);
    else if (this.#state === 'resuming') this.#owner.close(new Violation('TOO_EARLY'));
  }

  /** Gives what came before WELCOME, or the violation that some of it is. */
  takeEarly(): readonly Uint8Array[] | Violation {
    const early = this.#early.splice(0);
    return early.every(isEarly) ? early : new Violation('TOO_EARLY');
  }

  /** Ends it, whatever its outcome; nobody is admitted afterwards. */
  stop(): void {
    this.#state = 'ended';
    this.#timer.cancel();
    this.#admitting?.withdraw();
    this.#early.length = 0;
  }

  #receiveHello(batch: Uint8Array): void {
    const owner = this.#owner;
    if (batch.length > owner.services.limits.helloBytes) {
      return owner.close(new Violation('HELLO_TOO_BIG'));
    }
    const decoded = decodeBatch(batch);
    if (decoded instanceof Violation) return owner.close(decoded);
    // Nothing that has a number was sent yet, either way.
    if (decoded.ack !== undefined || decoded.now) return owner.close(new Violation('BAD_HEAD'));
    const [message, second] = decoded.messages;
    if (message?.kind === 'RESUME' && second === undefined && !this.#hasResumed) {
      return this.#receiveResume(message);
    }
    if (message?.kind !== 'HELLO' || second !== undefined) {
      return owner.close(new Violation('HELLO_FIRST'));
    }
    const drain = owner.services.drain();
    if (drain !== undefined) return owner.close(drain.refusal());
    this.#timer.cancel();
    this.#state = 'greeting';
    this.#admit({ token: message.token }, (admission) => this.#welcome(message, admission));
  }

  #awaitHello(): Timer {
    const { runtime, limits } = this.#owner.services;
    return runtime.startTimer(limits.helloMs, () => this.#owner.close(new Violation('HELLO_LATE')));
  }

  #receiveResume(resume: ResumeMessage): void {
    this.#hasResumed = true;
    this.#timer.cancel();
    const live = this.#find(resume);
    if (live === undefined) return;
    // Looked at before anybody is asked, and again afterwards.
    if (!live.isNewer(resume.attach)) return this.#owner.close(REPLACED);
    this.#state = 'resuming';
    const again = { id: live.id, replaced: live.isAttached ? live.principal : undefined };
    this.#admit({ token: resume.token, again }, (admission) => this.#resume(resume, admission));
  }

  /** Finds the session that is to go on; where there is none, the client is told so. */
  #find({ session, secret }: ResumeMessage): LiveSession | undefined {
    const found = this.#owner.services.sessions.find(session, secret);
    if (found === undefined) this.#gone('unknown', undefined);
    else if ('endedAt' in found) this.#gone(found.reason, found.rx);
    else return found;
    return undefined;
  }

  /** HELLO may come next, once. */
  #gone(reason: GoneMessage['reason'], rx: number | undefined): void {
    this.#state = 'hello';
    this.#timer = this.#awaitHello();
    this.#owner.services.observation?.tell('sessionGone', { reason });
    this.#owner.write({ kind: 'GONE', reason, rx });
  }

  #resume(resume: ResumeMessage, admitted: Admitted): void {
    const { session, release } = admitted;
    // Much may have happened while the client was looked at.
    const live = this.#find(resume);
    if (live === undefined) return release();
    if (!live.isNewer(resume.attach)) {
      release();
      return this.#owner.close(REPLACED);
    }
    const reason = this.#reasonToEnd(live, { session, resume });
    if (reason !== undefined) {
      release();
      live.end(reason);
      return this.#gone(reason, live.rx);
    }
    live.session.identity = session.identity;
    live.session.connection = session.connection;
    this.#owner.attached({ live, resume, release });
  }

  /** Why a session cannot go on over this connection, and so must not go on at all. */
  #reasonToEnd(
    live: LiveSession,
    { session, resume }: { readonly session: Session; readonly resume: ResumeMessage },
  ): EndReason | undefined {
    if (session.identity?.principal !== live.principal) return 'principal';
    // What was packed for one connection cannot be sent on the other.
    if (this.#owner.transport.takesPacked !== live.takesPacked) return 'codec';
    return live.canResume(resume) ? undefined : 'overflow';
  }

  #hold(batch: Uint8Array): void {
    if (batch.length === 0) return this.#owner.close(new Violation('TRUNCATED'));
    this.#earlyBytes += batch.length + HELD_BYTES;
    if (this.#earlyBytes > this.#owner.services.limits.earlyBytes) {
      return this.#owner.close(new Violation('TOO_EARLY'));
    }
    // The bytes belong to the socket.
    this.#early.push(batch.slice());
  }

  #admit(
    { token, again }: { readonly token: string; readonly again?: Again },
    then: (admitted: Admitted) => void,
  ): void {
    const { gatekeeper, observation, runtime } = this.#owner.services;
    const watch = watchAuth(observation, again === undefined ? 'hello' : 'resume');
    const admitting = gatekeeper.admit(token, this.#info, again);
    const { admission, confirm } = admitting;
    this.#admitting = admitting;
    const decide = (early: Admission): void => {
      // The client may have left while it was looked at.
      if (this.#state === 'ended') {
        watch?.('left');
        return early.release?.();
      }
      const decided = confirm(early);
      watch?.(decided);
      this.#decided(decided, then);
    };
    // What came in the same read was sent before WELCOME, and must be seen as such.
    if (!isPromise(admission)) runtime.endOfTurn(() => decide(admission));
    else void admission.then(decide);
  }

  #decided(admission: Admission, then: (admitted: Admitted) => void): void {
    const owner = this.#owner;
    if ('close' in admission) return owner.close(admission.close);
    try {
      then(admission);
    } catch (error) {
      owner.services.report({ error, where: 'handshake' });
      owner.close({ code: 'LEAVING', reason: 'the session could not begin' });
    }
  }

  #welcome(hello: HelloMessage, { session, release }: Admitted): void {
    const drain = this.#owner.services.drain();
    if (drain === undefined) return this.#owner.attached({ session, hello, release });
    release();
    this.#owner.close(drain.refusal());
  }
}

const REPLACED: Close = { code: 'REPLACED', reason: 'an older connection' };

/** What may come before WELCOME may be lost with the session. */
function isEarly(batch: Uint8Array): boolean {
  const decoded = decodeBatch(batch);
  // What is malformed is found again, and named, when it is read.
  if (decoded instanceof Violation) return true;
  return decoded.messages.every(
    (message) =>
      EARLY.has(message.kind) || (message.kind === 'CALL' && message.idempotencyKey !== undefined),
  );
}

import {
  decodeBatch,
  Violation,
  type Close,
  type HelloMessage,
  type Message,
  type ReceivedMessage,
  type Runtime,
  type Timer,
} from '@trunkline/protocol';
import { isPromise } from './chain.js';
import type { ConnectionInfo } from './context.js';
import type { ReportFailure } from './failure.js';
import type { Admission, Admitting, Gatekeeper } from './gatekeeper.js';
import type { ServerLimits } from './limits.js';

/** A client that may have a session. */
export type Admitted = Extract<Admission, { session: unknown }>;

/** What a handshake is made from, and what it tells its connection. */
export interface HandshakeOwner {
  readonly services: {
    readonly runtime: Runtime;
    readonly limits: ServerLimits;
    readonly gatekeeper: Gatekeeper;
    readonly report: ReportFailure;
  };
  /** Writes a message by itself. */
  write(message: Message): void;
  close(close: Close): void;
  /** The client may have a session. */
  admitted(hello: HelloMessage, admitted: Admitted): void;
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

/** The beginning of a connection, until WELCOME: nothing runs, and little is held. */
export class Handshake {
  readonly #owner: HandshakeOwner;
  readonly #info: ConnectionInfo;
  #timer: Timer;
  #state: 'hello' | 'authenticating' | 'ended' = 'hello';
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
    else if (this.#state === 'authenticating') this.#hold(batch);
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
      return this.#refuseResume();
    }
    if (message?.kind !== 'HELLO' || second !== undefined) {
      return owner.close(new Violation('HELLO_FIRST'));
    }
    this.#timer.cancel();
    this.#state = 'authenticating';
    this.#admit(message);
  }

  #awaitHello(): Timer {
    const { runtime, limits } = this.#owner.services;
    return runtime.startTimer(limits.helloMs, () => this.#owner.close(new Violation('HELLO_LATE')));
  }

  /** Sessions are not resumed in this version, so none is known; HELLO may come next, once. */
  #refuseResume(): void {
    this.#hasResumed = true;
    this.#timer.cancel();
    this.#timer = this.#awaitHello();
    this.#owner.write({ kind: 'GONE', reason: 'unknown', rx: undefined });
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

  #admit(hello: HelloMessage): void {
    const admitting = this.#owner.services.gatekeeper.admit(hello.token, this.#info);
    const { admission } = admitting;
    if (!isPromise(admission)) {
      // What came in the same read was sent before WELCOME, and must be seen as such.
      return this.#owner.services.runtime.endOfTurn(() => this.#decided(hello, admission));
    }
    this.#admitting = admitting;
    void admission.then((decided) => this.#decided(hello, decided));
  }

  #decided(hello: HelloMessage, admission: Admission): void {
    // The client may have left while it was looked at.
    if (this.#state === 'ended') return admission.release?.();
    const owner = this.#owner;
    if ('close' in admission) return owner.close(admission.close);
    try {
      owner.admitted(hello, admission);
    } catch (error) {
      owner.services.report({ error, where: 'handshake' });
      owner.close({ code: 'LEAVING', reason: 'the session could not begin' });
    }
  }
}

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

import {
  CLOSE_CODES,
  ENCODING,
  FEATURES,
  SUBPROTOCOLS,
  closeCodeOf,
  Violation,
  WIRE_DEFAULTS,
  type AuthedMessage,
  type Close,
  type CloseCode,
  type Closed,
  type Dial,
  type DialSink,
  type GoawayMessage,
  type GoneMessage,
  type HelloMessage,
  type MessageCodec,
  type ReceivedMessage,
  type ResumedMessage,
  type Runtime,
  type Timer,
  type Transport,
  type WelcomeMessage,
} from '@trunkline/protocol';
import { ClientSession, type SessionAttach } from './client-session.js';
import type { Ending } from './retry-decision.js';
import type { SuperjsonLoader } from '../value/superjson.js';

/** What one connection tells those who use it. None of these throws. */
export interface AttachOwner {
  /** A session has begun, or goes on; calls and subscriptions may be sent. */
  welcomed(welcome: WelcomeMessage | ResumedMessage, session: ClientSession): void;
  /** The session that was to go on has ended; another one will begin. */
  gone(gone: GoneMessage): void;
  /** The server asks the client to leave. */
  goaway(message: GoawayMessage): void;
  /** The server has answered a token within the session. */
  authed(message: AuthedMessage): void;
  /** Comes once and last, unless the owner itself has closed it. */
  ended(ending: Ending): void;
}

/** What one connection is made with. */
export interface AttachOptions {
  readonly url: string;
  readonly dial: Dial;
  readonly runtime: Runtime;
  readonly hello: HelloMessage;
  /** The messages that this client sends and gets. */
  readonly codec: MessageCodec;
  /** A session that is to go on. */
  readonly session: ClientSession | undefined;
  readonly superjson: SuperjsonLoader;
  /** Whether packed payloads are offered. */
  readonly packed: boolean;
  readonly openMs: number;
  readonly welcomeMs: number;
  /** The most bytes of a value of the server. */
  readonly valueBytes: number;
}

const READABLE: readonly string[] = [SUBPROTOCOLS.superjson, SUBPROTOCOLS.any];
const ALL: readonly string[] = [SUBPROTOCOLS.packed, ...READABLE];
const CUT = 1006;

/** One connection from its dialing to its end: negotiation, HELLO or RESUME, messages. */
export class Attach implements SessionAttach {
  readonly #owner: AttachOwner;
  readonly #options: AttachOptions;
  readonly #transport: Transport;
  #phase: 'opening' | 'resuming' | 'greeting' | 'live' | 'ended' = 'opening';
  #session: ClientSession | undefined;
  #takesPacked = false;
  #timer: Timer;

  constructor(owner: AttachOwner, options: AttachOptions) {
    this.#owner = owner;
    this.#options = options;
    this.#transport = options.dial(options.url, this.#offered, this.#sink());
    this.#timer = this.#limit(options.openMs, 'it did not open in time');
  }

  /** Whether there is a session on it. */
  get isLive(): boolean {
    return this.#phase === 'live';
  }

  /** Sees whether it is alive. What was silent for too long was cut, whoever noticed; else it pings. */
  probe(ms: number): void {
    const link = this.#session?.link;
    if (this.#phase !== 'live' || link === undefined) return;
    if (link.silentMs > WIRE_DEFAULTS.deadMs) this.failed('cut');
    else link.probe(ms);
  }

  /**
   * Ends it as the client's own wish; `ended` is not called, and what the socket tells from now on
   * is ignored. Idempotent.
   */
  close(code: CloseCode): void {
    if (this.#phase === 'ended') return;
    this.#stop();
    this.#transport.close({ code, reason: '' });
  }

  receive(message: ReceivedMessage): Violation | undefined {
    switch (message.kind) {
      case 'WELCOME':
        return this.#welcomed(message);
      case 'RESUMED':
        return this.#resumed(message);
      case 'GONE':
        return this.#gone(message);
      case 'GOAWAY':
        return this.#goaway(message);
      case 'AUTHED':
        return this.#authed(message);
      default:
        if (this.#phase !== 'live' && !this.#hasEnded) return new Violation('TOO_EARLY');
        return this.#receive(message);
    }
  }

  /** It is acknowledged already, whether its session has a connection now, waits or resumes. */
  released(message: ReceivedMessage): Violation | undefined {
    return this.#session?.user?.receive(message);
  }

  isBusy(): boolean {
    return this.#phase === 'live' && this.#session?.user?.isBusy() === true;
  }

  flushed(): void {
    if (this.#phase === 'live') this.#session?.user?.flushed();
  }

  replayed(): void {
    if (this.#phase === 'live') this.#session?.user?.replayed();
  }

  failed(close: Close | 'cut', error?: unknown): void {
    if (close !== 'cut') this.#fail(close);
    else if (error === undefined) this.#abort('nothing was heard any more');
    else this.#abort('a message could not be written');
  }

  #sink(): DialSink {
    return {
      opened: (subprotocol) => this.#opened(subprotocol),
      receive: (batch) => this.#received(batch),
      receiveText: () => this.#fail(new Violation('TEXT_MESSAGE')),
      writable: () => this.#writable(),
      closed: (closed) => this.#end(closed, this.#session?.link.silentMs),
    };
  }

  #opened(subprotocol: string): void {
    if (this.#phase !== 'opening') return;
    this.#timer.cancel();
    // Some clients open although no name was chosen.
    if (!this.#offered.includes(subprotocol)) {
      return this.#fail({ code: 'VERSION', reason: 'subprotocol not offered' });
    }
    this.#takesPacked = subprotocol === SUBPROTOCOLS.packed;
    const { session, hello } = this.#options;
    // With the bare name the server only says which versions it speaks, by the close that follows.
    const isSpoken = subprotocol !== SUBPROTOCOLS.any;
    if (isSpoken && session !== undefined) {
      this.#await('resuming');
      this.#session = session;
      session.resume(this, this.#transport, hello);
    } else {
      this.#await('greeting');
      if (isSpoken) this.#greet();
    }
  }

  #await(phase: 'resuming' | 'greeting'): void {
    this.#phase = phase;
    this.#timer.cancel();
    this.#timer = this.#limit(this.#options.welcomeMs, 'no welcome came in time');
  }

  #greet(): void {
    this.#session = new ClientSession(this, {
      ...this.#options,
      transport: this.#transport,
      takesPacked: this.#takesPacked,
    });
    this.#session.link.send(this.#options.hello);
    this.#session.link.flush();
  }

  #received(batch: Uint8Array): void {
    if (this.#phase === 'ended') return;
    const violation =
      this.#session === undefined ? new Violation('TOO_EARLY') : this.#session.link.receive(batch);
    if (violation !== undefined) this.#fail(violation);
  }

  #writable(): void {
    if (this.#phase === 'ended') return;
    this.#session?.link.writable();
    // The link flushes only what waits in it, but there is room now in any case.
    this.flushed();
  }

  #welcomed(message: WelcomeMessage): Violation | undefined {
    if (this.#phase !== 'greeting') return new Violation('SECOND_HELLO');
    const session = this.#session as ClientSession;
    // Numbers start with the session: of what came before, its sender counts nothing.
    if (session.link.rx > 0) return new Violation('TOO_EARLY');
    this.#live(message, session);
    return undefined;
  }

  #resumed(message: ResumedMessage): Violation | undefined {
    if (this.#phase !== 'resuming') return new Violation('SECOND_HELLO');
    const session = this.#session as ClientSession;
    const { link } = session;
    if (!link.canResume(message.rx, 0)) return new Violation('BAD_ACK');
    this.#phase = 'live';
    link.resume(this.#transport, message.rx);
    this.#live(message, session);
    return undefined;
  }

  #live(message: WelcomeMessage | ResumedMessage, session: ClientSession): void {
    this.#timer.cancel();
    this.#phase = 'live';
    session.welcomed(message);
    if ((message.features & FEATURES.CHUNK) !== 0) session.link.allowChunks();
    this.#owner.welcomed(message, session);
  }

  #gone(message: GoneMessage): Violation | undefined {
    if (this.#phase !== 'resuming') return new Violation('SECOND_HELLO');
    this.#session?.stop();
    this.#await('greeting');
    // Whoever hears that calls have failed may end all of it.
    this.#owner.gone(message);
    if (!this.#hasEnded) this.#greet();
    return undefined;
  }

  #receive(message: ReceivedMessage): Violation | undefined {
    const isPacked = 'encoding' in message && message.encoding === ENCODING.PACKED;
    if (isPacked && !this.#takesPacked) return new Violation('BAD_FLAGS');
    const session = this.#session;
    return session?.held.take(message) ? undefined : session?.user?.receive(message);
  }

  #goaway(message: GoawayMessage): Violation | undefined {
    if (this.#phase !== 'live') return new Violation('TOO_EARLY');
    this.#owner.goaway(message);
    return undefined;
  }

  #authed(message: AuthedMessage): Violation | undefined {
    if (this.#phase !== 'live') return new Violation('TOO_EARLY');
    if ((this.#options.hello.features & FEATURES.AUTH) === 0) return new Violation('NOT_OFFERED');
    this.#owner.authed(message);
    return undefined;
  }

  get #hasEnded(): boolean {
    return this.#phase === 'ended';
  }

  get #offered(): readonly string[] {
    return this.#options.packed ? ALL : READABLE;
  }

  #limit(ms: number, reason: string): Timer {
    return this.#options.runtime.startTimer(ms, () => this.#abort(reason));
  }

  #abort(reason: string): void {
    this.#transport.abort();
    this.#end({ code: CUT, reason });
  }

  /** Ends it with a close code of our own, without waiting for the server to agree. */
  #fail(close: Close): void {
    this.#transport.close(close);
    this.#end({ code: CLOSE_CODES[close.code].code, reason: close.reason });
  }

  #end(closed: Closed, silentMs?: number): void {
    if (this.#phase === 'ended') return;
    const phase = this.#phase;
    this.#stop();
    const isCut = silentMs !== undefined && closeCodeOf(closed.code) === undefined;
    this.#owner.ended({ closed, phase, ...(isCut && { silentMs }) });
  }

  #stop(): void {
    const phase = this.#phase;
    this.#phase = 'ended';
    this.#timer.cancel();
    // A session that can go on is its owner's.
    if (phase === 'greeting') this.#session?.stop();
  }
}

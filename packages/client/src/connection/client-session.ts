import {
  Link,
  WIRE_DEFAULTS,
  type Close,
  type LinkOwner,
  type MessageCodec,
  type ReceivedMessage,
  type ResumedMessage,
  type HelloMessage,
  type Runtime,
  type Transport,
  type Violation,
  type WelcomeMessage,
  type WireLimits,
} from '@trunkline/protocol';
import { HeldMessages } from './held-messages.js';
import type { SessionUser, UsedSession } from './session-user.js';
import type { SuperjsonLoader } from '../value/superjson.js';

/** The connection that a session has now. */
export interface SessionAttach {
  /** Acts on a message; the last to be told of one. */
  receive(message: ReceivedMessage): Violation | undefined;
  /** Acts on a message that came while a connection was live, and was held since. */
  released(message: ReceivedMessage): Violation | undefined;
  isBusy(): boolean;
  flushed(): void;
  replayed(): void;
  failed(close: Close | 'cut', error?: unknown): void;
}

/** What a session is made with. */
export interface ClientSessionOptions {
  readonly transport: Transport;
  readonly takesPacked: boolean;
  readonly runtime: Runtime;
  /** The messages that this client sends and gets. */
  readonly codec: MessageCodec;
  readonly superjson: SuperjsonLoader;
  /** The most bytes of a value of the server. */
  readonly valueBytes: number;
  /** How long a server may be silent beyond what the wire says, until it has welcomed. */
  readonly welcomeMs: number;
}

/** The conversation with one server, from its HELLO, over one connection after the other. */
export class ClientSession implements LinkOwner, UsedSession {
  /** Whether payloads may be packed. */
  readonly takesPacked: boolean;
  readonly link: Link;
  readonly held: HeldMessages;
  /** Set when the server has welcomed. */
  user: SessionUser | undefined;
  readonly #runtime: Runtime;
  readonly #limits: { -readonly [Name in keyof WireLimits]: number };
  readonly #welcomeMs: number;
  #attach: SessionAttach;
  #welcome: Pick<WelcomeMessage, 'session' | 'secret' | 'ttlMs'> | undefined;
  /** The HELLO was the first. */
  #attaches = 1;
  #leftAt = { now: 0, wall: 0 };

  constructor(attach: SessionAttach, options: ClientSessionOptions) {
    const { transport, takesPacked, runtime, codec, superjson, valueBytes, welcomeMs } = options;
    this.takesPacked = takesPacked;
    this.#attach = attach;
    this.#runtime = runtime;
    this.#welcomeMs = welcomeMs;
    // A server that still authenticates may be silent for as long as we wait for its welcome.
    this.#limits = { ...WIRE_DEFAULTS, deadMs: WIRE_DEFAULTS.deadMs + welcomeMs };
    this.held = new HeldMessages(superjson, (message) => this.#release(message));
    const own = { transport, runtime, limits: this.#limits, valueBytes };
    this.link = new Link(this, { ...own, side: 'client', codec });
  }

  /** The server has welcomed, or welcomed back. */
  welcomed(welcome: WelcomeMessage | ResumedMessage): void {
    this.#limits.deadMs = WIRE_DEFAULTS.deadMs;
    if (welcome.kind === 'WELCOME') this.#welcome = welcome;
    else if (this.#welcome !== undefined) {
      this.#welcome = { ...this.#welcome, ttlMs: welcome.ttlMs };
    }
  }

  /** For how many milliseconds it can still be resumed; 0 when it cannot. */
  get remainingMs(): number {
    if (this.#welcome === undefined || this.#welcome.secret.length === 0) return 0;
    // A device that sleeps may stop one of the clocks.
    const { now, wall } = this.#leftAt;
    const awayMs = Math.max(this.#runtime.now() - now, this.#runtime.wallNow() - wall);
    return Math.max(0, this.#welcome.ttlMs - awayMs);
  }

  /** The connection is gone; the session waits for another one. */
  leave(): void {
    this.#leftAt = { now: this.#runtime.now(), wall: this.#runtime.wallNow() };
    this.detach();
  }

  /** Another connection is of no use either. */
  detach(): void {
    this.link.detach();
    this.held.dropTopics();
  }

  /** Asks to go on over another connection. */
  resume(owner: SessionAttach, transport: Transport, hello: HelloMessage): void {
    this.#attach = owner;
    this.#limits.deadMs = WIRE_DEFAULTS.deadMs + this.#welcomeMs;
    const { session = '', secret = NOTHING } = this.#welcome ?? {};
    const { features, token, idleMs } = hello;
    const wish = idleMs === undefined ? {} : { idleMs };
    const { rx, first } = this.link;
    const attach = ++this.#attaches;
    const own = { session, attach, secret, rx, first };
    // The server is the same process, which has no other contracts than before.
    const told = { features, token, ...own, revisions: [], ...wish };
    this.link.attach(transport, { kind: 'RESUME', ...told });
  }

  /** Ends it: nothing comes of it any more. */
  stop(): void {
    this.link.stop();
    this.held.drop();
  }

  receive(message: ReceivedMessage): Violation | undefined {
    return this.#attach.receive(message);
  }

  isBusy(): boolean {
    return this.#attach.isBusy();
  }

  flushed(): void {
    this.#attach.flushed();
  }

  replayed(): void {
    this.#attach.replayed();
  }

  failed(close: Close | 'cut', error?: unknown): void {
    this.#attach.failed(close, error);
  }

  #release(message: ReceivedMessage): void {
    const violation = this.#attach.released(message);
    if (violation !== undefined) this.#attach.failed(violation);
  }
}

const NOTHING = new Uint8Array(0);

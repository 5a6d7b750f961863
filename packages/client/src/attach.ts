import {
  CLOSE_CODES,
  ENCODING,
  FEATURES,
  Link,
  SUBPROTOCOLS,
  Violation,
  WIRE_DEFAULTS,
  type Close,
  type Closed,
  type Dial,
  type DialSink,
  type HelloMessage,
  type MessageCodec,
  type ReceivedMessage,
  type Runtime,
  type Timer,
  type Transport,
  type WelcomeMessage,
  type WireLimits,
} from '@trunkline/protocol';
import { HeldMessages } from './held-messages.js';
import type { Ending } from './retry-decision.js';
import type { SuperjsonLoader } from './superjson.js';

/** What one connection tells those who use it. None of these throws. */
export interface AttachOwner {
  /** The session has begun; calls and subscriptions may be sent. */
  welcomed(welcome: WelcomeMessage, link: Link, takesPacked: boolean): void;
  receive(message: ReceivedMessage): Violation | undefined;
  /** Whether a call is outstanding. */
  isBusy(): boolean;
  flushed(): void;
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

/** One connection from its dialing to its end: negotiation, HELLO, WELCOME, messages. */
export class Attach {
  readonly #owner: AttachOwner;
  readonly #options: AttachOptions;
  readonly #transport: Transport;
  #phase: 'opening' | 'greeting' | 'live' | 'ended' = 'opening';
  readonly #limits: { -readonly [Name in keyof WireLimits]: number };
  readonly #held: HeldMessages;
  #link: Link | undefined;
  #takesPacked = false;
  #timer: Timer;

  constructor(owner: AttachOwner, options: AttachOptions) {
    this.#owner = owner;
    this.#options = options;
    this.#held = new HeldMessages(options.superjson, (message) => this.#release(message));
    // A server that still authenticates may be silent for as long as we wait for its welcome.
    this.#limits = { ...WIRE_DEFAULTS, deadMs: WIRE_DEFAULTS.deadMs + options.welcomeMs };
    this.#transport = options.dial(options.url, this.#offered, this.#sink());
    this.#timer = this.#limit(options.openMs, 'it did not open in time');
  }

  /** Ends it as the client's own wish; `ended` is not called. Idempotent. */
  close(): void {
    if (this.#phase === 'ended') return;
    this.#stop();
    this.#transport.close({ code: 'DONE', reason: '' });
  }

  #sink(): DialSink {
    return {
      opened: (subprotocol) => this.#opened(subprotocol),
      receive: (batch) => this.#received(batch),
      receiveText: () => this.#fail(new Violation('TEXT_MESSAGE')),
      writable: () => this.#writable(),
      closed: (closed) => this.#end(closed),
    };
  }

  #opened(subprotocol: string): void {
    if (this.#phase !== 'opening') return;
    this.#timer.cancel();
    // Some clients open although no name was chosen.
    if (!this.#offered.includes(subprotocol)) {
      return this.#fail({ code: 'VERSION', reason: 'subprotocol not offered' });
    }
    this.#phase = 'greeting';
    this.#timer = this.#limit(this.#options.welcomeMs, 'no welcome came in time');
    // With the bare name the server only says which versions it speaks, by the close that follows.
    if (subprotocol === SUBPROTOCOLS.any) return;
    this.#takesPacked = subprotocol === SUBPROTOCOLS.packed;
    this.#link = this.#createLink();
    this.#link.send(this.#options.hello);
    this.#link.flush();
  }

  #createLink(): Link {
    return new Link(
      {
        receive: (message) => this.#dispatch(message),
        isBusy: () => this.#phase === 'live' && this.#owner.isBusy(),
        flushed: () => this.#owner.flushed(),
        failed: (close, error) => {
          if (close !== 'cut') this.#fail(close);
          else if (error === undefined) this.#abort('nothing was heard any more');
          else this.#abort('a message could not be written');
        },
      },
      {
        transport: this.#transport,
        runtime: this.#options.runtime,
        limits: this.#limits,
        side: 'client',
        codec: this.#options.codec,
        valueBytes: this.#options.valueBytes,
      },
    );
  }

  #received(batch: Uint8Array): void {
    if (this.#phase === 'ended') return;
    const violation =
      this.#link === undefined ? new Violation('TOO_EARLY') : this.#link.receive(batch);
    if (violation !== undefined) this.#fail(violation);
  }

  #writable(): void {
    this.#link?.writable();
    // The link flushes only what waits in it, but there is room now in any case.
    if (this.#phase === 'live') this.#owner.flushed();
  }

  #dispatch(message: ReceivedMessage): Violation | undefined {
    if (message.kind !== 'WELCOME') {
      return this.#phase === 'live' ? this.#receive(message) : new Violation('TOO_EARLY');
    }
    if (this.#phase === 'live') return new Violation('SECOND_HELLO');
    const link = this.#link as Link;
    // Numbers start with the session: of what came before, its sender counts nothing.
    if (link.hasReceivedNumbers) return new Violation('TOO_EARLY');
    this.#timer.cancel();
    this.#phase = 'live';
    this.#limits.deadMs = WIRE_DEFAULTS.deadMs;
    if ((message.features & FEATURES.CHUNK) !== 0) link.allowChunks();
    this.#owner.welcomed(message, link, this.#takesPacked);
    return undefined;
  }

  #receive(message: ReceivedMessage): Violation | undefined {
    const isPacked = 'encoding' in message && message.encoding === ENCODING.PACKED;
    if (isPacked && !this.#takesPacked) return new Violation('BAD_FLAGS');
    return this.#held.take(message) ? undefined : this.#owner.receive(message);
  }

  #release(message: ReceivedMessage): void {
    const violation = this.#owner.receive(message);
    if (violation !== undefined) this.#fail(violation);
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

  #end(closed: Closed): void {
    if (this.#phase === 'ended') return;
    const phase = this.#phase;
    this.#stop();
    this.#owner.ended({ closed, phase });
  }

  #stop(): void {
    this.#phase = 'ended';
    this.#timer.cancel();
    this.#link?.stop();
    this.#held.drop();
  }
}

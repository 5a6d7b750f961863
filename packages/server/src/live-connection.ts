import {
  ENCODING,
  FEATURES,
  FULL_CODEC,
  Link,
  Violation,
  type Close,
  type HelloMessage,
  type LargeMessage,
  type Message,
  type Outgoing,
  type ReceivedMessage,
  type SharedBatch,
  type Timer,
} from '@trunkline/protocol';
import type { AcceptedTransport } from './accepted-transport.js';
import type { CallLink } from './call-link.js';
import { Calls, type CallsOptions } from './calls.js';
import type { Session } from './session.js';
import { SessionParts, type SessionServices } from './session-parts.js';
import { Subscriptions, type SubscriptionsOptions, type TopicLink } from './subscriptions.js';

/** What a live connection asks of the connection that it is a part of. */
export interface LiveOwner {
  readonly services: SessionServices;
  readonly transport: AcceptedTransport;
  close(close: Close): void;
  /** The connection must end like this; `error` is what could not be written. */
  failed(close: Close | 'cut', error?: unknown): void;
}

const NOTHING = new Uint8Array(0);

/**
 * A connection that has a session. Each message is handed to the room that knows it; the rooms are
 * made when somebody first enters them, and this one object is what all of them are given: an idle
 * connection holds little.
 */
export class LiveConnection
  extends SessionParts
  implements CallsOptions, SubscriptionsOptions, CallLink, TopicLink
{
  readonly #owner: LiveOwner;
  readonly #link: Link;
  readonly #expiry: Timer | undefined;
  #calls: Calls | undefined;
  #subscriptions: Subscriptions | undefined;

  /** Not made earlier: a link watches that its peer lives, and before WELCOME deadlines do that. */
  constructor(owner: LiveOwner, session: Session) {
    const { transport, services } = owner;
    const { runtime, limits, valueBytes, assembly } = services;
    super(session, services);
    this.#owner = owner;
    const side = 'server';
    const options = { transport, runtime, limits, side, valueBytes, assembly } as const;
    this.#link = new Link(this, { ...options, codec: FULL_CODEC });
    const expiresInMs = this.#expiresInMs;
    if (expiresInMs !== undefined) {
      const close: Close = { code: 'TOKEN', reason: 'expired' };
      this.#expiry = runtime.startTimer(expiresInMs, () => owner.close(close));
    }
  }

  get link(): this {
    return this;
  }

  get smallBytes(): number {
    return this.#link.queuedBytes - this.#link.bulkBytes;
  }

  get bulkBytes(): number {
    return this.#link.bulkBytes;
  }

  get waitingBytes(): number {
    return this.#link.queuedBytes - this.#link.begunBytes;
  }

  get takesPacked(): boolean {
    return this.#owner.transport.takesPacked;
  }

  get heardAt(): number {
    return this.#link.heardAt;
  }

  get cutsLarge(): boolean {
    return this.#link.cutsLarge;
  }

  /** Handlers that run. */
  get running(): number {
    return this.#calls?.running ?? 0;
  }

  /** Subscriptions that are live or being decided on. */
  get subscribed(): number {
    return this.#subscriptions?.size ?? 0;
  }

  /** Tells the client that it has a session. */
  welcome(hello: HelloMessage): void {
    if ((hello.features & FEATURES.CHUNK) !== 0) this.#link.allowChunks();
    const { limits, registry, sessionLimits } = this.services;
    this.#link.send({
      kind: 'WELCOME',
      features: FEATURES.CHUNK,
      session: this.session.id,
      secret: NOTHING,
      ttlMs: 0,
      expiresInMs: this.#expiresInMs ?? 0,
      idleMs: limits.idleMs,
      limits: sessionLimits,
      revisions: registry.revisionsOf(hello.revisions),
    });
    this.#link.flush();
  }

  /** Reads a batch; a violation means that the connection must close. */
  receiveBatch(batch: Uint8Array): Violation | undefined {
    return this.#link.receive(batch);
  }

  /** Writes what waits: answers of synchronous handlers leave in the turn of their calls. */
  flush(): void {
    this.#link.flush();
  }

  /** The socket has room again. */
  writable(): void {
    this.#link.writable();
  }

  /** Ends all that runs and is subscribed. */
  stop(): void {
    this.#expiry?.cancel();
    this.#link.stop();
    this.#calls?.close();
    this.#subscriptions?.close();
  }

  receive(message: ReceivedMessage): Violation | undefined {
    if (!this.takesPacked && isPacked(message)) return new Violation('BAD_FLAGS');
    switch (message.kind) {
      case 'CALL':
        return this.#callRoom().call(message);
      case 'BIND':
        return this.#callRoom().bind(message);
      case 'CANCEL':
        return this.#callRoom().cancel(message);
      case 'ITEM':
        return this.#callRoom().item(message);
      case 'END':
        return this.#callRoom().end(message);
      case 'CREDIT':
        return this.#callRoom().credit(message);
      case 'REFUSED':
        return this.#callRoom().refused(message);
      case 'SUBSCRIBE':
        return this.#topicRoom().subscribe(message);
      case 'UNSUBSCRIBE':
        return this.#topicRoom().unsubscribe(message);
      default:
        return new Violation(violationOf(message.kind));
    }
  }

  maxBytesOf(message: LargeMessage): number {
    return this.#callRoom().maxBytesOf(message) ?? this.services.valueBytes;
  }

  isBusy(): boolean {
    return this.running > 0;
  }

  flushed(): void {
    this.#subscriptions?.resume();
    this.#calls?.resume();
  }

  failed(close: Close | 'cut', error?: unknown): void {
    this.#owner.failed(close, error);
  }

  fail(violation: Violation): void {
    this.#owner.close(violation);
  }

  send(message: Message): void {
    this.#link.send(message);
  }

  sendShared(batch: SharedBatch): Outgoing {
    return this.#link.sendShared(batch);
  }

  grew(entry: Outgoing, bytes: number): void {
    this.#link.grew(entry, bytes);
  }

  tooSlow(): void {
    this.#owner.close({ code: 'SLOW', reason: 'the reader is too slow' });
  }

  abandon(id: number): boolean {
    return this.#link.abandon(id);
  }

  /** With nothing in the outbox there is always room: nobody would be told of it later. */
  hasRoom(): boolean {
    const { outboxMessages, outboxBytes } = this.limits;
    const { queuedMessages } = this.#link;
    if (queuedMessages === 0) return true;
    return queuedMessages < outboxMessages && this.smallBytes < outboxBytes;
  }

  /** The other half of what may be held is left for the results of calls. */
  hasItemRoom(isLarge: boolean): boolean {
    const { heldBytes } = this.limits;
    if (this.#link.queuedMessages === 0) return true;
    if (this.smallBytes * 2 > heldBytes) return false;
    return !isLarge || this.bulkBytes * 2 <= heldBytes;
  }

  #callRoom(): Calls {
    return (this.#calls ??= new Calls(this));
  }

  #topicRoom(): Subscriptions {
    return (this.#subscriptions ??= new Subscriptions(this));
  }

  get #expiresInMs(): number | undefined {
    const expiresAt = this.identity?.expiresAt;
    if (expiresAt === undefined) return undefined;
    return Math.max(1, Math.round(expiresAt.getTime() - this.runtime.wallNow()));
  }
}

function isPacked(message: ReceivedMessage): boolean {
  return 'encoding' in message && message.encoding === ENCODING.PACKED;
}

function violationOf(
  kind: ReceivedMessage['kind'],
): 'SECOND_HELLO' | 'NOT_OFFERED' | 'WRONG_DIRECTION' {
  switch (kind) {
    case 'HELLO':
    case 'RESUME':
      return 'SECOND_HELLO';
    case 'AUTH':
    case 'GOAWAY':
      return 'NOT_OFFERED';
    default:
      return 'WRONG_DIRECTION';
  }
}

import {
  CLOSE_CODES,
  FEATURES,
  FULL_CODEC,
  Link,
  reactionTo,
  Violation,
  type Close,
  type Closed,
  type HelloMessage,
  type LargeMessage,
  type Message,
  type Outgoing,
  type ReceivedMessage,
  type ResumeMessage,
} from '@trunkline/protocol';
import type { AcceptedTransport } from '../socket/accepted-transport.js';
import type { CallLink } from '../calls/call-link.js';
import type { BrokenOff } from '../calls/call-terms.js';
import { Calls, type CallsOptions } from '../calls/calls.js';
import type { CallerLink } from '../client-calls/caller-link.js';
import { receiveAnswer, type ClientCallTable } from '../client-calls/client-call-table.js';
import { openClientCalls } from '../client-calls/client-calls.js';
import { grantIdleMs } from './granted-idle.js';
import { isAnswer, isPacked, violationOf } from './message-kind.js';
import type { CallWatch } from '../observe/call-watch.js';
import { limitOfClose } from '../observe/limit-of-close.js';
import { watchOf, type SessionWatch } from '../observe/session-watch.js';
import type { Session } from '../session.js';
import type { Rechecked } from './rechecks.js';
import type { SessionServices } from './session-parts.js';
import { SessionRights } from './session-rights.js';
import type { DetachedLimit, EndReason, KnownSession } from '../sessions.js';
import { Subscriptions, type SubscriptionsOptions, type TopicLink } from './subscriptions.js';

/** The connection that a session has now. */
export interface SessionConnection {
  readonly transport: AcceptedTransport;
  close(close: Close): void;
  /** The connection must end like this; `error` is what could not be written. */
  failed(close: Close | 'cut', error?: unknown): void;
}

const NO_SECRET = { secret: new Uint8Array(0), hash: undefined };
const NOTHING_RECHECKED: Rechecked = { checked: 0, ended: 0 };
const ENDED: Close = { code: 'SESSION_GONE', reason: 'the session has ended' };
const REPLACED: Close = { code: 'REPLACED', reason: 'a newer connection' };
/** The end of a session whose server stops. */
const STOPPED: Closed = { code: CLOSE_CODES.LEAVING.code, reason: 'the server stops' };

/**
 * A session from WELCOME to its end, over one connection after the other. Each message is handed to
 * the room that knows it; the rooms are made when somebody first enters them, and this one object is
 * what all of them are given: an idle session holds little.
 *
 *   attached ──closed, cut──▶ detached ──too long, too much──▶ ended
 *      ▲ └───left, broken, stopped────────────────────────────▲
 *      └────────RESUME────────┘
 */
export class LiveSession
  extends SessionRights
  implements CallsOptions, SubscriptionsOptions, CallLink, TopicLink, CallerLink, KnownSession
{
  readonly takesPacked: boolean;
  readonly takesGoaway: boolean;
  protected readonly wire: Link;
  /** `undefined` for a client that does not resume sessions. */
  readonly #secretHash: string | undefined;
  /** `undefined` for a client that takes no calls. */
  readonly #clientCalls: ClientCallTable | undefined;
  #connection: SessionConnection | undefined;
  /** The number of the attach; the HELLO was the first. */
  #attach = 1;
  #attachedAt: number;
  #calls: Calls | undefined;
  #subscriptions: Subscriptions | undefined;
  #closed: Closed = STOPPED;
  /** `undefined` where nobody observes. */
  readonly #watch: SessionWatch | undefined;
  #hasEnded = false;

  /** Tells the client that it has a session. */
  constructor(
    connection: SessionConnection,
    { session, hello }: { readonly session: Session; readonly hello: HelloMessage },
    services: SessionServices,
  ) {
    super(session, services, hello.features);
    const { transport } = connection;
    const { runtime, limits, valueBytes, assembly, sessions } = services;
    this.#connection = connection;
    this.#attachedAt = runtime.now();
    this.#watch = watchOf(session, services);
    this.takesPacked = transport.takesPacked;
    this.takesGoaway = (hello.features & FEATURES.GOAWAY) !== 0;
    const options = { transport, runtime, limits, side: 'server', valueBytes, assembly } as const;
    this.wire = new Link(this, { ...options, codec: FULL_CODEC });
    if ((hello.features & FEATURES.CHUNK) !== 0) this.wire.allowChunks();
    this.#clientCalls = openClientCalls(session, hello, this);
    this.wire.pingAfter(grantIdleMs(hello, limits));
    const isKept = limits.detachedMs > 0 && (hello.features & FEATURES.RESUME) !== 0;
    const { secret, hash } = isKept ? sessions.createSecret() : NO_SECRET;
    this.#secretHash = hash;
    sessions.add(this);
    this.watchRights();
    this.wire.send({ kind: 'WELCOME', session: session.id, secret, ...this.#terms(hello) });
    this.wire.flush();
    this.#watch?.opened();
  }

  get id(): string {
    return this.session.id;
  }

  get secretHash(): string {
    return this.#secretHash ?? '';
  }

  get link(): this {
    return this;
  }

  get starting(): CallWatch | undefined {
    return this.#watch?.starting;
  }

  get attachedAt(): number {
    return this.#attachedAt;
  }

  get inputCost(): number {
    return this.#calls?.load.inputCost ?? 0;
  }

  /** Handlers that run. */
  get running(): number {
    return this.#calls?.load.running ?? 0;
  }

  /** Subscriptions that are live or being decided on. */
  get subscribed(): number {
    return this.#subscriptions?.size ?? 0;
  }

  /** Whether it has a connection. */
  get isAttached(): boolean {
    return this.#connection !== undefined;
  }

  /** Whether this attach is newer than all before. */
  isNewer(attach: number): boolean {
    return attach > this.#attach;
  }

  /** Goes on over another connection; the one before, if there still is one, is closed. */
  resume(connection: SessionConnection, resume: ResumeMessage): void {
    const before = this.#connection;
    if (before !== undefined) this.#leave();
    this.services.sessions.attach(this);
    this.#connection = connection;
    this.#attach = resume.attach;
    this.#attachedAt = this.runtime.now();
    before?.close(REPLACED);
    this.watchRights();
    const { transport } = connection;
    this.wire.pingAfter(grantIdleMs(resume, this.services.limits));
    this.wire.attach(transport);
    this.wire.resume(transport, resume.rx, {
      kind: 'RESUMED',
      rx: this.wire.rx,
      ...this.#terms(resume),
    });
    this.#calls?.tellCredit();
    this.#clientCalls?.resumed(resume.rx);
    this.wire.flush();
    this.#watch?.resumed();
  }

  /** A connection has ended; the session outlives it if its client may come back. */
  left(connection: SessionConnection, closed: Closed): void {
    if (connection !== this.#connection) return;
    this.#closed = closed;
    const isOver = reactionTo(closed.code) === 'stop' || closed.code === CLOSE_CODES.DRAINING.code;
    const mayComeBack = this.#secretHash !== undefined && !isOver;
    if (!mayComeBack) return this.#end(undefined);
    // Browsers say so of a page that is gone. One that they bring back is told what has not run.
    if (closed.code === CLOSE_CODES.LEAVING.code) return this.#end('expired');
    this.#leave();
    this.#watch?.detached(closed);
    this.services.sessions.detach(this);
  }

  /** Seals the session: nothing of it runs any more when somebody is told. Idempotent. */
  end(reason: EndReason, close: Close | 'cut' = ENDED): void {
    const connection = this.#connection;
    if (close !== 'cut') {
      this.#closed = { code: CLOSE_CODES[close.code].code, reason: close.reason };
    }
    this.#end(reason);
    connection?.failed(close);
  }

  /** Ends it, since sessions without a connection are too many, or hold too much. */
  crowdOut(limit: DetachedLimit): void {
    this.#watch?.limitMet(limit, 'GONE expired');
    this.end('expired');
  }

  /** Tells the client to move to another connection, if it has one now and can be told. */
  goAway(afterMs: number, windowMs: number): void {
    if (!this.takesGoaway || this.#connection === undefined) return;
    this.wire.send({ kind: 'GOAWAY', reason: 'stopping', afterMs, windowMs });
  }

  /** Breaks off what still runs, and tells the client of each call whether it ran. */
  breakOff(): BrokenOff | undefined {
    return this.#calls?.breakOff();
  }

  /** Handlers that were waited for since the session began. */
  get entered(): number {
    return this.#calls?.load.entered ?? 0;
  }

  /** The principal has no rights any more: nothing of it runs, and its connection ends like this. */
  revoke(close: Close): void {
    const connection = this.#connection;
    this.#closed = { code: CLOSE_CODES[close.code].code, reason: close.reason };
    this.#end('revoked');
    connection?.close(close);
  }

  /** Decides on its subscriptions anew, those of one topic or all; gives what came of it. */
  recheck(topic: string | undefined): Promise<Rechecked> {
    return this.#subscriptions?.recheck(topic) ?? Promise.resolve(NOTHING_RECHECKED);
  }

  protected recheckAll(): void {
    this.#subscriptions?.recheckSoon();
  }

  refused(close: Close): void {
    this.#connection?.close(close);
  }

  /** Reads a batch; a violation means that the connection must close. */
  receiveBatch(batch: Uint8Array): Violation | undefined {
    // Nothing of it is acknowledged, so it comes again when there is another token.
    if (this.isOver()) return undefined;
    return this.wire.receive(batch);
  }

  receive(message: ReceivedMessage): Violation | undefined {
    if (!this.takesPacked && isPacked(message)) return new Violation('BAD_FLAGS');
    this.#watch?.received(message);
    switch (message.kind) {
      case 'CALL':
        if (this.#watch === undefined) return this.#callRoom().call(message);
        return this.#watch.call(message, () => this.#callRoom().call(message));
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
      case 'RESULT':
      case 'ERROR':
        return receiveAnswer(this.#clientCalls, message);
      case 'REFUSED':
        if (isAnswer(message.of)) return receiveAnswer(this.#clientCalls, message);
        return this.#callRoom().refused(message);
      case 'SUBSCRIBE':
        return this.#topicRoom().subscribe(message);
      case 'UNSUBSCRIBE':
        return this.#topicRoom().unsubscribe(message);
      case 'AUTH':
        return this.renew(message.token);
      default:
        return new Violation(violationOf(message.kind));
    }
  }

  maxBytesOf(message: LargeMessage): number {
    if (isAnswer(message.kind)) return this.#clientCalls?.maxBytesOf(message) ?? 0;
    return this.#callRoom().maxBytesOf(message) ?? this.services.valueBytes;
  }

  isBusy(): boolean {
    return this.running > 0 || (this.#clientCalls?.outstanding ?? 0) > 0;
  }

  flushed(): void {
    this.noteWaiting();
    this.#subscriptions?.resume();
    this.#calls?.resume();
  }

  failed(close: Close | 'cut', error?: unknown): void {
    const connection = this.#connection;
    // What cannot be written once cannot be written again, nor what is too much without a reader.
    if (connection === undefined && close !== 'cut') {
      this.#watch?.limitMet(limitOfClose(close), 'GONE overflow');
    }
    if (error !== undefined || connection === undefined) this.#end('overflow');
    connection?.failed(close, error);
  }

  fail(violation: Violation): void {
    if (this.#connection === undefined) this.#end('overflow');
    else this.#connection.close(violation);
  }

  send(message: Message): Outgoing {
    const entry = this.wire.send(message);
    this.#watch?.sent(message);
    if (this.#connection === undefined) this.services.sessions.weigh(this);
    return entry;
  }

  tooSlow(): void {
    this.#connection?.close({ code: 'SLOW', reason: 'the reader is too slow' });
  }

  /** Its connection is not the session's any more. Handlers go on, and what they give waits. */
  #leave(): void {
    this.#connection = undefined;
    this.noteGone();
    this.leaveRights();
    this.#watch?.left();
    this.#subscriptions?.close();
    this.#subscriptions = undefined;
    this.wire.detach();
  }

  #end(reason: EndReason | undefined): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#connection = undefined;
    this.noteGone();
    this.leaveRights();
    this.wire.stop();
    this.#subscriptions?.close();
    this.#calls?.close();
    this.#clientCalls?.lost();
    this.#watch?.ended(reason, this.#closed);
    this.services.sessions.ended(this, reason);
    this.services.sessionEnded(this.session, this.#closed);
  }

  /** What the client is told at each attach. */
  #terms(wish: HelloMessage | ResumeMessage) {
    const { limits, registry, sessionLimits } = this.services;
    const isKept = this.#secretHash !== undefined;
    return {
      features:
        FEATURES.CHUNK | (isKept ? FEATURES.RESUME : 0) | (this.takesTokens ? FEATURES.AUTH : 0),
      ttlMs: isKept ? limits.detachedMs : 0,
      expiresInMs: this.expiresInMs,
      idleMs: grantIdleMs(wish, limits),
      limits: sessionLimits,
      revisions: registry.revisionsOf(wish.revisions),
    };
  }

  #callRoom(): Calls {
    return (this.#calls ??= new Calls(this));
  }

  #topicRoom(): Subscriptions {
    return (this.#subscriptions ??= new Subscriptions(this));
  }
}

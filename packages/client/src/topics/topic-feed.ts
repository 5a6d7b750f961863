import {
  NO_LAYOUT,
  TrunklineError,
  Violation,
  type Cursor,
  type EndedMessage,
  type ErrorCode,
  type FrameworkError,
  type GapMessage,
  type Payload,
  type Runtime,
  type SubscribedMessage,
  type SubscribeMessage,
  type Timer,
  type TopicCodec,
  type TopicMessage,
} from '@trunkline/protocol';
import { backoffMs, notBefore } from '../connection/backoff.js';
import type { Subscriber } from './subscriber.js';
import type { SuperjsonLoader } from '../value/superjson.js';
import { askFor, isOlder, type Answer, type Ask } from './topic-join.js';
import type { Gap } from './topic-method.js';
import { decodeValue } from '../value/value.js';

/** A SUBSCRIBE that was handed on, and may be changed until it is written. */
export interface Asked {
  readonly message: Mutable<SubscribeMessage>;
  isWritten(): boolean;
  /** Takes it back while it waits for its turn; `false` when it was handed on already. */
  takeBack(): boolean;
}

type Mutable<Message> = { -readonly [Name in keyof Message]: Message[Name] };

/** What a feed needs of a connection. */
export interface FeedLink {
  /** Whether topic messages may come packed. */
  readonly takesPacked: boolean;
  /** Sends a SUBSCRIBE under the next number, and leads its answers to the feed. */
  subscribe(feed: TopicFeed, message: Omit<SubscribeMessage, 'kind' | 'sub'>): Asked;
  /** Sends an UNSUBSCRIBE, and leads nothing to the feed any more. */
  unsubscribe(feed: TopicFeed, asked: Asked): void;
}

/** Names a topic on the wire. */
export interface TopicName {
  readonly name: string;
  readonly params: Payload;
  readonly codec?: TopicCodec | undefined;
}

/** What is joined and soon ended over and over must not start anew each time. */
const LASTING_MS = 10_000;
const RETRY_RANGE = { minMs: 250, maxMs: 20_000 };
const RETRYABLE: readonly string[] = ['BUSY', 'RATE', 'DRAINING'] satisfies ErrorCode[];

/**
 * One topic on the wire, for all its subscribers in this client.
 *
 *   off ──attach──▶ asking ──SUBSCRIBED──▶ joined ◀──SUBSCRIBED── stale
 *    ▲                ▲ ▲                    │ └───────STALE────────▲
 *    └──── detach ────┘ └── an older need ───┘   ENDED: resting, then asking, or the end
 */
export class TopicFeed {
  readonly #runtime: Runtime;
  readonly #superjson: SuperjsonLoader;
  readonly #topic: TopicName;
  readonly #subscribers = new Set<Subscriber>();
  #phase: 'off' | 'asking' | 'joined' | 'stale' | 'resting' = 'off';
  #link: FeedLink | undefined;
  #asked: Asked | undefined;
  /** A join whose GAP has not come yet. */
  #owed: Omit<Answer, 'gap'> | undefined;
  #place: Cursor | undefined;
  #retries = 0;
  #joinedAt = Number.POSITIVE_INFINITY;
  #timer: Timer | undefined;

  constructor(runtime: Runtime, superjson: SuperjsonLoader, topic: TopicName) {
    this.#runtime = runtime;
    this.#superjson = superjson;
    this.#topic = topic;
  }

  /** `contract.topic`. */
  get name(): string {
    return this.#topic.name;
  }

  /** How many subscribe. */
  get size(): number {
    return this.#subscribers.size;
  }

  add(subscriber: Subscriber): void {
    this.#subscribers.add(subscriber);
    this.#admit(subscriber);
  }

  /** A subscriber takes nothing at present; for nobody but such ones nothing is asked. */
  pause(subscriber: Subscriber): void {
    subscriber.isPaused = true;
    this.#rest();
  }

  /** It goes on, behind what it has. */
  resume(subscriber: Subscriber): void {
    subscriber.isPaused = false;
    this.#admit(subscriber);
  }

  #admit(subscriber: Subscriber): void {
    if (this.#phase === 'off') return this.#ask();
    // What is on its way answers the needs of others.
    if (this.#phase === 'asking' || this.#owed !== undefined) return this.#askAnew();
    if (this.#place === undefined) return;
    if (this.#phase !== 'joined' && this.#phase !== 'stale') return;
    if (isOlder(subscriber.need, this.#place)) return this.#askAnew();
    if (this.#phase === 'stale') return;
    const { offset } = this.#place;
    subscriber.join({ ...this.#place, state: 'recovered', top: offset, gap: undefined });
  }

  remove(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber);
    if (this.size > 0) this.#rest();
  }

  attach(link: FeedLink): void {
    this.#link = link;
    this.#ask();
  }

  /** The connection is gone. */
  detach(): void {
    this.#drop('off');
    this.#link = undefined;
    for (const subscriber of this.#subscribers) subscriber.stale();
  }

  /** Leaves the topic, and ends those who still subscribe. */
  close(error?: FrameworkError): void {
    if (this.#asked !== undefined) this.#link?.unsubscribe(this, this.#asked);
    this.#drop('off');
    const ended = [...this.#subscribers];
    this.#subscribers.clear();
    for (const subscriber of ended) subscriber.end(error);
  }

  subscribed(message: SubscribedMessage): void {
    const { epoch, offset } = message;
    const { cursor, last } = this.#asked?.message ?? {};
    const onlyLast = cursor === undefined ? last : undefined;
    this.#phase = 'joined';
    this.#joinedAt = this.#runtime.now();
    this.#place = { epoch, offset };
    if (message.state === 'gap') this.#owed = { ...message, onlyLast };
    else this.#join({ ...message, onlyLast, gap: undefined });
  }

  gap(gap: GapMessage): void {
    const owed = this.#owed;
    if (this.#place === undefined) return;
    const { epoch, offset } = this.#place;
    if (gap.epoch === epoch) this.#place = { epoch, offset: Math.max(offset, gap.to ?? offset) };
    if (owed !== undefined) return this.#join({ ...owed, gap: gapOf(gap) });
    for (const subscriber of this.#subscribers) subscriber.gap(gapOf(gap));
  }

  message(message: TopicMessage): Violation | undefined {
    const { offset } = message;
    if (this.#place === undefined) return undefined;
    const before = offset - message.skipped - 1;
    // What a join has missed must be told before anything else.
    if (this.#owed !== undefined || this.#place.offset < before) return new Violation('BAD_OFFSET');
    if (this.#place.offset > before) return undefined;
    const { epoch } = this.#place;
    this.#place = { epoch, offset };
    const decoded = decodeValue(message, this.#topic.codec?.message, this.#superjson.code);
    if ('value' in decoded) {
      const item = { epoch, offset, value: decoded.value, bytes: message.bytes.length };
      for (const subscriber of this.#subscribers) subscriber.item(item);
    } else {
      const gap: Gap = { epoch, from: offset, to: offset, reason: 'layout' };
      for (const subscriber of this.#subscribers) subscriber.gap(gap);
    }
    return undefined;
  }

  stale(): void {
    this.#phase = 'stale';
    for (const subscriber of this.#subscribers) subscriber.stale();
  }

  /** The server has refused or ended it; `false` when that is for good, and all have ended. */
  ended({ code, message, retryAfterMs }: EndedMessage): boolean {
    // A time to come back says that it is worth it, whatever the code.
    if (retryAfterMs === undefined && !RETRYABLE.includes(code)) {
      this.#asked = undefined;
      this.close(new TrunklineError(code, message, { where: this.name }) as FrameworkError);
      return false;
    }
    this.#drop('resting');
    if (this.#runtime.now() - this.#joinedAt >= LASTING_MS) this.#retries = 0;
    this.#joinedAt = Number.POSITIVE_INFINITY;
    const delayMs = backoffMs(++this.#retries, RETRY_RANGE, this.#runtime.random());
    const leastMs =
      retryAfterMs === undefined ? 0 : notBefore(retryAfterMs, this.#runtime.random());
    this.#timer = this.#runtime.startTimer(Math.max(delayMs, leastMs), () => this.#ask());
    for (const subscriber of this.#subscribers) subscriber.stale();
    return true;
  }

  #join(answer: Answer): void {
    this.#owed = undefined;
    for (const subscriber of this.#subscribers) subscriber.join(answer);
  }

  get #isWanted(): boolean {
    return [...this.#subscribers].some(({ isPaused }) => !isPaused);
  }

  #rest(): void {
    if (this.#asked === undefined || this.#isWanted) return;
    this.#link?.unsubscribe(this, this.#asked);
    this.#drop('off');
  }

  #ask(): void {
    this.#phase = 'off';
    if (this.#link === undefined || !this.#isWanted) return;
    const { name, params, codec } = this.#topic;
    const payloadHash = (this.#link.takesPacked && codec?.receive) || NO_LAYOUT;
    const asked = { name, params, ...this.#need(), payloadHash };
    this.#phase = 'asking';
    this.#asked = this.#link.subscribe(this, asked);
  }

  /** Makes sure that what was asked is what is needed now. */
  #askAnew(): void {
    const asked = this.#asked;
    if (asked === undefined) return;
    const { cursor, last } = this.#need();
    const { message } = asked;
    if (!asked.isWritten()) {
      message.cursor = cursor;
      message.last = last;
      return;
    }
    if (this.#phase === 'asking' && isEqual(message, { cursor, last })) return;
    this.#link?.unsubscribe(this, asked);
    this.#drop('off');
    this.#ask();
  }

  #need(): Ask {
    return askFor(
      [...this.#subscribers].flatMap(({ need, isPaused }) => (isPaused ? [] : [need])),
      this.#place,
    );
  }

  #drop(phase: 'off' | 'resting'): void {
    this.#phase = phase;
    this.#asked = undefined;
    this.#owed = undefined;
    this.#timer?.cancel();
  }
}

function isEqual(one: Ask, other: Ask): boolean {
  return (
    one.last === other.last &&
    one.cursor?.epoch === other.cursor?.epoch &&
    one.cursor?.offset === other.cursor?.offset
  );
}

function gapOf({ epoch, from, to, reason }: GapMessage): Gap {
  return { epoch, from, to, reason };
}

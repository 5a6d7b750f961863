import {
  TrunklineError,
  type FrameworkError,
  type Outgoing,
  type ReceivedMessage,
  type Runtime,
  type SubscribeMessage,
  type Violation,
} from '@trunkline/protocol';
import { startReceiving, type TracePort } from '../calls/call-span.js';
import type { Wire } from '../calls/call-wire.js';
import { SubscribePace } from './subscribe-pace.js';
import type { Subscriber } from './subscriber.js';
import type { SuperjsonLoader } from '../value/superjson.js';
import { TopicFeed, type Asked, type FeedLink, type TopicName } from './topic-feed.js';

/** Messages that belong to a subscription. */
export type TopicReply = Extract<
  ReceivedMessage,
  { kind: 'SUBSCRIBED' | 'MESSAGE' | 'GAP' | 'ENDED' | 'STALE' }
>;

/** The subscriptions of one connection. */
export interface TopicLink {
  /** Sends nothing any more. */
  stop(): void;
}

/** The place of a subscriber among those of its topic. */
export interface Seat {
  readonly leave: () => void;
  /** It takes nothing until it resumes, and then what came meanwhile is asked for. */
  readonly pause: () => void;
  readonly resume: () => void;
}

/** All topics that a client subscribes to: one feed for each, however many subscribe. */
export class Subscriptions {
  readonly #runtime: Runtime;
  readonly #superjson: SuperjsonLoader;
  readonly #tracing: TracePort;
  readonly #feeds = new Map<string, TopicFeed>();
  #link: SubscriptionLink | undefined;
  #stopped: string | undefined;

  constructor(runtime: Runtime, superjson: SuperjsonLoader, tracing: TracePort) {
    this.#runtime = runtime;
    this.#superjson = superjson;
    this.#tracing = tracing;
  }

  /** Topics that are subscribed. */
  get topics(): number {
    return this.#feeds.size;
  }

  /** Those who subscribe. */
  get subscribers(): number {
    return [...this.#feeds.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** Adds a subscriber of the topic with this key. */
  subscribe(key: string, topic: TopicName, subscriber: Subscriber): Seat | undefined {
    if (this.#stopped !== undefined) {
      subscriber.end(new TrunklineError('UNAVAILABLE', this.#stopped));
      return undefined;
    }
    const feed = this.#feeds.get(key) ?? this.#createFeed(key, topic);
    feed.add(subscriber);
    return {
      leave: () => {
        feed.remove(subscriber);
        // Not at once: who leaves often comes back in the same turn.
        if (feed.size === 0) this.#runtime.endOfTurn(() => this.#closeIdle(key, feed));
      },
      pause: () => feed.pause(subscriber),
      resume: () => feed.resume(subscriber),
    };
  }

  /** There is a connection to subscribe on; on an older one nothing is wanted any more. */
  attach(wire: Wire, takesPacked: boolean): TopicLink {
    const before = this.#link;
    if (before !== undefined) for (const feed of this.#feeds.values()) feed.detach();
    before?.leave();
    const link = new SubscriptionLink(wire, { runtime: this.#runtime, takesPacked });
    this.#link = link;
    for (const feed of this.#feeds.values()) feed.attach(link);
    return link;
  }

  /** A connection is gone. */
  detach(link: TopicLink): void {
    link.stop();
    if (link !== this.#link) return;
    this.#link = undefined;
    for (const feed of this.#feeds.values()) feed.detach();
  }

  /** No connection will come: ends everything, with an error unless the client wanted it. */
  stop(code: 'CANCELLED' | 'UNAVAILABLE', reason: string): void {
    this.#stopped ??= reason;
    this.#link?.stop();
    this.#link = undefined;
    const feeds = [...this.#feeds.values()];
    this.#feeds.clear();
    const error: FrameworkError = new TrunklineError('UNAVAILABLE', reason);
    for (const feed of feeds) feed.close(code === 'CANCELLED' ? undefined : error);
  }

  /** After `stop`: subscribers are taken again. */
  restart(): void {
    this.#stopped = undefined;
  }

  receive(link: TopicLink, message: TopicReply): Violation | undefined {
    // It was left, and what it brings comes over the other one as well.
    if (link !== this.#link) return undefined;
    if (message.kind === 'MESSAGE') {
      const feed = this.#link?.byTopic.get(message.topic);
      if (feed === undefined || message.traceParent === undefined) return feed?.message(message);
      const span = startReceiving(this.#tracing, feed.name, message);
      const violation = feed.message(message);
      span?.end();
      return violation;
    }
    const feed = this.#link?.bySub.get(message.sub);
    // The peer may simply be late.
    if (feed === undefined) return undefined;
    switch (message.kind) {
      case 'SUBSCRIBED':
        this.#link?.named(feed, message.topic);
        feed.subscribed(message);
        return undefined;
      case 'GAP':
        feed.gap(message);
        return undefined;
      case 'STALE':
        feed.stale();
        return undefined;
      case 'ENDED':
        this.#link?.forget(feed, message.sub);
        if (!feed.ended(message)) this.#forget(feed);
        return undefined;
    }
  }

  #createFeed(key: string, topic: TopicName): TopicFeed {
    const feed = new TopicFeed(this.#runtime, this.#superjson, topic);
    this.#feeds.set(key, feed);
    if (this.#link !== undefined) feed.attach(this.#link);
    return feed;
  }

  #closeIdle(key: string, feed: TopicFeed): void {
    if (feed.size > 0 || this.#feeds.get(key) !== feed) return;
    this.#feeds.delete(key);
    feed.close();
  }

  #forget(feed: TopicFeed): void {
    for (const [key, other] of this.#feeds) if (other === feed) this.#feeds.delete(key);
  }
}

/** The subscriptions of one connection, by the numbers that both sides gave. */
class SubscriptionLink implements FeedLink, TopicLink {
  readonly takesPacked: boolean;
  readonly bySub = new Map<number, TopicFeed>();
  readonly byTopic = new Map<number, TopicFeed>();
  readonly #wire: Wire;
  readonly #pace: SubscribePace;
  #next = 0;

  constructor(wire: Wire, { runtime, takesPacked }: { runtime: Runtime; takesPacked: boolean }) {
    this.takesPacked = takesPacked;
    this.#wire = wire;
    this.#pace = new SubscribePace(runtime);
  }

  stop(): void {
    this.#pace.stop();
  }

  /** The server need not send what is taken from another one. */
  leave(): void {
    for (const sub of this.bySub.keys()) {
      this.#pace.add(() => this.#wire.send({ kind: 'UNSUBSCRIBE', sub }));
    }
  }

  subscribe(feed: TopicFeed, asked: Omit<SubscribeMessage, 'kind' | 'sub'>): Asked {
    const message: Asked['message'] = { kind: 'SUBSCRIBE', sub: this.#next++, ...asked };
    this.bySub.set(message.sub, feed);
    let entry: Outgoing | undefined;
    const takeBack = this.#pace.add(() => {
      entry = this.#wire.send(message);
    });
    return { message, takeBack, isWritten: () => entry !== undefined && entry.state !== 'queued' };
  }

  unsubscribe(feed: TopicFeed, asked: Asked): void {
    const { sub } = asked.message;
    this.forget(feed, sub);
    if (!asked.takeBack()) this.#pace.add(() => this.#wire.send({ kind: 'UNSUBSCRIBE', sub }));
  }

  /** The server has numbered the topic of a feed. */
  named(feed: TopicFeed, topic: number): void {
    this.#forgetTopic(feed);
    this.byTopic.set(topic, feed);
  }

  forget(feed: TopicFeed, sub: number): void {
    this.bySub.delete(sub);
    this.#forgetTopic(feed);
  }

  #forgetTopic(feed: TopicFeed): void {
    for (const [topic, other] of this.byTopic) if (other === feed) this.byTopic.delete(topic);
  }
}

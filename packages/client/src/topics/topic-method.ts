import type { Cursor, FrameworkError, GapReason, Published } from '@trunkline/protocol';
import type { CallOptions } from '../calls/call-method.js';

/** Offsets of a topic that a subscriber did not get, both ends included. */
export interface Gap {
  readonly epoch: string;
  readonly from: number;
  /** `undefined` when it cannot be known. */
  readonly to: number | undefined;
  readonly reason: GapReason;
}

/** How a subscription came to be live: what it can say of the topic messages before. */
export type Joined =
  /**
   * Nothing: it starts here, or the topic keeps nothing. Up to `count` kept topic messages follow
   * first, so that who asked for the last ones knows when they have come.
   */
  | { readonly kind: 'fresh'; readonly count: number }
  /** Nothing was missed; up to `count` topic messages follow that were published in between. */
  | { readonly kind: 'recovered'; readonly count: number }
  | ({ readonly kind: 'gap' } & Gap);

/** A subscription at one moment; a new object for each change. */
export interface SubscriptionState {
  /** `stale`: was live, and what is published now will follow when it is live again. */
  readonly status: 'joining' | 'live' | 'stale' | 'ended';
  /** How it last became live. */
  readonly joined?: Joined;
  /** Why it has ended; missing where the client's own code has ended it. */
  readonly error?: FrameworkError;
}

/** Where a subscription of any topic starts, and what ends it. */
export interface AnyTopicOptions {
  /** So many of the topic messages that are kept come first; at most 10,000. */
  readonly last?: number;
  /** Everything after this place comes first, or a gap says what is missing. */
  readonly from?: Cursor;
  /** Ends loops and subscriptions, without an error. */
  readonly signal?: AbortSignal;
  /** With it a loop goes on after a gap; without it the loop fails with the code `GAP`. */
  readonly onGap?: (gap: Gap) => unknown;
}

/** Takes the snapshots of a topic whose contract names a call for them. */
export interface SnapshotOptions<Snapshot> {
  /**
   * Asks for the state of the topic when the loop starts, and in the place of topic messages that it
   * misses: the loop goes on behind it, with no gap.
   */
  readonly onSnapshot?: (snapshot: Snapshot) => unknown;
}

/** Where a subscription starts, and what ends it. */
export type TopicOptions<Snapshot = never> = AnyTopicOptions &
  ([Snapshot] extends [never] ? {} : SnapshotOptions<Snapshot>);

/** What is called while a subscription of any topic lives. */
export interface AnyTopicListeners<Message> {
  readonly message?: (message: Message) => unknown;
  /** Called in place of the topic messages that are missing. */
  readonly gap?: (gap: Gap) => unknown;
  readonly state?: (state: SubscriptionState) => unknown;
}

/** Takes the snapshots of a topic whose contract names a call for them. */
export interface SnapshotListener<Snapshot> {
  /** Called with the state of the topic first, and in the place of topic messages that are missing. */
  readonly snapshot?: (snapshot: Snapshot) => unknown;
}

/** What is called while a subscription lives. */
export type TopicListeners<Message, Snapshot = never> = AnyTopicListeners<Message> &
  ([Snapshot] extends [never] ? {} : SnapshotListener<Snapshot>);

/** A subscription by callbacks. */
export interface Subscription {
  readonly state: SubscriptionState;
  /** The last topic message that the client's code was given; `undefined` before it was live. */
  readonly cursor: Cursor | undefined;
  /**
   * Resolves when the topic message with this offset, or a later one, has been given to the
   * client's code, and for offsets from before the subscription began; fails with the code
   * `UNAVAILABLE` when the subscription ends before.
   */
  readonly reached: (offset: number) => Promise<void>;
  /** Ends it; nothing is called afterwards. Idempotent. */
  readonly close: () => void;
}

/**
 * One topic. Each loop and each `subscribe` is a subscription of its own; all of one client share
 * one subscription on the wire, and the topic messages themselves: do not change them.
 */
export interface Topic<Message, Snapshot = never> extends AsyncIterable<Message> {
  /**
   * Subscribes by callbacks, at once: what later calls of this client publish is told, where the
   * server's guards and authorizer of the topic answer synchronously; else from state `live` on.
   */
  readonly subscribe: (listeners: TopicListeners<Message, Snapshot>) => Subscription;
}

/** A topic that clients may publish on. */
export interface PublishableTopic<Message, PublishInput = Message, Snapshot = never> extends Topic<
  Message,
  Snapshot
> {
  /** Publishes; resolves to the place of the topic message and to what was stored of it. */
  readonly publish: (message: PublishInput, options?: CallOptions) => Promise<Published>;
}

/** Params and options of a topic; a topic without params is given none, or `undefined`. */
type WithParams<Params, Snapshot> = undefined extends Params
  ? [params?: Params, options?: TopicOptions<Snapshot>]
  : {} extends Params
    ? [params?: Params, options?: TopicOptions<Snapshot>]
    : [params: Params, options?: TopicOptions<Snapshot>];

/** Names a topic. Nothing is sent before it is subscribed. */
export interface TopicMethod<Params, Message, Snapshot = never> {
  (...args: WithParams<Params, Snapshot>): Topic<Message, Snapshot>;
}

/** Names a topic that clients may publish on. Nothing is sent before it is subscribed. */
export interface PublishableTopicMethod<Params, Message, PublishInput = Message, Snapshot = never> {
  (...args: WithParams<Params, Snapshot>): PublishableTopic<Message, PublishInput, Snapshot>;
}

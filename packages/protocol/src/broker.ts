import type { PublishId } from './ext.js';
import type { Cursor, Encoding, StaleMessage } from './message.js';
import type { TraceContext } from './tracer.js';

/** What of a topic is kept for those who were away. */
export interface KeepPolicy {
  readonly count: number;
  readonly ageMs: number;
  readonly bytes: number;
}

/** A topic as a broker knows it. */
export interface BrokerTopic {
  /** Names it: two topics are one exactly if their keys are equal. */
  readonly key: string;
  /** What its contract keeps: the same wherever the topic is named, `undefined` for nothing. */
  readonly keep: KeepPolicy | undefined;
}

/** A topic message as a broker carries it. Brokers store the bytes and never read them. */
export interface BrokerRecord {
  /** Makes repeating safe: the broker keeps the highest counter per publisher and topic. */
  readonly publishId: PublishId | undefined;
  readonly encoding: Encoding;
  /** Hash of the layout that packed the bytes; 16 zeros when they are not packed. */
  readonly layoutHash: string;
  readonly bytes: Uint8Array;
  /** Where its publish stands in a trace; missing where nobody traced it. */
  readonly trace?: TraceContext | undefined;
}

/** A record with its place in its topic. */
export interface PlacedRecord extends BrokerRecord, Cursor {
  /**
   * Offset of the record before it; `offset - 1` where a topic counts alone. A broker that cannot
   * know it names a later one: rather a gap too many than a loss that nobody sees.
   */
  readonly previous: number;
}

/** Says what was stored of a publish when it was answered, and never more. */
export interface PublishReceipt extends Cursor {
  readonly stored: 'node' | 'broker' | 'disk';
  /**
   * Whether the publish id had been stored before. The place is that of the first time; for a counter
   * below the publisher's highest it may be that of the highest.
   */
  readonly duplicate: boolean;
}

/** What a broker calls for a topic that is subscribed. None of these throws. */
export interface BrokerListener {
  /** The next record, in the topic's order, each once. */
  record(record: PlacedRecord): void;
  /**
   * The topic goes on at this place: its epoch changed, records may have been lost on the way, or the
   * broker can vouch for the subscription again. Records follow after it.
   */
  moved(place: Cursor): void;
  /**
   * The broker cannot vouch for the subscription: its store is unreachable, or it looks for what may
   * be lost. `moved` follows when it can again, and no record before that.
   */
  stale(reason: StaleMessage['reason']): void;
}

/** A live subscription of a node to a topic. */
export interface BrokerSubscription {
  /** Epoch and newest offset of the topic when the subscription began; records follow after it. */
  readonly start: Cursor;
  /** Ends it; nothing is delivered afterwards. Idempotent. */
  close(): void;
}

/** Part of what a broker keeps of a topic. */
export interface HistoryPage {
  /** Records in order. The first one's `previous` tells whether any are missing before it. */
  readonly records: readonly PlacedRecord[];
  /** Epoch and newest offset of the topic when it was read. */
  readonly top: Cursor;
}

/** Where a page begins: behind an offset, or at the oldest of the newest so many that are kept. */
export type HistoryStart = { readonly after: number } | { readonly last: number };

/** Which part of a topic's history is asked for. */
export interface HistoryQuery {
  readonly from: HistoryStart;
  /** The page has no more than this, in records and in bytes, but one record if there is any. */
  readonly maxRecords: number;
  readonly maxBytes: number;
}

/**
 * Carries topics between nodes; what it owes is in docs/guides/brokers.md. A topic begins when it is
 * first used. Failing methods reject with a TrunklineError, `UNAVAILABLE` when the broker cannot be
 * reached.
 */
export interface Broker {
  /**
   * Whether every record reaches the nodes that are subscribed. Where that is not so, or not said,
   * a node asks from time to time where its topics are, and finds what was lost in silence.
   */
  readonly losesNothing?: boolean;
  /**
   * Stores a record, if it is kept, and delivers it to all subscribers on all nodes. Publishes of one
   * process on one topic keep the order of the calls, awaited or not. The bytes may be changed as
   * soon as the call returns.
   */
  publish(topic: BrokerTopic, record: BrokerRecord): Promise<PublishReceipt>;
  /** Subscribes this node to a topic, from now on. */
  subscribe(topic: BrokerTopic, listener: BrokerListener): Promise<BrokerSubscription>;
  /** Reads what is kept, oldest first. */
  history(topic: BrokerTopic, query: HistoryQuery): Promise<HistoryPage>;
  /** Ends all subscriptions. Idempotent. */
  close(): Promise<void>;
}

import { SharedBatch } from '@trunkline/protocol';
import type {
  Broker,
  BrokerSubscription,
  BrokerTopic,
  Cursor,
  HistoryPage,
  HistoryQuery,
  Payload,
  PlacedRecord,
  Runtime,
  StaleMessage,
  TraceContext,
} from '@trunkline/protocol';
import type { TopicTally } from '../observe/topic-tally.js';
import type { GuardedSpan, GuardedTracer } from '../tracing/guarded-tracer.js';
import { LatestGate } from './latest-gate.js';
import { LatestRecords } from './latest-records.js';
import { RecentWindow, type RecentLimits } from './recent-records.js';
import type { RecordForm } from './record-form.js';
import { topicNameOf } from './topic-key.js';
import { messageOf, tracedMessage } from './topic-message.js';
import type { TopicPolicy } from './topic-policy.js';

/** What a topic on this node calls for each of its subscribers. None of these throws. */
export interface Subscriber {
  /**
   * The next topic message. It is the last of the batch, which has grown by so many bytes; `false`
   * when the next message must not be added to this batch.
   */
  deliver(record: PlacedRecord, batch: SharedBatch, grown: number): boolean;
  /** The next topic message cannot be read here. */
  missed(record: PlacedRecord): void;
  /** The topic goes on at another place, or at the same one after it was stale. */
  moved(place: Cursor): void;
  /** The broker cannot vouch for the topic until it has moved. */
  stale(reason: StaleMessage['reason']): void;
}

/** What a topic on this node is made from. */
export interface HubTopicOptions {
  readonly topic: BrokerTopic;
  /** How its records go out. */
  readonly form: RecordForm;
  /** Which of them go out. */
  readonly policy: TopicPolicy;
  readonly tally?: TopicTally | undefined;
  readonly runtime: Runtime;
  readonly broker: Broker;
  /** Gives a number that this node has never used. */
  readonly nextNumber: () => number;
  /** How many live records are held, and of how many bytes, while somebody joins or is slow. */
  readonly recent: RecentLimits;
  /** Size at which a batch is closed. */
  readonly batchCloseBytes: number;
  /** Traces what goes out; `undefined` where nobody does. */
  readonly tracer?: GuardedTracer | undefined;
}

/** More than a message adds to its payload. */
const ENVELOPE = 48;

/** Where a topic stands before the broker has said it. */
const NOWHERE: Cursor = { epoch: '0000000000000000', offset: 0 };

/** One topic on this node: one subscription at the broker, whatever the number of subscribers. */
export class HubTopic {
  /** The number by which MESSAGE names the topic in its present epoch. */
  number: number;
  readonly #options: HubTopicOptions;
  readonly #subscribers = new Set<Subscriber>();
  /** The newest live records while somebody is behind, so that history and live meet without a seam. */
  readonly #recent: RecentWindow;
  /** The same by key, where the slow get no more than that. */
  readonly #latest: LatestRecords | undefined;
  /** Before all else, where nobody gets more than that. */
  readonly #gate: LatestGate | undefined;
  #behind = 0;
  /** Of the newest record that went out, or may go. */
  #place = NOWHERE;
  /** Of the newest record that came. */
  #newest = NOWHERE;
  /** Where the broker was that had more than came here, when it was last asked. */
  #ahead: Cursor | undefined;
  /** What the subscribers share and nobody has written; all that are live have it whole. */
  #batch: SharedBatch | undefined;
  #staleReason: StaleMessage['reason'] | undefined;
  #subscription: BrokerSubscription | undefined;
  #started: Promise<Cursor> | undefined;
  #isClosed = false;

  constructor(options: HubTopicOptions) {
    this.#options = options;
    this.number = options.nextNumber();
    const { recent, runtime } = options;
    const { keyOf, slow, latest } = options.policy;
    this.#recent = new RecentWindow(recent);
    if (keyOf === undefined) return;
    if (slow === 'conflate') this.#latest = new LatestRecords(recent, keyOf);
    if (latest === undefined) return;
    const deliver = (record: PlacedRecord): void =>
      this.#take(record, { epoch: record.epoch, offset: record.offset });
    this.#gate = new LatestGate({ ...latest, runtime, keyOf, limits: recent, deliver });
  }

  get policy(): TopicPolicy {
    return this.#options.policy;
  }

  /** Counts what becomes of its messages; `undefined` where nobody observes. */
  get tally(): TopicTally | undefined {
    return this.#options.tally;
  }

  get form(): RecordForm {
    return this.#options.form;
  }

  get key(): string {
    return this.#options.topic.key;
  }

  /** Whether anything of the topic is kept. */
  get keeps(): boolean {
    return this.#options.topic.keep !== undefined;
  }

  /** Why the broker cannot vouch for the topic; `undefined` while it can. */
  get staleReason(): StaleMessage['reason'] | undefined {
    return this.#staleReason;
  }

  /** Epoch and offset of the newest record that was seen here. */
  get place(): Cursor {
    return this.#place;
  }

  /**
   * Where somebody begins who comes now, and is shown every record from here on. Subscribes this node
   * at the broker for the first one; rejects with the broker's error.
   */
  get origin(): Cursor | Promise<Cursor> {
    if (this.#subscription !== undefined) return this.#place;
    // Who comes while the broker is asked for somebody else begins behind what has come already.
    const { epoch, offset } = this.#newest;
    return (this.#started ??= this.#start()).then((start) =>
      epoch === start.epoch && offset > start.offset ? { epoch, offset } : start,
    );
  }

  async #start(): Promise<Cursor> {
    const { broker, topic } = this.#options;
    const subscription = await broker.subscribe(topic, {
      record: (record) => this.#record(record),
      moved: (place) => this.#moved(place),
      stale: (reason) => this.#stale(reason),
    });
    if (this.#isClosed) subscription.close();
    this.#subscription = subscription;
    // What came while the answer was on its way is newer.
    if (this.#place === NOWHERE) this.#goTo(subscription.start);
    return subscription.start;
  }

  add(subscriber: Subscriber): void {
    this.#subscribers.add(subscriber);
  }

  remove(subscriber: Subscriber): void {
    this.endBatch();
    this.#subscribers.delete(subscriber);
  }

  /** Somebody begins or ceases to share: what comes next goes into another batch. */
  endBatch(): void {
    this.#batch = undefined;
  }

  close(): void {
    this.#isClosed = true;
    this.#subscription?.close();
    this.#gate?.close();
    this.#subscribers.clear();
    this.#forgetRecent();
  }

  /** Reads what the broker keeps of the topic. Rejects with the broker's error. */
  history(query: HistoryQuery): Promise<HistoryPage> {
    return this.#options.broker.history(this.#options.topic, query);
  }

  /**
   * Asks the broker where the topic is, and takes what it has and did not come here since the last
   * time for lost: subscribers begin again from where they are. Rejects with the broker's error.
   */
  async look(): Promise<void> {
    if (this.#staleReason !== undefined) return;
    const { top } = await this.history({ from: { last: 1 }, maxRecords: 1, maxBytes: 1 });
    const ahead = this.#ahead;
    this.#ahead = this.#hasSeen(top) ? undefined : top;
    const isLost = ahead !== undefined && !this.#hasSeen(ahead) && this.#staleReason === undefined;
    if (isLost && !this.#isClosed) this.#moved(top);
  }

  /** Somebody joins or is too slow: live records are held until `endBehind`. */
  beginBehind(): void {
    this.#behind++;
  }

  endBehind(): void {
    this.#behind--;
    if (this.#behind === 0) this.#forgetRecent();
  }

  /**
   * Gives the live records after an offset, if they are still held; for the slow no more than the
   * newest of each key, where that is what they get.
   */
  recentAfter(offset: number, isSlow = false): readonly PlacedRecord[] | undefined {
    if (offset >= this.#place.offset) return [];
    const all = isSlow && this.#latest !== undefined ? undefined : this.#recent.after(offset);
    return all ?? this.#latest?.after(offset);
  }

  /** The offset after which nothing of what is held is missing, or the newest one if nothing is. */
  get recentStart(): number {
    return this.#latest?.start ?? this.#recent.start ?? this.#place.offset;
  }

  /**
   * Adds a record to a batch that one subscriber sends alone; gives a new one if it has no room, and
   * `undefined` for a record that cannot be read.
   */
  addTo(batch: SharedBatch | undefined, record: PlacedRecord): SharedBatch | undefined {
    const payload = this.form.payloadOf(record);
    if (payload === undefined) return undefined;
    const target = this.#fits(batch, payload) ? batch : new SharedBatch();
    const message = messageOf(this.number, record, payload);
    const isTold = this.#options.tracer?.tellsClients === true;
    target.add(isTold ? tracedMessage(message, record) : message);
    return target;
  }

  #record(record: PlacedRecord): void {
    const { epoch, offset } = this.#newest;
    if (record.previous !== offset || record.epoch !== epoch) {
      if (this.#hasSeen(record)) return;
      // A subscriber may have more than what came before this, and then not the same message.
      this.endBatch();
      // Who lost what is between must read it, or be told.
      const isHole = record.previous > offset || record.epoch !== epoch;
      if (isHole) this.#moved({ epoch: record.epoch, offset: record.previous });
    }
    // Not the record itself, whose bytes would stay.
    const place = { epoch: record.epoch, offset: record.offset };
    this.#newest = place;
    if (this.#gate === undefined) this.#take(record, place);
    else this.#gate.add(record);
  }

  #hasSeen({ epoch, offset }: Cursor): boolean {
    return epoch === this.#newest.epoch && offset <= this.#newest.offset;
  }

  #goTo(place: Cursor): void {
    this.#place = place;
    this.#newest = place;
    this.#ahead = undefined;
  }

  #take(record: PlacedRecord, place: Cursor): void {
    this.#place = place;
    const wasBehind = this.#behind > 0;
    if (wasBehind) this.#hold(record);
    if (this.#subscribers.size === 0) return;
    this.#deliver(record);
    // Somebody had no room for this one, and will want it first.
    if (!wasBehind && this.#behind > 0) this.#hold(record);
  }

  #deliver(record: PlacedRecord): void {
    const before = this.#batch?.size ?? 0;
    const batch = this.addTo(this.#batch, record);
    if (batch === undefined) return this.#miss(record);
    const grown = batch.size - before;
    this.#options.tally?.message?.(record.bytes.length, this.#subscribers.size);
    this.#batch = batch;
    const span = record.trace === undefined ? undefined : this.#trace(record.trace);
    let goesOn = true;
    for (const subscriber of this.#subscribers) {
      if (!subscriber.deliver(record, batch, grown)) goesOn = false;
    }
    if (!goesOn) this.endBatch();
    span?.end();
  }

  #trace(trace: TraceContext): GuardedSpan | undefined {
    const { tracer } = this.#options;
    const topic = topicNameOf(this.key);
    return tracer?.deliver({ topic, trace, subscribers: this.#subscribers.size });
  }

  #miss(record: PlacedRecord): void {
    this.endBatch();
    for (const subscriber of this.#subscribers) subscriber.missed(record);
  }

  #fits(batch: SharedBatch | undefined, { bytes }: Payload): batch is SharedBatch {
    if (batch === undefined || !batch.isOpen) return false;
    return batch.size + bytes.length + ENVELOPE <= this.#options.batchCloseBytes;
  }

  #hold(record: PlacedRecord): void {
    this.#recent.add(record);
    this.#latest?.add(record);
  }

  #forgetRecent(): void {
    this.#recent.clear();
    this.#latest?.clear();
  }

  #moved(place: Cursor): void {
    this.#gate?.flush();
    this.#forgetRecent();
    this.endBatch();
    if (place.epoch !== this.#place.epoch) this.number = this.#options.nextNumber();
    this.#goTo(place);
    this.#staleReason = undefined;
    for (const subscriber of this.#subscribers) subscriber.moved(place);
  }

  #stale(reason: StaleMessage['reason']): void {
    if (this.#staleReason === reason) return;
    this.#gate?.flush();
    this.#staleReason = reason;
    for (const subscriber of this.#subscribers) subscriber.stale(reason);
  }
}

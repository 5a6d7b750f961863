import {
  TrunklineError,
  type Broker,
  type BrokerListener,
  type BrokerRecord,
  type BrokerSubscription,
  type BrokerTopic,
  type Cursor,
  type HistoryPage,
  type HistoryQuery,
  type PlacedRecord,
  type PublishReceipt,
  type Runtime,
  type StaleMessage,
} from '@trunkline/protocol';
import { MemoryBroker } from '../src/topics/memory-broker.js';

type StaleReason = StaleMessage['reason'];

interface Entry {
  readonly topic: BrokerTopic;
  readonly listener: BrokerListener;
  place: Cursor;
  last?: PlacedRecord;
  subscription: BrokerSubscription | undefined;
  /** Whether records are handed on as they come. */
  isVouched: boolean;
}

/**
 * A memory broker with the faults of one on another machine: answers that are late, deliveries that
 * are lost, a store that cannot be reached or has begun again.
 */
export class FaultyBroker implements Broker {
  /** Answers about history wait until `release`. */
  isSlow = false;
  readonly #runtime: Runtime;
  readonly #entries = new Set<Entry>();
  readonly #waiting: (() => void)[] = [];
  #memory: MemoryBroker;
  #reason: StaleReason | undefined;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.#memory = new MemoryBroker({ runtime });
  }

  /** Publishes as if from another node, so it works in every state. */
  publish(topic: BrokerTopic, record: BrokerRecord): Promise<PublishReceipt> {
    return this.#memory.publish(topic, record);
  }

  async subscribe(topic: BrokerTopic, listener: BrokerListener): Promise<BrokerSubscription> {
    this.#expectReachable();
    const isVouched = this.#reason === undefined;
    const place = { epoch: '', offset: 0 };
    const entry: Entry = { topic, listener, place, subscription: undefined, isVouched };
    this.#entries.add(entry);
    const start = await this.#attach(entry);
    if (this.#reason !== undefined) listener.stale(this.#reason);
    const close = (): void => {
      this.#entries.delete(entry);
      entry.subscription?.close();
    };
    return { start, close };
  }

  async history(topic: BrokerTopic, query: HistoryQuery): Promise<HistoryPage> {
    const page = this.#memory.history(topic, query);
    if (this.isSlow) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#expectReachable();
    return page;
  }

  /** Answers what has been asked about history. */
  release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Loses deliveries until `recover`, and says so only if there is a reason. */
  interrupt(reason?: StaleReason): void {
    this.#reason = reason;
    for (const entry of this.#entries) {
      entry.isVouched = false;
      if (reason !== undefined) entry.listener.stale(reason);
    }
  }

  /** Answers about history that are waited for. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Goes on with the next record and says nothing; the last one may come late. */
  resumeSilently(withLast = false): void {
    this.#reason = undefined;
    for (const entry of this.#entries) {
      entry.isVouched = true;
      if (withLast && entry.last !== undefined) entry.listener.record(entry.last);
    }
  }

  /** Delivers a record as if it had come from elsewhere. */
  deliver(record: PlacedRecord): void {
    for (const entry of this.#entries) entry.listener.record(record);
  }

  /** Goes on where the topics are now. */
  recover(): void {
    this.#reason = undefined;
    for (const entry of this.#entries) {
      if (entry.isVouched) continue;
      entry.isVouched = true;
      entry.listener.moved(entry.place);
    }
  }

  /** Loses all that was stored: every topic begins another epoch, which is told by `recover`. */
  async beginAnew(): Promise<void> {
    const old = this.#memory;
    this.#memory = new MemoryBroker({ runtime: this.#runtime });
    for (const entry of this.#entries) entry.isVouched = false;
    await old.close();
    for (const entry of this.#entries) await this.#attach(entry);
  }

  close(): Promise<void> {
    this.release();
    return this.#memory.close();
  }

  #expectReachable(): void {
    if (this.#reason !== 'unreachable') return;
    throw new TrunklineError('UNAVAILABLE', 'the broker cannot be reached', { executed: 'no' });
  }

  async #attach(entry: Entry): Promise<Cursor> {
    const subscribed = this.#memory.subscribe(entry.topic, {
      record: (record) => {
        entry.place = { epoch: record.epoch, offset: record.offset };
        entry.last = record;
        if (entry.isVouched) entry.listener.record(record);
      },
      moved: () => undefined,
      stale: () => undefined,
    });
    entry.subscription = await subscribed;
    const { start } = entry.subscription;
    if (entry.place.epoch !== start.epoch) entry.place = start;
    return start;
  }
}

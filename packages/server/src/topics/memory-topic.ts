import type {
  BrokerListener,
  BrokerRecord,
  Cursor,
  HistoryPage,
  HistoryQuery,
  KeepPolicy,
  PlacedRecord,
} from '@trunkline/protocol';
import { KeptRecords } from './kept-records.js';

/** A listener and the place from which it listens. */
export interface MemorySubscriber {
  readonly listener: BrokerListener;
  readonly start: Cursor;
}

/** One topic in memory: its newest place, what is kept of it, and who listens. */
export class MemoryTopic {
  readonly #epoch: string;
  readonly #reportError: (error: unknown) => void;
  readonly #kept = new KeptRecords();
  readonly #subscribers = new Set<MemorySubscriber>();
  readonly #undelivered: PlacedRecord[] = [];
  #top: number;
  #isDelivering = false;

  constructor({ epoch, offset }: Cursor, reportError: (error: unknown) => void) {
    this.#epoch = epoch;
    this.#top = offset;
    this.#reportError = reportError;
  }

  get place(): Cursor {
    return { epoch: this.#epoch, offset: this.#top };
  }

  get hasRecords(): boolean {
    return !this.#kept.isEmpty;
  }

  /** What the kept records take in memory. */
  get keptBytes(): number {
    return this.#kept.bytes;
  }

  /** Whether nothing but its place is worth remembering. */
  get isIdle(): boolean {
    return this.#kept.isEmpty && this.#subscribers.size === 0;
  }

  /** Stores a record under the next offset and delivers it; `now` counts where it is kept. */
  add(record: BrokerRecord, keep: KeepPolicy | undefined, now: number): Cursor {
    const previous = this.#top++;
    const placed: PlacedRecord = {
      publishId: record.publishId,
      encoding: record.encoding,
      layoutHash: record.layoutHash,
      // A view would keep the whole buffer that it was read from in memory.
      bytes: new Uint8Array(record.bytes),
      trace: record.trace,
      epoch: this.#epoch,
      offset: previous + 1,
      previous,
    };
    if (keep !== undefined || this.hasRecords) this.#kept.add(placed, keep, now);
    // A listener may publish: its record waits here, so that all listeners see one order.
    if (this.#isDelivering) this.#undelivered.push(placed);
    else this.#deliver(placed);
    return placed;
  }

  subscribe(listener: BrokerListener): MemorySubscriber {
    const subscriber = { listener, start: this.place };
    this.#subscribers.add(subscriber);
    return subscriber;
  }

  unsubscribe(subscriber: MemorySubscriber): void {
    this.#subscribers.delete(subscriber);
  }

  page(query: HistoryQuery, now: number): HistoryPage {
    this.trim(now);
    return { records: this.#kept.page(query), top: this.place };
  }

  /** Lets go of records that are too old. */
  trim(now: number): void {
    this.#kept.trim(now);
  }

  /** Lets go of all records; whoever asks for them learns that they are gone. */
  clear(): void {
    this.#kept.clear();
  }

  /** Ends all subscriptions; nothing is delivered afterwards. */
  close(): void {
    this.#subscribers.clear();
  }

  /** Delivers a record, and then what was published meanwhile. */
  #deliver(record: PlacedRecord): void {
    this.#isDelivering = true;
    for (let next: PlacedRecord | undefined = record; next; next = this.#undelivered.shift()) {
      for (const subscriber of this.#subscribers) this.#deliverTo(subscriber, next);
    }
    this.#isDelivering = false;
  }

  #deliverTo({ listener, start }: MemorySubscriber, record: PlacedRecord): void {
    if (record.offset <= start.offset) return;
    try {
      listener.record(record);
    } catch (error) {
      this.#reportError(error);
    }
  }
}

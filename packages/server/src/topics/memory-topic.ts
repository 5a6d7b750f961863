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

  /** Stores a record under the next offset and delivers it; gives its place. */
  add(record: BrokerRecord, keep: KeepPolicy | undefined, now: number): Cursor {
    const previous = this.#top++;
    const { publishId, encoding, layoutHash } = record;
    // A view would keep the whole buffer that it was read from in memory.
    const bytes = new Uint8Array(record.bytes);
    const placed = { publishId, encoding, layoutHash, bytes, ...this.place, previous };
    this.#kept.add(placed, keep, now);
    this.#undelivered.push(placed);
    this.#deliver();
    return { epoch: placed.epoch, offset: placed.offset };
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

  /** A listener may publish: its record waits here, so that all listeners see one order. */
  #deliver(): void {
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    for (let next = this.#undelivered.shift(); next; next = this.#undelivered.shift()) {
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

import type { PlacedRecord } from '@trunkline/protocol';
import type { RecentLimits, RecentRecords } from './recent-records.js';

/** Gives the key of a record; `undefined` for one that stands for itself, as nobody can read it. */
export type KeyOf = (record: PlacedRecord) => string | undefined;

/**
 * Holds the newest record of each key. What it gives is chained: each record names the one given
 * before it, so that the conflated ones between are accounted for. Without room it lets go of the
 * record whose key has been quiet longest, and can serve nobody who has not had that one.
 */
export class LatestRecords implements RecentRecords {
  readonly #limits: RecentLimits;
  readonly #keyOf: KeyOf;
  /** In the order of offsets. */
  readonly #byKey = new Map<string | number, PlacedRecord>();
  #bytes = 0;
  #start: number | undefined;

  constructor(limits: RecentLimits, keyOf: KeyOf) {
    this.#limits = limits;
    this.#keyOf = keyOf;
  }

  get start(): number | undefined {
    return this.#start;
  }

  /** Whether another record can be held without letting go of one. */
  hasRoomFor({ bytes }: PlacedRecord, limits: RecentLimits): boolean {
    return this.#byKey.size < limits.records && this.#bytes + bytes.length <= limits.bytes;
  }

  add(record: PlacedRecord): void {
    this.#start ??= record.previous;
    const key = this.#keyOf(record) ?? record.offset;
    this.#remove(key);
    this.#byKey.set(key, record);
    this.#bytes += record.bytes.length;
    const { records, bytes } = this.#limits;
    for (const [oldest, { offset }] of this.#byKey) {
      if (this.#byKey.size <= records && this.#bytes <= bytes) break;
      this.#remove(oldest);
      this.#start = offset;
    }
  }

  after(offset: number): readonly PlacedRecord[] | undefined {
    if (this.#start === undefined || this.#start > offset) return undefined;
    return chained(
      [...this.#byKey.values()].filter((record) => record.offset > offset),
      offset,
    );
  }

  clear(): void {
    this.#byKey.clear();
    this.#bytes = 0;
    this.#start = undefined;
  }

  #remove(key: string | number): void {
    const record = this.#byKey.get(key);
    if (record === undefined) return;
    this.#byKey.delete(key);
    this.#bytes -= record.bytes.length;
  }
}

/** For what is bounded by whoever fills it. */
export const UNLIMITED: RecentLimits = { records: Infinity, bytes: Infinity };

/** Gives the newest record of each key of a part of a topic, in order and chained. */
export function conflate(records: readonly PlacedRecord[], keyOf: KeyOf): readonly PlacedRecord[] {
  const [first] = records;
  if (first === undefined) return records;
  const newest = new LatestRecords(UNLIMITED, keyOf);
  for (const record of records) newest.add(record);
  return newest.after(first.previous) ?? records;
}

function chained(records: readonly PlacedRecord[], after: number): PlacedRecord[] {
  let previous = after;
  return records.map((record) => {
    const before = previous;
    previous = record.offset;
    return before === record.previous ? record : { ...record, previous: before };
  });
}

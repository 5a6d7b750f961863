import type { PlacedRecord } from '@trunkline/protocol';

/** How much is held of a topic. */
export interface RecentLimits {
  readonly records: number;
  readonly bytes: number;
}

/** Newest records of a topic, held so that who is behind can be given what follows its place. */
export interface RecentRecords {
  /** The offset after which nothing is missing; `undefined` while nothing is held. */
  readonly start: number | undefined;
  add(record: PlacedRecord): void;
  /** Gives what follows an offset, in order; `undefined` where some of it is not held. */
  after(offset: number): readonly PlacedRecord[] | undefined;
  clear(): void;
}

/** Holds every record, and lets go of the oldest. */
export class RecentWindow implements RecentRecords {
  readonly #limits: RecentLimits;
  readonly #records: PlacedRecord[] = [];
  #bytes = 0;

  constructor(limits: RecentLimits) {
    this.#limits = limits;
  }

  get start(): number | undefined {
    return this.#records[0]?.previous;
  }

  add(record: PlacedRecord): void {
    this.#records.push(record);
    this.#bytes += record.bytes.length;
    const { records, bytes } = this.#limits;
    while (this.#records.length > records || this.#bytes > bytes) {
      this.#bytes -= this.#records.shift()?.bytes.length ?? 0;
    }
  }

  after(offset: number): readonly PlacedRecord[] | undefined {
    const { start } = this;
    if (start === undefined || start > offset) return undefined;
    return this.#records.filter((record) => record.offset > offset);
  }

  clear(): void {
    this.#records.length = 0;
    this.#bytes = 0;
  }
}

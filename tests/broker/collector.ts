import type { BrokerListener, Cursor, PlacedRecord, StaleMessage } from '@trunkline/protocol';

/** Holds what a subscription was given, and waits for more of it without a clock. */
export class Collector implements BrokerListener {
  readonly records: PlacedRecord[] = [];
  readonly moves: Cursor[] = [];
  readonly staleReasons: StaleMessage['reason'][] = [];
  readonly #waiters: { readonly count: number; readonly resolve: () => void }[] = [];

  record(record: PlacedRecord): void {
    this.records.push(record);
    for (const { count, resolve } of this.#waiters) if (this.records.length >= count) resolve();
  }

  moved(place: Cursor): void {
    this.moves.push(place);
  }

  stale(reason: StaleMessage['reason']): void {
    this.staleReasons.push(reason);
  }

  get texts(): string[] {
    return this.records.map(textOf);
  }

  /** Resolves when so many records have come in all. */
  async until(count: number): Promise<this> {
    if (this.records.length < count) {
      await new Promise<void>((resolve) => this.#waiters.push({ count, resolve }));
    }
    return this;
  }
}

/** Reads the text of a record that `recordOf` made. */
export function textOf(record: PlacedRecord): string {
  return new TextDecoder().decode(record.bytes);
}

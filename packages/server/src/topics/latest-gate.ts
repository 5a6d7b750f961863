import type { PlacedRecord, Runtime, Timer } from '@trunkline/protocol';
import { LatestRecords, UNLIMITED, type KeyOf } from './latest-records.js';
import type { RecentLimits } from './recent-records.js';

/** What a gate is made from. */
export interface LatestGateOptions {
  readonly runtime: Runtime;
  readonly keyOf: KeyOf;
  /** Time between two deliveries; `undefined` for once a turn. */
  readonly intervalMs: number | undefined;
  /** With more than this it delivers before its time. */
  readonly limits: RecentLimits;
  readonly deliver: (record: PlacedRecord) => void;
}

/**
 * Lets through the newest record of each key, no key more often than at an interval. The first one
 * after a pause leaves at the end of its turn.
 */
export class LatestGate {
  readonly #options: LatestGateOptions;
  readonly #waiting: LatestRecords;
  #isTurn = false;
  #timer: Timer | undefined;

  constructor(options: LatestGateOptions) {
    this.#options = options;
    this.#waiting = new LatestRecords(UNLIMITED, options.keyOf);
  }

  add(record: PlacedRecord): void {
    if (!this.#waiting.hasRoomFor(record, this.#options.limits)) this.flush();
    this.#waiting.add(record);
    if (this.#timer !== undefined || this.#isTurn) return;
    this.#isTurn = true;
    this.#options.runtime.endOfTurn(() => {
      this.#isTurn = false;
      this.#due();
    });
  }

  /** Delivers all that waits, at once. */
  flush(): void {
    const { start } = this.#waiting;
    const records = start === undefined ? undefined : this.#waiting.after(start);
    // Whoever is delivered to may add.
    this.#waiting.clear();
    for (const record of records ?? []) this.#options.deliver(record);
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#waiting.clear();
  }

  #due(): void {
    const { intervalMs, runtime } = this.#options;
    this.#timer = undefined;
    if (this.#waiting.start === undefined) return;
    if (intervalMs !== undefined) {
      this.#timer = runtime.startTimer(intervalMs, () => this.#due());
    }
    this.flush();
  }
}

import type { Tick } from '../generated/ticker.client.js';
import { msBefore } from '../pace.js';
import type { Timing } from '../timing.js';

/** Makes ticks, each at its time or, where the server was busy, as soon as it can. */
export class Ticker {
  readonly #timing: Timing;
  readonly #make: (tick: Tick) => void;
  #timer: NodeJS.Timeout | undefined;
  #next: Tick | undefined;

  constructor(timing: Timing, make: (tick: Tick) => void) {
    this.#timing = timing;
    this.#make = make;
  }

  start(): void {
    this.#next ??= { number: 1, at: Date.now() + msBefore(1, this.#timing) };
    this.#wait();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #wait(): void {
    const due = this.#next?.at ?? 0;
    this.#timer = setTimeout(() => this.#makeDue(), Math.max(0, due - Date.now()));
  }

  #makeDue(): void {
    while (this.#next !== undefined && this.#next.at <= Date.now()) {
      this.#make(this.#next);
      const number = this.#next.number + 1;
      this.#next = { number, at: this.#next.at + msBefore(number, this.#timing) };
    }
    this.#wait();
  }
}

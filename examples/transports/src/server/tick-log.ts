import type { Tick } from '../generated/ticker.client.js';

/** As many as the topic of the contract keeps. */
const KEPT = 1_000;

/** The newest ticks, for readers that ask what they have missed, and for those that listen. */
export class TickLog {
  readonly #ticks: Tick[] = [];
  readonly #listeners = new Set<(tick: Tick) => void>();

  get newest(): Tick | undefined {
    return this.#ticks.at(-1);
  }

  /** Gives the ticks after a number; without one, the newest tick alone. */
  after(number: number | undefined): readonly Tick[] {
    if (number === undefined) return this.#ticks.slice(-1);
    return this.#ticks.filter((tick) => tick.number > number);
  }

  add(tick: Tick): void {
    this.#ticks.push(tick);
    if (this.#ticks.length > KEPT) this.#ticks.shift();
    for (const listener of this.#listeners) listener(tick);
  }

  /** Calls the listener with each new tick, until the function that it gives is called. */
  listen(listener: (tick: Tick) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

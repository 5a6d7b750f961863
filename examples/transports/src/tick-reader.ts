import type { Tick } from './generated/ticker.client.js';

/** What a reader saw of a range of ticks. */
export interface Figures {
  /** Ticks that were read, each counted once. */
  readonly ticks: number;
  /** Ticks that never came. */
  readonly lost: number;
  /** Times that a tick came which had come before. */
  readonly doubled: number;
  /** Times that a tick came right after a later one. */
  readonly outOfOrder: number;
  /** From when a tick was due to when it was read first; `undefined` while there is none. */
  readonly medianMs: number | undefined;
  readonly maxMs: number | undefined;
}

/** Numbers of ticks, both ends included. */
export interface TickRange {
  readonly from: number;
  readonly to: number;
}

/** What is older is forgotten, so that a page may stay open. */
const REMEMBERED = 2_400;

/** Keeps what came over one transport, and tells how well it came. */
export class TickReader {
  /** Milliseconds from due to read, by the number of the tick. */
  readonly #delays = new Map<number, number>();
  /** The newest tick at each time that something was wrong: it tells when that was. */
  #doubled: number[] = [];
  #outOfOrder: number[] = [];
  #first: number | undefined;
  #newest: number | undefined;
  #previous = 0;

  /** The highest number that came. */
  get newest(): number | undefined {
    return this.#newest;
  }

  /** The delays of the ticks that came last, oldest first. */
  latestDelays(count: number): number[] {
    return [...this.#delays.values()].slice(-count);
  }

  read({ number, at }: Tick, readAt: number): void {
    const newest = Math.max(number, this.#newest ?? number);
    if (number < this.#previous) this.#outOfOrder.push(newest);
    this.#previous = number;
    if (this.#delays.has(number)) return void this.#doubled.push(newest);
    this.#first = Math.min(number, this.#first ?? number);
    this.#newest = newest;
    this.#delays.set(number, Math.max(0, readAt - at));
    if (this.#delays.size > REMEMBERED) this.#forget();
  }

  /** Tells of all ticks that are remembered, or of those in a range. */
  figures(range?: TickRange): Figures {
    const from = Math.max(range?.from ?? 0, this.#first ?? 0);
    const to = range?.to ?? this.#newest ?? 0;
    const isInside = (number: number): boolean => number >= from && number <= to;
    const delays = [...this.#delays].filter(([number]) => isInside(number)).map(([, ms]) => ms);
    delays.sort((a, b) => a - b);
    const due = this.#first === undefined ? 0 : Math.max(0, to - from + 1);
    return {
      ticks: delays.length,
      lost: due - delays.length,
      doubled: this.#doubled.filter(isInside).length,
      outOfOrder: this.#outOfOrder.filter(isInside).length,
      medianMs: delays[delays.length >> 1],
      maxMs: delays.at(-1),
    };
  }

  #forget(): void {
    const oldest = (this.#newest ?? 0) - REMEMBERED / 2;
    for (const number of this.#delays.keys()) if (number < oldest) this.#delays.delete(number);
    this.#doubled = this.#doubled.filter((number) => number >= oldest);
    this.#outOfOrder = this.#outOfOrder.filter((number) => number >= oldest);
    this.#first = oldest;
  }
}

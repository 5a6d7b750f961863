import type { Runtime, Timer } from '../runtime.js';
import { systemRuntime } from '../system-runtime.js';

interface VirtualTimer {
  readonly dueAt: number;
  readonly order: number;
  readonly callback: () => void;
}

const WALL_START = Date.UTC(2026, 0, 1);

/**
 * A runtime whose time moves only by `advance` and whose random source starts from a seed. Turns of
 * the event loop stay real, so promises settle by themselves while time stands still.
 */
export class VirtualRuntime implements Runtime {
  #now = 0;
  #order = 0;
  #waiting = 0;
  #state: number;
  readonly #timers = new Set<VirtualTimer>();
  /** All timers with the next one first, as a binary heap; those that were stopped are skipped. */
  readonly #heap: VirtualTimer[] = [];

  constructor(readonly seed = 1) {
    this.#state = seed >>> 0;
  }

  now(): number {
    return this.#now;
  }

  /** Counts from the first day of 2026. */
  wallNow(): number {
    return WALL_START + this.#now;
  }

  /** Timers that are running; 0 when everything was stopped. */
  get timers(): number {
    return this.#timers.size;
  }

  startTimer(delayMs: number, callback: () => void): Timer {
    const timer = { dueAt: this.#now + Math.max(0, delayMs), order: this.#order++, callback };
    this.#timers.add(timer);
    this.#push(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  endOfTurn(callback: () => void): void {
    this.#waiting++;
    systemRuntime.endOfTurn(() => {
      this.#waiting--;
      callback();
    });
  }

  /** A generator with 32 bits of state: short, and the same everywhere. */
  random(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 0x100000000;
  }

  randomBytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => Math.floor(this.random() * 256));
  }

  /** Lets everything happen that needs no time: resolves when nothing waits for the end of a turn. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet = this.#waiting === 0 ? quiet + 1 : 0) {
      await new Promise<void>((resolve) => systemRuntime.endOfTurn(resolve));
    }
  }

  /** Moves time on, timer by timer in their order, and settles after each. */
  async advance(ms: number): Promise<void> {
    const target = this.#now + ms;
    await this.settle();
    for (let timer = this.#next(target); timer !== undefined; timer = this.#next(target)) {
      this.#timers.delete(timer);
      this.#now = Math.max(this.#now, timer.dueAt);
      timer.callback();
      await this.settle();
    }
    this.#now = target;
  }

  #next(target: number): VirtualTimer | undefined {
    for (;;) {
      const [next] = this.#heap;
      if (next !== undefined && !this.#timers.has(next)) this.#pop();
      else return next !== undefined && next.dueAt <= target ? next : undefined;
    }
  }

  #push(timer: VirtualTimer): void {
    const heap = this.#heap;
    let index = heap.push(timer) - 1;
    for (let up = (index - 1) >> 1; index > 0; index = up, up = (index - 1) >> 1) {
      const parent = heap[up] as VirtualTimer;
      if (isSooner(parent, timer)) break;
      heap[index] = parent;
      heap[up] = timer;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let least = 2 * index + 1;
      const [left, right] = [heap[least], heap[least + 1]];
      if (left !== undefined && right !== undefined && isSooner(right, left)) least++;
      const child = heap[least];
      if (child === undefined || isSooner(last, child)) break;
      heap[index] = child;
      index = least;
    }
    heap[index] = last;
  }
}

function isSooner(one: VirtualTimer, other: VirtualTimer): boolean {
  return one.dueAt < other.dueAt || (one.dueAt === other.dueAt && one.order < other.order);
}

import type { Runtime, Timer } from '@trunkline/protocol';
import { VirtualRuntime } from '@trunkline/protocol/testing';

/** How often nothing may happen in a row before nothing will. */
const QUIET_TURNS = 2;
/** More than any scenario needs between two moments of time. */
const MOST_TURNS = 100_000;
const WALL_START = Date.UTC(2026, 0, 1);

interface RunTimer {
  readonly dueAt: number;
  readonly callback: () => void;
}

/** Virtual time of one run: it moves by one timer at a time, and waits for bytes on their way. */
export class RunClock implements Runtime {
  /** Says whether nothing is on its way. */
  isIdle: () => boolean = () => true;
  readonly #chance: VirtualRuntime;
  /** In the order in which they were started. */
  readonly #timers = new Set<RunTimer>();
  #now = 0;
  #waiting = 0;

  constructor(seed: number) {
    this.#chance = new VirtualRuntime(seed);
  }

  /** Timers that are running. */
  get timers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return WALL_START + this.#now;
  }

  random(): number {
    return this.#chance.random();
  }

  randomBytes(count: number): Uint8Array {
    return this.#chance.randomBytes(count);
  }

  startTimer(delayMs: number, callback: () => void): Timer {
    const timer = { dueAt: this.#now + Math.max(0, delayMs), callback };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  endOfTurn(callback: () => void): void {
    this.#waiting++;
    setImmediate(() => {
      this.#waiting--;
      callback();
    });
  }

  /** Resolves when nothing happens any more without time passing; fails when something always does. */
  settle(): Promise<void> {
    return new Promise((resolve, reject) => {
      let quiet = 0;
      let turns = 0;
      const look = (): void => {
        quiet = this.#waiting === 0 && this.isIdle() ? quiet + 1 : 0;
        if (quiet === QUIET_TURNS) resolve();
        else if (turns++ === MOST_TURNS) reject(new Error('it never comes to rest'));
        else setImmediate(look);
      };
      setImmediate(look);
    });
  }

  /** Moves time to the next timer and runs it; says whether there was one until then. */
  step(limitAt: number): boolean {
    let next: RunTimer | undefined;
    for (const timer of this.#timers) {
      if (next === undefined || timer.dueAt < next.dueAt) next = timer;
    }
    if (next === undefined || next.dueAt > limitAt) return false;
    this.#timers.delete(next);
    this.#now = Math.max(this.#now, next.dueAt);
    next.callback();
    return true;
  }
}

import type { Runtime, Timer } from '@trunkline/protocol';
import { Chance } from '../fuzz/structured/chance.js';

interface Due {
  readonly at: number;
  readonly callback: () => void;
}

/** A runtime whose time and whose turns both move only when they are told: nothing waits. */
export class StepRuntime implements Runtime {
  #now = 0;
  #turn: (() => void)[] = [];
  readonly #timers = new Set<Due>();
  readonly #chance: Chance;

  constructor(seed = 1) {
    this.#chance = new Chance(seed);
  }

  get timers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return Date.UTC(2026, 0, 1) + this.#now;
  }

  random(): number {
    return this.#chance.next() / 0x100000000;
  }

  randomBytes(count: number): Uint8Array {
    return this.#chance.bytes(count);
  }

  startTimer(delayMs: number, callback: () => void): Timer {
    const due = { at: this.#now + Math.max(0, delayMs), callback };
    this.#timers.add(due);
    return { cancel: () => void this.#timers.delete(due) };
  }

  endOfTurn(callback: () => void): void {
    this.#turn.push(callback);
  }

  /** Ends the turn, and those that this begins. */
  endTurn(): void {
    while (this.#turn.length > 0) {
      const callbacks = this.#turn;
      this.#turn = [];
      for (const callback of callbacks) callback();
    }
  }

  /** Moves time on, timer by timer, each in a turn of its own. */
  advance(ms: number): void {
    const until = this.#now + ms;
    this.endTurn();
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
      this.endTurn();
    }
    this.#now = until;
  }

  #next(until: number): Due | undefined {
    let next: Due | undefined;
    for (const due of this.#timers) {
      if (due.at <= until && (next === undefined || due.at < next.at)) next = due;
    }
    return next;
  }
}

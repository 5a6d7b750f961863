import type { Runtime, Timer } from '@trunkline/protocol';

/** How often the wall clock is looked at: rights end within a second, whatever is done to it. */
const LOOK_MS = 1_000;
/** A clock that is brought right slowly moves by less in that time. */
const JUMP_MS = 250;

/** A moment of the wall clock that somebody waits for. */
interface Watched {
  readonly at: number;
  readonly passed: () => void;
  timer: Timer;
}

/**
 * Waits for moments of the wall clock, however far away they are. When that clock is set, or the
 * machine has slept, it finds out within a second.
 */
export class ExpiryWatch {
  readonly #runtime: Runtime;
  readonly #watched = new Set<Watched>();
  /** How far the wall clock was ahead of the other one when the timers were started. */
  #ahead = 0;
  /** Runs while anything is waited for. */
  #look: Timer | undefined;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** Moments that are waited for. */
  get size(): number {
    return this.#watched.size;
  }

  /** Calls back once, when the wall clock shows `at` or later: never at once. */
  watch(at: number, passed: () => void): Timer {
    const watched: Watched = { at, passed, timer: NO_TIMER };
    if (this.#watched.size === 0) this.#begin();
    this.#watched.add(watched);
    this.#start(watched);
    return { cancel: () => this.#forget(watched) };
  }

  #begin(): void {
    this.#ahead = this.#offset;
    this.#lookSoon();
  }

  #start(watched: Watched): void {
    // A timer has an end of its own: the farthest moments need more than one.
    const delayMs = Math.max(0, watched.at - this.#runtime.wallNow());
    watched.timer = this.#runtime.startTimer(delayMs, () => {
      if (this.#runtime.wallNow() < watched.at) return this.#start(watched);
      this.#forget(watched);
      watched.passed();
    });
  }

  #forget(watched: Watched): void {
    watched.timer.cancel();
    if (!this.#watched.delete(watched) || this.#watched.size > 0) return;
    this.#look?.cancel();
    this.#look = undefined;
  }

  #lookSoon(): void {
    this.#look = this.#runtime.startTimer(LOOK_MS, () => {
      this.#lookSoon();
      if (Math.abs(this.#offset - this.#ahead) < JUMP_MS) return;
      this.#ahead = this.#offset;
      for (const watched of this.#watched) {
        watched.timer.cancel();
        this.#start(watched);
      }
    });
  }

  get #offset(): number {
    return this.#runtime.wallNow() - this.#runtime.now();
  }
}

const NO_TIMER: Timer = { cancel: () => undefined };

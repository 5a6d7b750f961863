import type { Runtime, Timer } from '@trunkline/protocol';

/**
 * One timer for many deadlines. When the earliest has come, `check` ends what is due and gives the
 * next one, or infinity.
 */
export class DeadlineTimer {
  readonly #runtime: Runtime;
  readonly #check: (now: number) => number;
  #dueAt = Number.POSITIVE_INFINITY;
  #timer: Timer | undefined;

  constructor(runtime: Runtime, check: (now: number) => number) {
    this.#runtime = runtime;
    this.#check = check;
  }

  /** Makes sure that `check` is called at this time. */
  watch(dueAt: number): void {
    if (dueAt >= this.#dueAt) return;
    this.#timer?.cancel();
    this.#dueAt = dueAt;
    this.#timer = this.#runtime.startTimer(dueAt - this.#runtime.now(), () => {
      this.#dueAt = Number.POSITIVE_INFINITY;
      this.watch(this.#check(this.#runtime.now()));
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#dueAt = Number.POSITIVE_INFINITY;
  }
}

import type { Runtime } from '@trunkline/protocol';

/** A number of bytes that may be spent in one turn of the event loop. */
export class TurnBudget {
  readonly #runtime: Runtime;
  readonly #bytes: number;
  #spent = 0;
  #turn: Promise<void> | undefined;

  constructor(runtime: Runtime, bytes: number) {
    this.#runtime = runtime;
    this.#bytes = bytes;
  }

  spend(bytes: number): void {
    this.#spent += bytes;
    this.#turn ??= new Promise((resolve) => {
      this.#runtime.endOfTurn(() => {
        this.#spent = 0;
        this.#turn = undefined;
        resolve();
      });
    });
  }

  /** What to wait for: the end of the turn, once more was spent in it than it may have. */
  get pause(): Promise<void> | undefined {
    return this.#spent > this.#bytes ? this.#turn : undefined;
  }
}

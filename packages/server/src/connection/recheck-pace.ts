import type { Runtime, Timer } from '@trunkline/protocol';

/** A client that renews its token again and again costs no more authorizers than this allows. */
const REST_MS = 1_000;

/** Lets something be decided anew as often as it is wanted, but never twice within a time. */
export class RecheckPace {
  readonly #runtime: Runtime;
  readonly #decide: () => Promise<unknown>;
  #rest: Timer | undefined;
  #isDeciding = false;
  #isWanted = false;
  #isClosed = false;

  /** `decide` must not reject. */
  constructor(runtime: Runtime, decide: () => Promise<unknown>) {
    this.#runtime = runtime;
    this.#decide = decide;
  }

  /** Decides now; when it has just done so or is still at it, once more afterwards. */
  want(): void {
    this.#isWanted = true;
    if (!this.#isDeciding && this.#rest === undefined) this.#begin();
  }

  /** Nobody has to know any more. */
  close(): void {
    this.#isClosed = true;
    this.#rest?.cancel();
  }

  #begin(): void {
    this.#isWanted = false;
    this.#isDeciding = true;
    void this.#decide().then(() => this.#decided());
  }

  #decided(): void {
    this.#isDeciding = false;
    if (this.#isClosed) return;
    this.#rest = this.#runtime.startTimer(REST_MS, () => {
      this.#rest = undefined;
      if (this.#isWanted) this.#begin();
    });
  }
}

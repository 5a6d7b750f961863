// In tenths of a token, which add up exactly.
const FULL = 100;
const PER_REFUSAL = 10;
const PER_SUCCESS = 1;
const OFF_BELOW = 50;

/**
 * Decides whether the client itself may try refused calls again. A server with too much to do must
 * not get more of it: there are ten tokens, each refusal takes one, each success gives back a tenth.
 */
export class RetryBudget {
  #tenths = FULL;

  /** Takes note of a refusal; `false` when trying again would add to the trouble. */
  refused(): boolean {
    this.#tenths = Math.max(0, this.#tenths - PER_REFUSAL);
    return this.#tenths >= OFF_BELOW;
  }

  succeeded(): void {
    this.#tenths = Math.min(FULL, this.#tenths + PER_SUCCESS);
  }
}

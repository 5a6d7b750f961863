const FULL = 10;
const OFF_BELOW = 5;
const PER_SUCCESS = 0.1;

/**
 * Decides whether refused calls may be tried again by the client itself, so that a server with too
 * much to do does not get more of it: ten tokens, one for each refusal, a tenth back per success.
 */
export class RetryBudget {
  #tokens = FULL;

  /** Takes note of a refusal; `false` when trying again would add to the trouble. */
  refused(): boolean {
    this.#tokens = Math.max(0, this.#tokens - 1);
    return this.#tokens >= OFF_BELOW;
  }

  succeeded(): void {
    this.#tokens = Math.min(FULL, this.#tokens + PER_SUCCESS);
  }
}

/**
 * Holds back calls of listeners while the function that takes them has not returned. Listeners may
 * use what it returns, so nothing may be called before.
 */
export class HeldCalls {
  #held: (() => void)[] | undefined = [];

  /** Makes a call now, or later in its turn. */
  run(call: () => void): void {
    if (this.#held === undefined) call();
    else this.#held.push(call);
  }

  /** Ends the holding: what was held is called in order, in a microtask. */
  release(): void {
    if (this.#held?.length === 0) this.#held = undefined;
    else void Promise.resolve().then(() => this.#flush());
  }

  /** Ends the holding and forgets what was held. */
  drop(): void {
    this.#held = undefined;
  }

  #flush(): void {
    // A call may add others or drop the rest.
    for (let call = this.#held?.shift(); call !== undefined; call = this.#held?.shift()) call();
    this.#held = undefined;
  }
}

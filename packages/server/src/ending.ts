/** An end that may come before something is done: what an AbortController is, for less. */
export class Ending {
  #reason: unknown;
  #hasCome = false;
  #listeners: Set<(reason: unknown) => void> | undefined;

  /** Ends it, once: later reasons do not count. */
  end(reason: unknown): void {
    if (this.#hasCome) return;
    this.#hasCome = true;
    this.#reason = reason;
    for (const listener of this.#listeners ?? []) listener(reason);
    this.#listeners = undefined;
  }

  get hasCome(): boolean {
    return this.#hasCome;
  }

  /** Throws the reason if the end has come. */
  throwIfEnded(): void {
    if (this.#hasCome) throw this.#reason;
  }

  /** Calls back when the end comes, if it has not; what it gives stops that. */
  listen(listener: (reason: unknown) => void): () => void {
    if (!this.#hasCome) (this.#listeners ??= new Set()).add(listener);
    return () => void this.#listeners?.delete(listener);
  }

  /** Gives what comes of a promise, or rejects with the reason if the end comes first. */
  orSooner<Value>(promise: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.listen(reject);
      promise.then(resolve, reject);
    });
  }
}

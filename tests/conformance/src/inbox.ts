/** What has come and was not asked for yet, in order. */
export class Inbox<T> {
  readonly #waiting: T[] = [];
  #wake: ((value: T | undefined) => void) | undefined;
  #isClosed = false;

  /** Adds what has come. */
  put(value: T): void {
    if (this.#wake === undefined) this.#waiting.push(value);
    else this.#wake(value);
  }

  /** Says that nothing more comes: who waits is told at once, and so is who asks later. */
  close(): void {
    this.#isClosed = true;
    this.#wake?.(undefined);
  }

  /** Gives the next; `undefined` when none comes in time. One may ask at a time. */
  async next(withinMs: number): Promise<T | undefined> {
    if (this.#waiting.length > 0) return this.#waiting.shift();
    if (this.#isClosed || withinMs <= 0) return undefined;
    return new Promise((resolve) => {
      const done = (value: T | undefined): void => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve(value);
      };
      const timer = setTimeout(done, withinMs, undefined);
      this.#wake = done;
    });
  }
}

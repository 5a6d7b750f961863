/** What has come and was not asked for yet, in order. */
export class Inbox<T> {
  readonly #waiting: T[] = [];
  #wake: ((value: T) => void) | undefined;

  /** Adds what has come. */
  put(value: T): void {
    const wake = this.#wake;
    this.#wake = undefined;
    if (wake === undefined) this.#waiting.push(value);
    else wake(value);
  }

  /** Gives the next; `undefined` when none comes in time. One may ask at a time. */
  async next(withinMs: number): Promise<T | undefined> {
    if (this.#waiting.length > 0) return this.#waiting.shift();
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#wake = undefined;
        resolve(undefined);
      }, withinMs);
      this.#wake = (value) => {
        clearTimeout(timer);
        resolve(value);
      };
    });
  }
}

/** Lets so many reads of history run at once; others wait in order. */
export class ReadSlots {
  readonly #max: number;
  #running = 0;
  /** Made when somebody has to wait. */
  #waiting: (() => void)[] | undefined;
  /** Of those, how many have had their turn: taking the first away moves all others. */
  #served = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Runs a read in its turn. Fails as it does; one that never has its turn never settles. */
  async run<Result>(read: () => Promise<Result>): Promise<Result> {
    if (this.#running >= this.#max) {
      await new Promise<void>((resolve) => (this.#waiting ??= []).push(resolve));
    } else this.#running++;
    try {
      return await read();
    } finally {
      this.#next();
    }
  }

  /** Forgets who waits. */
  close(): void {
    this.#waiting = undefined;
    this.#served = 0;
  }

  /** The slot goes to who has waited longest. */
  #next(): void {
    const next = this.#waiting?.[this.#served];
    if (this.#waiting === undefined || next === undefined) {
      this.#running--;
      return;
    }
    this.#served++;
    if (this.#served * 2 > this.#waiting.length) {
      this.#waiting.splice(0, this.#served);
      this.#served = 0;
    }
    next();
  }
}

/** The ids of one caller: the smallest of its side that is free, taken until freed. */
export class CallIds<Holder> {
  #holders: (Holder | undefined)[] = [];
  /** Below this index all are taken. */
  #firstFree = 0;
  /** How many are taken. */
  taken = 0;
  /** The least id of the side: 0 for a client, whose ids are even, 1 for a server. */
  readonly #least: 0 | 1;

  constructor(least: 0 | 1 = 0) {
    this.#least = least;
  }

  /** The id to be taken next. */
  get next(): number {
    while (this.#holders[this.#firstFree] !== undefined) this.#firstFree++;
    return this.#firstFree * 2 + this.#least;
  }

  /** Takes an id that is free. */
  take(id: number, holder: Holder): void {
    this.#holders[id >> 1] = holder;
    this.taken++;
  }

  holder(id: number): Holder | undefined {
    return id % 2 === this.#least ? this.#holders[(id - this.#least) / 2] : undefined;
  }

  /** Frees an id that is taken. */
  free(id: number): void {
    const index = id >> 1;
    this.#holders[index] = undefined;
    this.#firstFree = Math.min(this.#firstFree, index);
    this.taken--;
  }

  /** Frees all. */
  clear(): void {
    this.#holders = [];
    this.#firstFree = 0;
    this.taken = 0;
  }

  holders(): Holder[] {
    return this.#holders.filter((holder) => holder !== undefined);
  }
}

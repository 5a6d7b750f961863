/** The ids of one connection's calls: even, the smallest that is free, taken until freed. */
export class CallIds<Holder> {
  #holders: (Holder | undefined)[] = [];
  /** Below this index all are taken. */
  #firstFree = 0;
  /** How many are taken. */
  taken = 0;

  /** The id to be taken next. */
  get next(): number {
    while (this.#holders[this.#firstFree] !== undefined) this.#firstFree++;
    return this.#firstFree * 2;
  }

  /** Takes an id that is free. */
  take(id: number, holder: Holder): void {
    this.#holders[id / 2] = holder;
    this.taken++;
  }

  holder(id: number): Holder | undefined {
    return id % 2 === 0 ? this.#holders[id / 2] : undefined;
  }

  /** Frees an id that is taken. */
  free(id: number): void {
    this.#holders[id / 2] = undefined;
    this.#firstFree = Math.min(this.#firstFree, id / 2);
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

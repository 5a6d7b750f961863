/** The random source of a simulation: short, seeded, the same everywhere. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Gives a number in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x100000000;
  }

  /** Gives a whole number, both bounds included. */
  int(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** Tells whether something happens that has this probability. */
  is(probability: number): boolean {
    return this.next() < probability;
  }

  /** Gives one of a list, each as likely. */
  pick<Item>(items: readonly Item[]): Item {
    return items[this.int(0, items.length - 1)] as Item;
  }

  /** Gives one of a list, each as likely as its weight says. */
  weigh<Item>(weighed: readonly (readonly [weight: number, item: Item])[]): Item {
    let left = this.next() * weighed.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, item] of weighed) {
      left -= weight;
      if (left < 0) return item;
    }
    return (weighed.at(-1) as readonly [number, Item])[1];
  }
}

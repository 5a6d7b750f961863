const NUMBERS: readonly number[] = [
  0,
  1,
  2,
  3,
  4,
  7,
  8,
  15,
  16,
  31,
  63,
  64,
  100,
  127,
  128,
  129,
  255,
  256,
  300,
  1023,
  4096,
  1e4,
  10001,
  16383,
  16384,
  32768,
  65535,
  65536,
  1048576,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 40,
  2 ** 52,
  2 ** 53 - 2,
  2 ** 53 - 1,
];

/** A source of chance that a seed and the number of an input repeat. */
export class Chance {
  #state: number;

  constructor(seed: number, index = 0) {
    this.#state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca77)) >>> 0;
    this.next();
  }

  /** Gives 32 bits. */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  }

  /** Gives a whole number below `limit`; 0 where there is none. */
  below(limit: number): number {
    return Math.floor((this.next() / 0x100000000) * limit);
  }

  /** Is true once in `times`. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  /** Chooses one of them. */
  pick<Value>(from: readonly Value[]): Value {
    return from[this.below(from.length)] as Value;
  }

  /** Gives a number near one at which something changes, or a small one. */
  number(): number {
    if (this.oneIn(2)) return this.below(40);
    return this.oneIn(4) ? this.below(2 ** 32) * this.below(2 ** 21) : this.pick(NUMBERS);
  }

  /** Gives so many bytes. */
  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let index = 0; index < count; index++) bytes[index] = this.next() & 255;
    return bytes;
  }
}

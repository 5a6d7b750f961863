import type { VirtualRuntime } from '@trunkline/protocol/testing';

/** Bytes that mean something to the wire, to UTF-8 or to JSON. */
const TELLING = [0x00, 0x01, 0x02, 0x04, 0x7f, 0x80, 0x81, 0x87, 0xc0, 0xed, 0xf4, 0xff];
const JSON_TELLING = Array.from(Buffer.from('{}[]",:\\u0'));

/** The longest that a mutated input grows. */
const MAX_BYTES = 2_000;

type Change = (bytes: number[], mutator: Mutator) => void;

const CHANGES: readonly Change[] = [
  (bytes, { pick }) => void (bytes[pick(bytes.length)] = pick(256)),
  (bytes, { pick, telling }) => void (bytes[pick(bytes.length)] = telling()),
  (bytes, { pick }) => {
    const at = pick(bytes.length);
    bytes[at] = (bytes[at] as number) ^ (1 << pick(8));
  },
  (bytes, { pick, telling }) => void bytes.splice(pick(bytes.length + 1), 0, telling()),
  (bytes, { pick }) => void bytes.splice(pick(bytes.length), 1 + pick(4)),
  (bytes, { pick }) => void bytes.splice(pick(bytes.length)),
  (bytes, { pick }) => {
    const from = pick(bytes.length);
    const part = bytes.slice(from, from + 1 + pick(16));
    bytes.splice(pick(bytes.length + 1), 0, ...part);
  },
  (bytes, { pick, varint }) => void bytes.splice(pick(bytes.length + 1), pick(3), ...varint()),
  (bytes, { pick, other }) => {
    const part = other();
    bytes.splice(pick(bytes.length + 1), pick(bytes.length), ...part.slice(pick(part.length)));
  },
  (bytes, { pick }) => {
    const at = pick(bytes.length);
    bytes[at] = ((bytes[at] as number) + (pick(2) === 0 ? 1 : 255)) & 255;
  },
];

/** Makes broken inputs out of good ones, by chance that a seed repeats. */
export class Mutator {
  readonly #runtime: VirtualRuntime;
  readonly #corpus: readonly Uint8Array[];

  constructor(runtime: VirtualRuntime, corpus: readonly Uint8Array[]) {
    this.#runtime = runtime;
    this.#corpus = corpus;
  }

  /** Chooses a whole number below `limit`; 0 where there is none. */
  readonly pick = (limit: number): number => Math.floor(this.#runtime.random() * limit);

  readonly telling = (): number => {
    const from = this.pick(2) === 0 ? TELLING : JSON_TELLING;
    return from[this.pick(from.length)] as number;
  };

  readonly other = (): Uint8Array => this.#corpus[this.pick(this.#corpus.length)] as Uint8Array;

  /** A varint of any size, right or wrong. */
  readonly varint = (): number[] => {
    const size = 1 + this.pick(10);
    return Array.from(
      { length: size },
      (_, index) => this.pick(128) | (index < size - 1 ? 128 : 0),
    );
  };

  /** Gives a good input with some changes, or bytes of pure chance. */
  next(): Uint8Array {
    if (this.pick(10) === 0) return this.#runtime.randomBytes(this.pick(64));
    const bytes = [...this.other()];
    for (let count = 1 + this.pick(4); count > 0 && bytes.length > 0; count--) {
      (CHANGES[this.pick(CHANGES.length)] as Change)(bytes, this);
    }
    return Uint8Array.from(bytes.slice(0, MAX_BYTES));
  }
}

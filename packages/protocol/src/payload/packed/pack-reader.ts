import type { DecodeLimits } from '../../limits.js';
import { bigintOf } from './bigint-of.js';
import { F64_MARK } from './pack-writer.js';
import type { CheckArray } from './part-check.js';
import { pieceOf, readRun } from './read-run.js';

const F64 = new DataView(new ArrayBuffer(8));
const F64_BYTES = new Uint8Array(F64.buffer);
const DATE_MAX = 8.64e15;

const NO_CHECKS: CheckArray = [];

/**
 * Reads packed values from untrusted bytes. It never throws: the first fault stays in `fault`, and
 * everything read after it is empty. No number inside makes it take more than the bytes allow.
 */
export class PackReader {
  fault: string | undefined;
  /** Above 0, values are read by structure only and not checked. */
  quiet: number;
  /** Whether a check refused a part. */
  isRefused = false;
  /** The checks that generated code asks for by number. */
  checks = NO_CHECKS;
  depth = 0;
  readonly limits: DecodeLimits;
  readonly #source: Uint8Array;
  readonly #end: number;
  readonly #text: string;
  readonly #isAscii: boolean;
  #textPosition = 0;
  #position = 0;
  #values = 0;
  #entries = 0;
  #numbers = 0;
  #binaries = 0;

  constructor(source: Uint8Array, limits: DecodeLimits, quiet: number) {
    this.#source = source;
    this.#end = source.length;
    this.limits = limits;
    this.quiet = quiet;
    const size = this.varint();
    this.#text = this.#readText(size);
    this.#isAscii = this.#text.length === size;
  }

  fail(fault: string): void {
    this.fault ??= fault;
    this.#position = this.#end;
    // Nothing is entered any more, so reading ends soon.
    this.#values = Number.POSITIVE_INFINITY;
  }

  /** Notes a fault if something is left over. */
  finish(): void {
    if (this.#position !== this.#end || this.#textPosition !== this.#text.length) {
      this.fail('trailing bytes');
    }
  }

  enter(): boolean {
    if (++this.depth <= this.limits.depth) return true;
    this.fail(`nested deeper than ${this.limits.depth} levels`);
    return false;
  }

  u8(): number {
    if (this.#position >= this.#end) {
      this.fail('truncated');
      return 0;
    }
    return this.#source[this.#position++] as number;
  }

  choice(limit: number): number {
    const value = this.u8();
    if (value < limit) return value;
    this.fail('choice out of range');
    return 0;
  }

  varint(): number {
    if (this.#position >= this.#end) return this.u8();
    const first = this.#source[this.#position++] as number;
    return first < 128 ? first : this.#more(first & 127, 128);
  }

  int(): number {
    const first = this.u8();
    if (first === F64_MARK) {
      this.fail('not a whole number');
      return 0;
    }
    return this.#int(first);
  }

  number(): number {
    const first = this.u8();
    if (first !== F64_MARK) return this.#int(first);
    const source = this.#source;
    const at = this.#position;
    if (at + 8 > this.#end) {
      this.fail('truncated');
      return 0;
    }
    // A view of the source would cost more than eight copies do.
    F64_BYTES[0] = source[at] as number;
    F64_BYTES[1] = source[at + 1] as number;
    F64_BYTES[2] = source[at + 2] as number;
    F64_BYTES[3] = source[at + 3] as number;
    F64_BYTES[4] = source[at + 4] as number;
    F64_BYTES[5] = source[at + 5] as number;
    F64_BYTES[6] = source[at + 6] as number;
    F64_BYTES[7] = source[at + 7] as number;
    this.#position = at + 8;
    return F64.getFloat64(0, true);
  }

  date(): Date {
    const time = this.int();
    if (Math.abs(time) > DATE_MAX) this.fail('date out of range');
    return new Date(time);
  }

  /** Reads a count of parts, each of which takes a byte at least. */
  count(): number {
    const count = this.varint();
    if (count > this.#end - this.#position) {
      this.fail('truncated');
      return 0;
    }
    return this.take(count) ? count : 0;
  }

  boolean(): boolean {
    return this.choice(2) === 1;
  }

  /** Goes a level deeper, to as many parts; `false` for a fault, also one before it. */
  open(values: number): boolean {
    return this.take(values) && this.enter();
  }

  /** Counts parts that are about to be read. */
  take(values: number): boolean {
    this.#values += values;
    if (this.#values <= this.limits.values) return true;
    this.fail(`more than ${this.limits.values} values`);
    return false;
  }

  entries(): number {
    const count = this.count();
    this.#entries += count;
    if (this.#entries <= this.limits.entries) return count;
    this.fail(`more than ${this.limits.entries} entries`);
    return 0;
  }

  /** Counts a key of a map or a member of a set if it is a number. */
  entryKey(key: unknown): void {
    if (typeof key !== 'number' && typeof key !== 'bigint') return;
    if (++this.#numbers > this.limits.numericEntries) this.fail('too many numbers as keys');
  }

  keys(): number {
    const count = this.count();
    if (count <= this.limits.keys) return count;
    this.fail(`an object of more than ${this.limits.keys} keys`);
    return 0;
  }

  text(): string {
    const length = this.varint();
    const from = this.#textPosition;
    const to = from + length;
    if (to > this.#text.length) {
      this.fail('truncated text');
      return '';
    }
    // The run is well-formed, so only a cut inside a pair could make half of one.
    if (!this.#isAscii && (this.#text.charCodeAt(to) & 0xfc00) === 0xdc00) this.fail('cut text');
    this.#textPosition = to;
    return pieceOf(this.#text, from, to);
  }

  bytes(): Uint8Array {
    const size = this.varint();
    if (++this.#binaries > this.limits.binaries) this.fail('too many binaries');
    // Not `slice`, which gives a view where the source is a Buffer of Node.
    return new Uint8Array(this.#view(size));
  }

  bigint(): bigint {
    const head = this.varint();
    const { bigintDigits } = this.limits;
    const size = Math.floor(head / 2);
    // A digit of ten is less than half a byte.
    const value = size > bigintDigits ? undefined : bigintOf(this.#view(size));
    if (value === undefined || value.toString().length > bigintDigits) {
      this.fail(`no bigint of up to ${bigintDigits} digits in its shortest form`);
      return 0n;
    }
    if (head === 1) this.fail('bad bigint');
    return head % 2 === 1 ? -value : value;
  }

  #int(first: number): number {
    const low = first & 0x3f;
    const size = first < 128 ? low : this.#more(low, 64);
    return (first & 0x40) === 0 ? size : 0 - size;
  }

  #more(low: number, firstScale: number): number {
    let value = low;
    let scale = firstScale;
    for (let index = 0; index < 8; index++) {
      const byte = this.u8();
      value += (byte & 127) * scale;
      if (byte < 128) {
        // A last byte of 0 means that a shorter form says the same.
        if (byte === 0 || value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      scale *= 128;
    }
    this.fail('bad number');
    return 0;
  }

  #view(size: number): Uint8Array {
    if (size > this.#end - this.#position) {
      this.fail('truncated');
      return new Uint8Array(0);
    }
    const from = this.#position;
    this.#position += size;
    // `subarray` of a Buffer of Node is slow.
    const { buffer, byteOffset } = this.#source;
    return new Uint8Array(buffer, byteOffset + from, size);
  }

  #readText(size: number): string {
    if (size > this.#end - this.#position) {
      this.fail('truncated');
      return '';
    }
    const text = readRun(this.#source, this.#position, size);
    this.#position += size;
    if (text === undefined) this.fail('malformed text');
    return text ?? '';
  }
}

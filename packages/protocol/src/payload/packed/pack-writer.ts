import { utf8Encoder, utf8Size } from '../../bytes/text.js';
import { varintSize } from '../../bytes/writer.js';
import type { DecodeLimits } from '../../limits.js';

const FIRST_ROOM = 4096;
const LONE_SURROGATE = /\p{Surrogate}/u;
const F64 = new DataView(new ArrayBuffer(8));
const F64_BYTES = new Uint8Array(F64.buffer);

/** The first byte of a number that is not written as a whole number: minus nothing. */
export const F64_MARK = 0x40;

/**
 * Writes packed values. All texts of a value are one run, written once: the body has their
 * lengths only. A method that gives `false` has noted why the value cannot be sent.
 */
export class PackWriter {
  fault: string | undefined;
  /** Where the fault is, innermost key first. */
  readonly path: (string | number)[] = [];
  depth = 0;
  #limits: DecodeLimits;
  #values = 0;
  #entries = 0;
  #numbers = 0;
  #binaries = 0;
  #text = '';
  #checksTexts = false;
  #buffer = new Uint8Array(FIRST_ROOM);
  #position = 0;

  constructor(limits: DecodeLimits) {
    this.#limits = limits;
  }

  /** Starts a value. `checksTexts` looks at each text by itself, to find the place of a bad one. */
  start(limits: DecodeLimits, checksTexts: boolean): void {
    this.fault = undefined;
    this.path.length = 0;
    this.depth = 0;
    this.#limits = limits;
    this.#values = this.#entries = this.#numbers = this.#binaries = this.#position = 0;
    this.#text = '';
    this.#checksTexts = checksTexts;
    if (this.#buffer.length > FIRST_ROOM * 16) this.#buffer = new Uint8Array(FIRST_ROOM);
  }

  fail(what: string): false {
    this.fault ??= what;
    return false;
  }

  /** Counts parts that are about to be written. */
  count(values: number): boolean {
    this.#values += values;
    const { values: most } = this.#limits;
    return this.#values <= most || this.fail(`more than ${most} values`);
  }

  enter(): boolean {
    const { depth } = this.#limits;
    if (++this.depth <= depth) return true;
    return this.fail(`anything nested deeper than ${depth} levels, a cycle included,`);
  }

  /** Counts the entries of a map or set, and the numbers among their keys. */
  countEntries(keys: Iterable<unknown>, count: number): boolean {
    this.#entries += count;
    const { entries, numericEntries } = this.#limits;
    if (this.#entries > entries) return this.fail(`more than ${entries} entries`);
    for (const key of keys) {
      if (typeof key === 'number' || typeof key === 'bigint') this.#numbers++;
    }
    return (
      this.#numbers <= numericEntries || this.fail(`more than ${numericEntries} numbers as keys`)
    );
  }

  countKeys(count: number): boolean {
    const { keys } = this.#limits;
    return count <= keys || this.fail(`an object of more than ${keys} keys`);
  }

  u8(value: number): true {
    if (this.#position === this.#buffer.length) this.#grow(1);
    this.#buffer[this.#position++] = value;
    return true;
  }

  varint(value: number): true {
    let rest = value;
    while (rest >= 128) {
      this.u8((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    return this.u8(rest);
  }

  /** Writes a safe integer: six bits and the sign in the first byte, seven in each further one. */
  int(value: number): true {
    const sign = value < 0 ? 0x40 : 0;
    let rest = value < 0 ? -value : value;
    if (rest < 64) return this.u8(sign | rest);
    this.u8(0x80 | sign | (rest % 64));
    rest = Math.floor(rest / 64);
    return this.varint(rest);
  }

  number(value: number): true {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) return this.int(value);
    this.u8(F64_MARK);
    F64.setFloat64(0, value, true);
    for (let index = 0; index < 8; index++) this.u8(F64_BYTES[index] as number);
    return true;
  }

  text(value: string): boolean {
    const { length } = value;
    if (length > 0) {
      // Halves of two texts would make a pair in the run, which is checked as one.
      const isCut =
        (value.charCodeAt(0) & 0xfc00) === 0xdc00 ||
        (value.charCodeAt(length - 1) & 0xfc00) === 0xd800;
      if (isCut || (this.#checksTexts && LONE_SURROGATE.test(value))) {
        return this.fail('a lone surrogate');
      }
      this.#text += value;
    }
    return this.varint(length);
  }

  key(name: string): boolean {
    const { keyBytes } = this.#limits;
    if (name.length * 3 > keyBytes && utf8Size(name) > keyBytes) {
      return this.fail(`a key longer than ${keyBytes} bytes`);
    }
    return this.text(name);
  }

  bytes(value: Uint8Array): boolean {
    const { binaries } = this.#limits;
    if (++this.#binaries > binaries) return this.fail(`more than ${binaries} binaries`);
    this.varint(value.length);
    if (this.#position + value.length > this.#buffer.length) this.#grow(value.length);
    this.#buffer.set(value, this.#position);
    this.#position += value.length;
    return true;
  }

  /** Writes the count of hexadecimal digits, doubled and with the sign, and then their bytes. */
  bigint(value: bigint): boolean {
    const { bigintDigits } = this.#limits;
    const size = value < 0n ? -value : value;
    if (size.toString().length > bigintDigits) {
      return this.fail(`a bigint of more than ${bigintDigits} digits`);
    }
    const hex = size === 0n ? '' : size.toString(16);
    const even = hex.length % 2 === 0 ? hex : `0${hex}`;
    this.varint(even.length + (value < 0n ? 1 : 0));
    for (let index = 0; index < even.length; index += 2) {
      this.u8(Number.parseInt(even.slice(index, index + 2), 16));
    }
    return true;
  }

  /** Gives the finished value in bytes of its own; `undefined` for a lone surrogate somewhere. */
  finish(): Uint8Array | undefined {
    const text = this.#text;
    this.#text = '';
    if (LONE_SURROGATE.test(text)) return undefined;
    const size = utf8Size(text);
    const head = varintSize(size);
    const out = new Uint8Array(head + size + this.#position);
    let rest = size;
    for (let index = 0; index < head; index++) {
      out[index] = index < head - 1 ? (rest % 128) | 128 : rest;
      rest = Math.floor(rest / 128);
    }
    if (size > 0) utf8Encoder.encodeInto(text, out.subarray(head));
    out.set(this.#buffer.subarray(0, this.#position), head + size);
    return out;
  }

  #grow(count: number): void {
    const grown = new Uint8Array((this.#position + count) * 2);
    grown.set(this.#buffer.subarray(0, this.#position));
    this.#buffer = grown;
  }
}

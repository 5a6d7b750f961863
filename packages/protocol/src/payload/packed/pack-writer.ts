import { utf8Size } from '../../bytes/text.js';
import type { DecodeLimits } from '../../limits.js';
import { isWellFormed, joinRun } from './join-run.js';
import { isPlainObject, nameOf } from './layout.js';
import type { CheckArray } from './part-check.js';

const FIRST_ROOM = 4096;
/** Most bytes that one part takes besides texts and binaries. */
const PART_ROOM = 16;
const NO_CHECKS: CheckArray = [];

/** The first byte of a number that is not written as a whole number: minus nothing. */
export const F64_MARK = 0x40;

/**
 * Writes packed values. All texts of a value are one run, written once: the body has their
 * lengths only. A method that gives `false` has noted why the value cannot be sent.
 */
export class PackWriter {
  fault: string | undefined;
  /** What would be no fault, where one word says it. */
  expected: string | undefined;
  /** Where the fault is, innermost key first. */
  readonly path: (string | number)[] = [];
  depth = 0;
  /** Above 0, values are written by structure only and not checked. */
  quiet = 1;
  /** The checks that generated code asks for by number. */
  checks = NO_CHECKS;
  #limits: DecodeLimits;
  #values = 0;
  #entries = 0;
  #numbers = 0;
  #binaries = 0;
  #text = '';
  #checksTexts = false;
  #buffer = new Uint8Array(FIRST_ROOM);
  #view = new DataView(this.#buffer.buffer);
  /** Where what is left is less than the room of a part. */
  #full = FIRST_ROOM - PART_ROOM;
  #position = 0;

  constructor(limits: DecodeLimits) {
    this.#limits = limits;
  }

  /** Starts a value. `checksTexts` looks at each text by itself, to find the place of a bad one. */
  start(limits: DecodeLimits, checksTexts: boolean): void {
    this.fault = this.expected = undefined;
    if (this.path.length > 0) this.path.length = 0;
    this.depth = 0;
    this.quiet = 1;
    this.#limits = limits;
    this.#values = this.#entries = this.#numbers = this.#binaries = this.#position = 0;
    this.#text = '';
    this.#checksTexts = checksTexts;
    if (this.#full > FIRST_ROOM * 16) this.#use(new Uint8Array(FIRST_ROOM));
  }

  fail(what: string, expected?: string): false {
    if (this.fault === undefined) this.expected = expected;
    this.fault ??= what;
    return false;
  }

  /** Notes a value of a kind that is not the expected one. */
  refuse(value: unknown, expected: string): false {
    return this.fail(nameOf(value), expected);
  }

  /** Goes a level deeper, to an object of so many properties. */
  open(value: unknown, count: number): value is Readonly<Record<string, unknown>> {
    if (!isPlainObject(value)) return this.refuse(value, 'an object');
    return this.count(count) && this.enter();
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
    if (this.#position >= this.#full) this.#grow(1);
    this.#buffer[this.#position++] = value;
    return true;
  }

  varint(value: number): true {
    if (this.#position >= this.#full) this.#grow(1);
    if (value < 128) this.#buffer[this.#position++] = value;
    else this.#more(value);
    return true;
  }

  boolean(value: unknown): boolean {
    return typeof value === 'boolean'
      ? this.u8(value ? 1 : 0)
      : this.refuse(value, 'true or false');
  }

  int(value: unknown): boolean {
    if (Number.isSafeInteger(value)) return this.whole(value as number);
    return this.fail(
      typeof value === 'number' ? `the number ${value}` : nameOf(value),
      'a whole number',
    );
  }

  number(value: unknown): boolean {
    if (typeof value !== 'number') return this.refuse(value, 'a number');
    if (Number.isSafeInteger(value) && (value !== 0 || 1 / value > 0)) return this.whole(value);
    if (this.#position >= this.#full) this.#grow(1);
    this.#buffer[this.#position] = F64_MARK;
    this.#view.setFloat64(this.#position + 1, value, true);
    this.#position += 9;
    return true;
  }

  /** Writes a safe integer: six bits and the sign in the first byte, seven in each further one. */
  whole(value: number): true {
    if (this.#position >= this.#full) this.#grow(1);
    const sign = value < 0 ? 0x40 : 0;
    const size = value < 0 ? -value : value;
    if (size < 64) {
      this.#buffer[this.#position++] = sign | size;
      return true;
    }
    this.#buffer[this.#position++] = 0x80 | sign | (size & 63);
    this.#more(Math.floor(size / 64));
    return true;
  }

  text(value: unknown): boolean {
    if (typeof value !== 'string') return this.refuse(value, 'a string');
    const { length } = value;
    if (length > 0) {
      // With the half of a pair at the start of the next text it would make a pair in the run.
      const isCut = (value.charCodeAt(length - 1) & 0xfc00) === 0xd800;
      if (isCut || (this.#checksTexts && !isWellFormed(value))) {
        return this.fail('a lone surrogate');
      }
      this.#text += value;
    }
    // Written here too, since it is most of what texts need.
    if (length >= 128 || this.#position >= this.#full) return this.varint(length);
    this.#buffer[this.#position++] = length;
    return true;
  }

  key(name: string): boolean {
    const { keyBytes } = this.#limits;
    if (name.length * 3 > keyBytes && utf8Size(name) > keyBytes) {
      return this.fail(`a key longer than ${keyBytes} bytes`);
    }
    return this.text(name);
  }

  url(href: string): boolean {
    const { urlBytes } = this.#limits;
    if (utf8Size(href) <= urlBytes) return this.text(href);
    return this.fail(`a URL longer than ${urlBytes} bytes`);
  }

  bytes(value: Uint8Array): boolean {
    const { binaries } = this.#limits;
    if (++this.#binaries > binaries) return this.fail(`more than ${binaries} binaries`);
    this.varint(value.length);
    if (this.#position + value.length > this.#full) this.#grow(value.length);
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
    return joinRun(text, this.#buffer, this.#position);
  }

  // The remainder of a large number is slow, its lowest bits are not.
  #more(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.#buffer[this.#position++] = (rest & 127) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#buffer[this.#position++] = rest;
  }

  #grow(count: number): void {
    const grown = new Uint8Array((this.#position + count + PART_ROOM) * 2);
    grown.set(this.#buffer.subarray(0, this.#position));
    this.#use(grown);
  }

  #use(buffer: Uint8Array<ArrayBuffer>): void {
    this.#buffer = buffer;
    this.#view = new DataView(buffer.buffer);
    this.#full = buffer.length - PART_ROOM;
  }
}

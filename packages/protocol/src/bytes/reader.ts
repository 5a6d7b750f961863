import { readUtf8 } from './text.js';
import type { ViolationName } from '../violation.js';

/**
 * Reads the wire's primitive values from untrusted bytes. It never throws: the first fault stays in
 * `fault`, and everything read after it is empty. Read all fields, then look at `fault` once.
 */
export class Reader {
  fault: ViolationName | undefined;
  readonly source: Uint8Array;
  #position: number;
  #end: number;

  constructor(source: Uint8Array, from = 0, end = source.length) {
    this.source = source;
    this.#position = from;
    this.#end = end;
  }

  get end(): number {
    return this.#end;
  }

  get position(): number {
    return this.#position;
  }

  get remaining(): number {
    return this.#end - this.#position;
  }

  /** Notes a fault, unless there is one, and ends the reading. */
  fail(fault: ViolationName): void {
    this.fault ??= fault;
    this.#position = this.#end;
  }

  u8(): number {
    if (this.#position >= this.#end) {
      this.fail('TRUNCATED');
      return 0;
    }
    return this.source[this.#position++] as number;
  }

  u16(): number {
    const low = this.u8();
    return low | (this.u8() << 8);
  }

  u32(): number {
    const low = this.u16();
    return low + this.u16() * 0x10000;
  }

  /** Reads 64 bits as 16 hexadecimal digits, most significant first. */
  u64(): string {
    const low = this.u32();
    const high = this.u32();
    return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
  }

  varint(): number {
    const first = this.source[this.#position] as number;
    if (first < 128 && this.#position < this.#end) {
      this.#position++;
      return first;
    }
    return this.#longVarint();
  }

  #longVarint(): number {
    let value = 0;
    let scale = 1;
    for (let index = 0; index < 8; index++) {
      const byte = this.u8();
      value += (byte & 127) * scale;
      if (byte < 128) {
        // A last byte of 0 means that a shorter form says the same.
        if ((byte === 0 && index > 0) || value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      scale *= 128;
    }
    this.fail('BAD_VARINT');
    return 0;
  }

  /** Gives a view of the next bytes: copy what outlives the message. */
  bytes(count: number): Uint8Array {
    if (count > this.remaining) {
      this.fail('TRUNCATED');
      return new Uint8Array(0);
    }
    const bytes = this.source.subarray(this.#position, this.#position + count);
    this.#position += count;
    return bytes;
  }

  /** Gives a view of all that is left. */
  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }

  /** Gives a reader of the next bytes, and goes on behind them. */
  sub(count: number): Reader {
    const isThere = count <= this.remaining;
    if (!isThere) this.fail('TRUNCATED');
    const from = this.#position;
    if (isThere) this.#position += count;
    const sub = new Reader(this.source, from, this.#position);
    sub.fault = this.fault;
    return sub;
  }

  /** Ends the reading behind the next bytes; gives what `leave` needs to go on behind them. */
  enter(count: number): number {
    const outer = this.#end;
    if (count > this.remaining) this.fail('TRUNCATED');
    else this.#end = this.#position + count;
    return outer;
  }

  /** Goes on behind the bytes that were entered, unless there was a fault in them. */
  leave(outer: number): void {
    this.#position = this.fault === undefined ? this.#end : outer;
    this.#end = outer;
  }

  /** Gives a copy of the next bytes. */
  copy(count: number): Uint8Array {
    // Not `slice`, which gives a view where the source is a Buffer of Node.
    return new Uint8Array(this.bytes(count));
  }

  /** Reads a count of bytes and then the text that they are. */
  text(maxBytes: number): string {
    return this.#text(this.varint(), maxBytes);
  }

  /** Reads all that is left as text. */
  restText(maxBytes: number): string {
    return this.#text(this.remaining, maxBytes);
  }

  #text(size: number, maxBytes: number): string {
    if (size > maxBytes) {
      this.fail(size > this.remaining ? 'TRUNCATED' : 'BAD_FIELD');
      return '';
    }
    if (size > this.remaining) {
      this.fail('TRUNCATED');
      return '';
    }
    const from = this.#position;
    this.#position += size;
    try {
      return readUtf8(this.source, from, size);
    } catch {
      this.fail('BAD_TEXT');
      return '';
    }
  }

  /** Reads a byte that must be below `limit`. */
  choice(limit: number): number {
    const value = this.u8();
    if (value >= limit) this.fail('BAD_FIELD');
    return value;
  }
}

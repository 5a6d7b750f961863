import { utf8Encoder } from './text.js';
const MIN_ROOM = 1024;

/** A buffer that has grown beyond this is not written on: the little that follows would keep it. */
const MAX_KEPT = 65_536;

/** Bytes that a varint needs for a value. */
export function varintSize(value: number): number {
  if (value < 128) return 1;
  let size = 1;
  while (value >= 128) {
    value = Math.floor(value / 128);
    size++;
  }
  return size;
}

/** Writes the wire's primitive values into a buffer that grows. */
export class Writer {
  #buffer = new Uint8Array(MIN_ROOM);
  #start = 0;
  #position = 0;

  /** Bytes written since the last `take`. */
  get size(): number {
    return this.#position - this.#start;
  }

  /** Makes room for so many bytes at once, so that what is written is not moved as it grows. */
  expect(count: number): void {
    this.#reserve(count);
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#position++] = value;
  }

  u16(value: number): void {
    this.#reserve(2);
    this.#buffer[this.#position++] = value;
    this.#buffer[this.#position++] = value >>> 8;
  }

  u32(value: number): void {
    this.u16(value & 0xffff);
    this.u16(value >>> 16);
  }

  /** Writes 64 bits given as 16 hexadecimal digits, most significant first. */
  u64(hex: string): void {
    this.u32(Number.parseInt(hex.slice(8, 16), 16));
    this.u32(Number.parseInt(hex.slice(0, 8), 16));
  }

  /** Throws a RangeError for anything but a whole number from 0 to 2^53 − 1. */
  varint(value: number): void {
    // Most of them: `>>> 0` keeps only what is whole and small.
    if (value < 128 && value >>> 0 === value) return this.u8(value);
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`no varint: ${value}`);
    this.#reserve(8);
    while (value >= 128) {
      this.#buffer[this.#position++] = (value & 127) | 128;
      value = Math.floor(value / 128);
    }
    this.#buffer[this.#position++] = value;
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#position);
    this.#position += bytes.length;
  }

  /** Writes the count of bytes and then the bytes. */
  sized(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.bytes(bytes);
  }

  text(text: string): void {
    this.#reserve(text.length * 3 + 8);
    const guess = varintSize(text.length);
    const { written } = utf8Encoder.encodeInto(text, this.#buffer.subarray(this.#position + guess));
    this.#frame(this.#position + guess, written, guess);
  }

  /** Leaves room for the size of a block; `guess` at it saves moving the block in `endBlock`. */
  beginBlock(guess: number): number {
    const room = varintSize(guess);
    this.#reserve(room);
    this.#position += room;
    return this.size;
  }

  /** Puts the size before what was written since `beginBlock`, which gave `from` for `guess`. */
  endBlock(from: number, guess: number): void {
    this.#reserve(8);
    const size = this.size - from;
    const room = varintSize(guess);
    const start = this.#start + from;
    this.#position = start - room;
    this.#frame(start, size, room);
  }

  /** Gives what was written, and starts anew behind it. The bytes are not written again. */
  take(): Uint8Array {
    const taken = this.#buffer.subarray(this.#start, this.#position);
    this.#start = this.#position;
    if (this.#buffer.length > MAX_KEPT) {
      this.#buffer = new Uint8Array(MIN_ROOM);
      this.#start = 0;
      this.#position = 0;
    }
    return taken;
  }

  /** Puts the size before `size` bytes at `from`, for which `room` bytes were left free. */
  #frame(from: number, size: number, room: number): void {
    const needed = varintSize(size);
    if (needed !== room) this.#buffer.copyWithin(from - room + needed, from, from + size);
    this.varint(size);
    this.#position += size;
  }

  #reserve(count: number): void {
    if (this.#position + count <= this.#buffer.length) return;
    const used = this.size;
    const grown = new Uint8Array(Math.max(MIN_ROOM * 16, (used + count) * 2));
    grown.set(this.#buffer.subarray(this.#start, this.#position));
    this.#buffer = grown;
    this.#start = 0;
    this.#position = used;
  }
}

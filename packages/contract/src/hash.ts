// The FNV-1a constants for 64 bits. The prime is 2^40 + 0x1b3, so a product modulo 2^64 is one
// small multiplication of both halves and one shift, exact in doubles and without BigInt.
const OFFSET_HIGH = 0xcbf29ce4;
const OFFSET_LOW = 0x84222325;
const PRIME_LOW = 0x1b3;
const PRIME_SHIFT = 40 - 32;
const TWO_32 = 0x1_0000_0000;
const REPLACEMENT = 0xfffd;

/**
 * Hashes a text to 16 hexadecimal digits: FNV-1a of 64 bits over its UTF-8 bytes.
 * Tells texts apart by accident only; it is no defence against somebody who wants a collision.
 */
export function hashText(text: string): string {
  const hash = new Fnv();
  for (let index = 0; index < text.length; index++) {
    const point = text.codePointAt(index) ?? REPLACEMENT;
    if (point < 0x80) {
      hash.add(point);
      continue;
    }
    for (const byte of utf8Bytes(wellFormed(point))) hash.add(byte);
    if (point >= 0x10000) index++;
  }
  return hash.text;
}

class Fnv {
  #high = OFFSET_HIGH;
  #low = OFFSET_LOW;

  get text(): string {
    return hex32(this.#high) + hex32(this.#low);
  }

  add(byte: number): void {
    const low = (this.#low ^ byte) >>> 0;
    const product = low * PRIME_LOW;
    const shifted = (low << PRIME_SHIFT) >>> 0;
    const carry = Math.floor(product / TWO_32);
    this.#high = (Math.imul(this.#high, PRIME_LOW) + shifted + carry) >>> 0;
    this.#low = product >>> 0;
  }
}

/** Written out because not every place that runs this has a `TextEncoder` in its types. */
function utf8Bytes(point: number): readonly number[] {
  if (point < 0x800) return [0xc0 | (point >> 6), tail(point)];
  if (point < 0x10000) return [0xe0 | (point >> 12), tail(point >> 6), tail(point)];
  return [0xf0 | (point >> 18), tail(point >> 12), tail(point >> 6), tail(point)];
}

function tail(bits: number): number {
  return 0x80 | (bits & 0x3f);
}

function wellFormed(point: number): number {
  return point >= 0xd800 && point <= 0xdfff ? REPLACEMENT : point;
}

function hex32(value: number): string {
  return value.toString(16).padStart(8, '0');
}

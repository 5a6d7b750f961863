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
  let high = OFFSET_HIGH;
  let low = OFFSET_LOW;
  for (const byte of utf8Bytes(text)) {
    low = (low ^ byte) >>> 0;
    const product = low * PRIME_LOW;
    const shifted = (low << PRIME_SHIFT) >>> 0;
    const carry = Math.floor(product / TWO_32);
    high = (Math.imul(high, PRIME_LOW) + shifted + carry) >>> 0;
    low = product >>> 0;
  }
  return hex32(high) + hex32(low);
}

/** Written out because not every place that runs this has a `TextEncoder` in its types. */
function* utf8Bytes(text: string): Generator<number> {
  for (const character of text) {
    const point = wellFormed(character.codePointAt(0) ?? REPLACEMENT);
    if (point < 0x80) {
      yield point;
    } else if (point < 0x800) {
      yield 0xc0 | (point >> 6);
      yield tail(point);
    } else if (point < 0x10000) {
      yield 0xe0 | (point >> 12);
      yield tail(point >> 6);
      yield tail(point);
    } else {
      yield 0xf0 | (point >> 18);
      yield tail(point >> 12);
      yield tail(point >> 6);
      yield tail(point);
    }
  }
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

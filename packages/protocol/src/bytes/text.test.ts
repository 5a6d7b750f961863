import { describe, expect, it } from 'vitest';
import { readUtf8, utf8Encoder, utf8Size } from './text.js';

const inside = (bytes: Uint8Array) => Uint8Array.of(0x61, ...bytes, 0x62);

describe('readUtf8', () => {
  it.each(['', 'a', 'é', '中', '😀', '\ufeffa', 'a\ufffdb', 'aé中😀z'])(
    'reads %j out of the midst of bytes',
    (text) => {
      const bytes = utf8Encoder.encode(text);
      expect(readUtf8(inside(bytes), 1, bytes.length)).toBe(text);
    },
  );

  it.each([
    ['a byte alone', [0x80]],
    ['a cut character', [0xe4, 0xb8]],
    ['the half of a pair', [0xed, 0xa0, 0x80]],
    ['more bytes than a character needs', [0xc1, 0x81]],
  ])('refuses %s', (_name, bytes) => {
    expect(() => readUtf8(inside(Uint8Array.from(bytes)), 1, bytes.length)).toThrow(TypeError);
  });
});

describe('utf8Size', () => {
  it.each(['', 'a', '\u007f', '\u0080', '\u07ff', '\u0800', '\uffff', '😀', 'aé中😀z'])(
    'counts the bytes of %j',
    (text) => {
      expect(utf8Size(text)).toBe(utf8Encoder.encode(text).length);
    },
  );
});

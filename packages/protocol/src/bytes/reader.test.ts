import { describe, expect, it } from 'vitest';
import { Reader } from './reader.js';

function readerOf(...bytes: number[]): Reader {
  return new Reader(Uint8Array.from(bytes));
}

describe('Reader', () => {
  it('reads fixed widths little endian', () => {
    const reader = readerOf(0xfe, 0x01, 0x02, 0x78, 0x56, 0x34, 0xf2, 8, 7, 6, 5, 4, 3, 2, 0xf1);
    expect(reader.u8()).toBe(0xfe);
    expect(reader.u16()).toBe(0x0201);
    expect(reader.u32()).toBe(0xf2345678);
    expect(reader.u64()).toBe('f102030405060708');
    expect(reader.remaining).toBe(0);
    expect(reader.fault).toBeUndefined();
  });

  it.each([
    [[0], 0],
    [[0x7f], 127],
    [[0x80, 0x01], 128],
    [[0xff, 0xff, 0x03], 65_535],
    [[0xff, 0xff, 0xff, 0xff, 0x0f], 0xffffffff],
    [[0x80, 0x80, 0x80, 0x80, 0x10], 0x100000000],
    [[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f], Number.MAX_SAFE_INTEGER],
  ])('reads the varint %j as %i', (bytes, value) => {
    const reader = readerOf(...bytes);
    expect(reader.varint()).toBe(value);
    expect(reader.fault).toBeUndefined();
    expect(reader.remaining).toBe(0);
  });

  it.each([
    ['a longer form of 0', [0x80, 0x00], 'BAD_VARINT'],
    ['a longer form of 1', [0x81, 0x80, 0x00], 'BAD_VARINT'],
    ['2^53', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10], 'BAD_VARINT'],
    ['the largest eight bytes', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], 'BAD_VARINT'],
    ['nine bytes', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01], 'BAD_VARINT'],
    ['no bytes', [], 'TRUNCATED'],
    ['a varint that goes on behind the end', [0xff, 0xff], 'TRUNCATED'],
  ])('refuses %s as a varint', (_what, bytes, fault) => {
    const reader = readerOf(...bytes);
    expect(reader.varint()).toBe(0);
    expect(reader.fault).toBe(fault);
    expect(reader.remaining).toBe(0);
  });

  it('reads text of one to four bytes a character', () => {
    const bytes = new TextEncoder().encode('aé中😀');
    const reader = readerOf(bytes.length, ...bytes);
    expect(reader.text(100)).toBe('aé中😀');
    expect(reader.remaining).toBe(0);
  });

  it('keeps a byte order mark as text', () => {
    expect(readerOf(4, 0xef, 0xbb, 0xbf, 0x61).text(100)).toBe('\ufeffa');
  });

  it.each([
    ['a continuation byte alone', [1, 0x80]],
    ['an overlong form', [2, 0xc0, 0xaf]],
    ['a character cut off', [2, 0xe4, 0xb8]],
    ['an encoded surrogate', [3, 0xed, 0xa0, 0x80]],
    ['a code point above 10ffff', [4, 0xf4, 0x90, 0x80, 0x80]],
  ])('refuses %s as text', (_what, bytes) => {
    const reader = readerOf(...bytes);
    expect(reader.text(100)).toBe('');
    expect(reader.fault).toBe('BAD_TEXT');
  });

  it('takes text up to its limit and refuses a byte more', () => {
    expect(readerOf(3, 97, 97, 97).text(3)).toBe('aaa');
    const reader = readerOf(4, 97, 97, 97, 97);
    expect(reader.text(3)).toBe('');
    expect(reader.fault).toBe('BAD_FIELD');
  });

  it('calls text truncated that is too long and not there', () => {
    const reader = readerOf(0xff, 0x7f, 97);
    reader.text(3);
    expect(reader.fault).toBe('TRUNCATED');
  });

  it('reads all that is left as text', () => {
    const reader = readerOf(1, 97, 98);
    reader.u8();
    expect(reader.restText(2)).toBe('ab');
    expect(readerOf(97, 98).restText(2)).toBe('ab');
    const long = readerOf(97, 98, 99);
    long.restText(2);
    expect(long.fault).toBe('BAD_FIELD');
  });

  it('refuses a length that is not there, whatever it says', () => {
    const reader = readerOf(1, 2, 3);
    expect(reader.bytes(Number.MAX_SAFE_INTEGER)).toHaveLength(0);
    expect(reader.fault).toBe('TRUNCATED');
  });

  it('gives bytes as views and copies as copies, also of a Buffer', () => {
    const source = Buffer.from([1, 2, 3, 4]);
    const reader = new Reader(source);
    const view = reader.bytes(2);
    const copy = reader.copy(2);
    source.fill(9);
    expect([...view]).toEqual([9, 9]);
    expect(copy).toEqual(Uint8Array.of(3, 4));
    expect(Object.getPrototypeOf(copy)).toBe(Uint8Array.prototype);
  });

  it('reads a part with a reader of its own and goes on behind it', () => {
    const reader = readerOf(1, 2, 3, 4);
    const sub = reader.sub(2);
    expect([sub.u8(), sub.u8(), sub.remaining]).toEqual([1, 2, 0]);
    expect(reader.u8()).toBe(3);
    sub.u8();
    expect(sub.fault).toBe('TRUNCATED');
    expect(reader.fault).toBeUndefined();
  });

  it('gives an empty reader with the fault for a part that is not there', () => {
    const reader = readerOf(1, 2, 3);
    const sub = reader.sub(4);
    expect(sub.fault).toBe('TRUNCATED');
    expect(sub.remaining).toBe(0);
    expect(reader.fault).toBe('TRUNCATED');
  });

  it('keeps the first fault, and reads nothing after it', () => {
    const reader = readerOf(1, 2, 3, 4, 5, 6, 7, 8);
    reader.fail('BAD_EXT');
    expect(reader.u8()).toBe(0);
    expect(reader.u16()).toBe(0);
    expect(reader.u32()).toBe(0);
    expect(reader.u64()).toBe('0000000000000000');
    expect(reader.varint()).toBe(0);
    expect(reader.text(9)).toBe('');
    expect(reader.rest()).toHaveLength(0);
    expect(reader.fault).toBe('BAD_EXT');
  });

  it('takes choices below the limit only', () => {
    expect(readerOf(2).choice(3)).toBe(2);
    const reader = readerOf(3);
    reader.choice(3);
    expect(reader.fault).toBe('BAD_FIELD');
  });
});

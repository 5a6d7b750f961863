import { describe, expect, it } from 'vitest';
import { Reader } from './reader.js';
import { varintSize, Writer } from './writer.js';

function hexOf(write: (writer: Writer) => void): string {
  const writer = new Writer();
  write(writer);
  return Buffer.from(writer.take()).toString('hex');
}

describe('varintSize', () => {
  it.each([
    [0, 1],
    [127, 1],
    [128, 2],
    [16_383, 2],
    [16_384, 3],
    [2 ** 49 - 1, 7],
    [2 ** 49, 8],
    [Number.MAX_SAFE_INTEGER, 8],
  ])('says how many bytes %i takes', (value, size) => {
    expect(varintSize(value)).toBe(size);
    expect(hexOf((writer) => writer.varint(value))).toHaveLength(size * 2);
  });
});

describe('Writer', () => {
  it('writes fixed widths little endian', () => {
    const hex = hexOf((writer) => {
      writer.u8(0xfe);
      writer.u16(0x0201);
      writer.u32(0xf2345678);
      writer.u64('f102030405060708');
    });
    expect(hex).toBe('fe0102785634f2080706050403' + '02f1');
  });

  it.each([
    [0, '00'],
    [127, '7f'],
    [128, '8001'],
    [0x100000000, '8080808010'],
    [Number.MAX_SAFE_INTEGER, 'ffffffffffffff0f'],
  ])('writes %i as the shortest varint', (value, hex) => {
    expect(hexOf((writer) => writer.varint(value))).toBe(hex);
  });

  it.each([0, 1, 42, 43, 126, 127, 128, 129, 400, 16_383, 16_384, 70_000])(
    'writes text of %i characters with its size, whatever a character takes',
    (count) => {
      for (const character of ['a', 'é', '中', '😀']) {
        const writer = new Writer();
        const text = character.repeat(count);
        writer.u8(7);
        writer.text(text);
        writer.u8(9);
        const reader = new Reader(writer.take());
        expect(reader.u8()).toBe(7);
        expect(reader.text(1_000_000) === text).toBe(true);
        expect(reader.u8()).toBe(9);
        expect(reader.remaining).toBe(0);
      }
    },
  );

  it('writes lone surrogates as replacement characters, never as malformed text', () => {
    expect(hexOf((writer) => writer.text('\ud800'))).toBe('03efbfbd');
  });

  it.each([
    ['right', 200, 200],
    ['too low', 3, 200],
    ['too high', 20_000, 5],
    ['far too low', 0, 70_000],
    ['far too high', 3_000_000, 0],
  ])('puts the size before a block when the guess at it was %s', (_what, guess, size) => {
    const writer = new Writer();
    writer.text('before');
    const from = writer.beginBlock(guess);
    const content = Uint8Array.from({ length: size }, (_, index) => index);
    writer.bytes(content);
    writer.endBlock(from, guess);
    writer.text('behind');
    const reader = new Reader(writer.take());
    expect(reader.text(10)).toBe('before');
    expect(Buffer.compare(reader.bytes(reader.varint()), content)).toBe(0);
    expect(reader.text(10)).toBe('behind');
    expect(reader.remaining).toBe(0);
    expect(reader.fault).toBeUndefined();
  });

  it('nests blocks', () => {
    const hex = hexOf((writer) => {
      const outer = writer.beginBlock(1);
      const inner = writer.beginBlock(1000);
      writer.u8(5);
      writer.endBlock(inner, 1000);
      writer.endBlock(outer, 1);
    });
    expect(hex).toBe('020105');
  });

  it('keeps blocks whole at every place in its buffer', () => {
    for (let before = 900; before < 1_100; before++) {
      const writer = new Writer();
      writer.bytes(new Uint8Array(before));
      const from = writer.beginBlock(1);
      writer.bytes(new Uint8Array(130).fill(1));
      writer.endBlock(from, 1);
      const reader = new Reader(writer.take());
      reader.bytes(before);
      expect(reader.varint()).toBe(130);
      expect([...new Set(reader.rest())]).toEqual([1]);
    }
  });

  it('does not write again what it gave away', () => {
    const writer = new Writer();
    writer.text('first');
    const first = writer.take();
    const before = Buffer.from(first).toString('hex');
    expect(writer.size).toBe(0);
    for (let count = 0; count < 5_000; count++) writer.text('second');
    const second = writer.take();
    expect(Buffer.from(first).toString('hex')).toBe(before);
    expect(new Reader(second).text(10)).toBe('second');
    expect(second).toHaveLength(5_000 * 7);
  });

  it('counts what it holds', () => {
    const writer = new Writer();
    writer.sized(Uint8Array.of(1, 2, 3));
    expect(writer.size).toBe(4);
    writer.take();
    writer.u8(1);
    expect(writer.size).toBe(1);
  });
});

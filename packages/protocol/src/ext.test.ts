import { describe, expect, it } from 'vitest';
import { Reader } from './bytes/reader.js';
import { Writer } from './bytes/writer.js';
import { decodeExt, encodeExt, extSize, hasExt, type ExtFields } from './ext.js';

const EPOCH = '0123456789abcdef';

function read(hex: string) {
  const reader = new Reader(Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex')));
  const fields = decodeExt(reader);
  return { fields, fault: reader.fault, remaining: reader.remaining };
}

function write(fields: ExtFields): Uint8Array {
  const writer = new Writer();
  encodeExt(writer, fields);
  return writer.take();
}

/** An ext with one tag. */
function tagged(tag: number, value: Uint8Array): Uint8Array {
  const writer = new Writer();
  const from = writer.beginBlock(1);
  writer.u8(tag);
  writer.sized(value);
  writer.endBlock(from, 1);
  return writer.take();
}

const FIELDS: ExtFields = {
  traceParent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  traceState: 'vendor=1,other=2',
  idempotencyKey: Uint8Array.of(1, 2, 3),
  publishId: { publisher: 'node-7', counter: Number.MAX_SAFE_INTEGER },
  asOf: { epoch: EPOCH, offset: 300 },
  published: { epoch: EPOCH, offset: 9, stored: 'disk', duplicate: true },
  retryAfterMs: 1_500,
};

describe('encodeExt', () => {
  it.each(Object.keys(FIELDS) as (keyof ExtFields)[])('carries %s alone', (name) => {
    const fields = { [name]: FIELDS[name] };
    const reader = new Reader(write(fields));
    expect(decodeExt(reader)).toEqual(fields);
    expect([reader.fault, reader.remaining]).toEqual([undefined, 0]);
  });

  it('carries all of them together', () => {
    expect(decodeExt(new Reader(write(FIELDS)))).toEqual(FIELDS);
  });

  it.each(['node', 'broker', 'disk'] as const)('carries stored %s, new and repeated', (stored) => {
    for (const duplicate of [true, false]) {
      const published = { epoch: EPOCH, offset: 1, stored, duplicate };
      expect(decodeExt(new Reader(write({ published })))).toEqual({ published });
    }
  });
});

describe('extSize', () => {
  it('is 0 where there is no ext', () => {
    expect(hasExt({})).toBe(false);
    expect(extSize({})).toBe(0);
  });

  it.each(Object.keys(FIELDS) as (keyof ExtFields)[])('counts %s', (name) => {
    const fields = { [name]: FIELDS[name] };
    expect(hasExt(fields)).toBe(true);
    expect(extSize(fields)).toBeGreaterThanOrEqual(write(fields).length);
  });

  it('is no guess from below when everything is as large as it may be', () => {
    const largest = {
      ...FIELDS,
      traceParent: 'é'.repeat(32),
      traceState: '中'.repeat(170),
      idempotencyKey: new Uint8Array(64),
      publishId: { publisher: '😀'.repeat(16), counter: Number.MAX_SAFE_INTEGER },
      asOf: { epoch: EPOCH, offset: Number.MAX_SAFE_INTEGER },
      published: { ...FIELDS.published!, offset: Number.MAX_SAFE_INTEGER },
      retryAfterMs: Number.MAX_SAFE_INTEGER,
    };
    const bytes = write(largest);
    expect(decodeExt(new Reader(bytes))).toEqual(largest);
    expect(extSize(largest)).toBeGreaterThanOrEqual(bytes.length);
  });
});

describe('decodeExt', () => {
  it('reads an ext without tags', () => {
    expect(read('00')).toEqual({ fields: {}, fault: undefined, remaining: 0 });
  });

  it('stops where its size says', () => {
    expect(read('00 87 01 05')).toMatchObject({ fields: {}, fault: undefined, remaining: 3 });
  });

  it('skips an optional tag that it does not know', () => {
    expect(read('08 f0 03 010203 87 01 05').fields).toEqual({ retryAfterMs: 5 });
    expect(read('02 f0 00')).toMatchObject({ fields: {}, fault: undefined });
  });

  it.each([
    ['a mandatory tag that is not known', '02 70 00', 'BAD_EXT'],
    ['a tag twice', '06 87 01 05 87 01 05', 'BAD_EXT'],
    ['an unknown optional tag twice', '04 f0 00 f0 00', 'BAD_EXT'],
    ['a value with bytes left over', '04 87 02 05 06', 'TRAILING'],
    ['a value that is too short', '03 04 01 05', 'TRUNCATED'],
    ['a value without its length', '01 87', 'TRUNCATED'],
    ['a value longer than the ext', '03 87 05 01', 'TRUNCATED'],
    ['an ext longer than the message', '20 87 01 05', 'TRUNCATED'],
    ['an ext whose size is a lie of 2^53', 'ffffffffffffff1f 87', 'BAD_VARINT'],
    ['a length in a longer form', '04 87 8100 05', 'BAD_VARINT'],
    ['an empty idempotency key', '02 03 00', 'BAD_EXT'],
    ['a stored that is not known', `0c 06 0a ${EPOCH} 01 03`, 'BAD_EXT'],
    ['a stored with an unknown bit', `0c 06 0a ${EPOCH} 01 40`, 'BAD_EXT'],
    ['a trace parent of malformed text', '03 81 01 ff', 'BAD_TEXT'],
    ['a publisher of malformed text', '05 04 03 01 ff 05', 'BAD_TEXT'],
  ])('refuses %s', (_what, hex, fault) => {
    expect(read(hex).fault).toBe(fault);
  });

  it.each([
    ['a trace parent', 0x81, 64, 'BAD_FIELD'],
    ['a trace state', 0x82, 512, 'BAD_FIELD'],
    ['an idempotency key', 0x03, 64, 'BAD_EXT'],
  ])('takes %s up to its limit and refuses a byte more', (_what, ...[tag, limit, fault]) => {
    const fits = new Reader(tagged(tag, new Uint8Array(limit).fill(97)));
    decodeExt(fits);
    expect(fits.fault).toBeUndefined();
    const over = new Reader(tagged(tag, new Uint8Array(limit + 1).fill(97)));
    decodeExt(over);
    expect(over.fault).toBe(fault);
  });

  it('copies the key, so that the bytes may be reused', () => {
    const bytes = Buffer.from(tagged(0x03, Uint8Array.of(1, 2)));
    const { idempotencyKey } = decodeExt(new Reader(bytes));
    bytes.fill(0);
    expect(idempotencyKey).toEqual(Uint8Array.of(1, 2));
  });
});

import { describe, expect, it } from 'vitest';
import { CLIENT_DECODE_LIMITS, compilePacked, SERVER_DECODE_LIMITS } from '@trunkline/protocol';
import { hashText } from '../../packages/contract/src/hash.js';
import { layoutHash } from '../../packages/contract/src/layout-hash.js';
import { readLayoutVectors, readPackedVectors } from './packed-json.js';
import { notationOf, valueOf } from './value-notation.js';
import { bytesOfHex } from './vector-json.js';

const { values: VALUES, faults: FAULTS, refused: REFUSED } = readPackedVectors();
const LAYOUTS = readLayoutVectors();
const SIDES = [SERVER_DECODE_LIMITS, CLIENT_DECODE_LIMITS];

describe('packed.json', () => {
  it.each(VALUES)('$name is read as it stands there', ({ layout, hex, value }) => {
    for (const limits of SIDES) {
      const decoded = compilePacked(layout).decode(bytesOfHex(hex), limits);
      expect(Object.keys(decoded)).toEqual(['value']);
      expect(notationOf('value' in decoded ? decoded.value : decoded)).toEqual(value);
    }
  });

  it.each(VALUES)('$name is written as it stands there, or only read', (vector) => {
    const encoded = compilePacked(vector.layout).encode(valueOf(vector.value), SIDES[0]!);
    const hex = 'bytes' in encoded ? Buffer.from(encoded.bytes).toString('hex') : encoded.fault;
    expect(hex === vector.hex).toBe(vector.written);
  });

  it.each(VALUES)('$name is a fault when it is cut anywhere', ({ layout, hex }) => {
    const { decode } = compilePacked(layout);
    const bytes = bytesOfHex(hex);
    const step = Math.ceil(bytes.length / 500);
    for (let size = 0; size < bytes.length; size += step) {
      const decoded = decode(bytes.subarray(0, size), SERVER_DECODE_LIMITS);
      expect([size, Object.keys(decoded)]).toEqual([size, ['fault']]);
    }
  });

  it.each(VALUES)('$name is a fault with a byte behind it', ({ layout, hex }) => {
    const decoded = compilePacked(layout).decode(bytesOfHex(`${hex}00`), SERVER_DECODE_LIMITS);
    expect(Object.keys(decoded)).toEqual(['fault']);
  });

  it.each(FAULTS)('$name is a fault', ({ layout, hex, rule }) => {
    for (const limits of rule === 'limits' ? [SERVER_DECODE_LIMITS] : SIDES) {
      const decoded = compilePacked(layout).decode(bytesOfHex(hex), limits);
      expect(Object.keys(decoded)).toEqual(['fault']);
    }
  });

  it.each(REFUSED)('$name is not written', ({ layout, value }) => {
    const encoded = compilePacked(layout).encode(valueOf(value), SERVER_DECODE_LIMITS);
    expect(encoded).toHaveProperty('fault');
    expect(encoded).not.toHaveProperty('bytes');
  });

  it('names each vector once', () => {
    const names = [...VALUES, ...FAULTS, ...REFUSED].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('layouts.json', () => {
  it.each(LAYOUTS)('$name has the hash that stands there', ({ parts, canonical, hash }) => {
    expect(hashText(canonical)).toBe(hash);
    expect(layoutHash(parts as never)).toBe(hash);
    expect(JSON.parse(canonical)).toEqual(parts);
  });

  it('gives other layouts other hashes, and names each once', () => {
    expect(new Set(LAYOUTS.map(({ hash }) => hash)).size).toBe(LAYOUTS.length);
    expect(new Set(LAYOUTS.map(({ name }) => name)).size).toBe(LAYOUTS.length);
  });
});

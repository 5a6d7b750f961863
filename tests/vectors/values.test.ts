import { describe, expect, it } from 'vitest';
import { CLIENT_DECODE_LIMITS, SERVER_DECODE_LIMITS } from '@trunkline/protocol';
import { decodePayload, encodePayload } from '@trunkline/protocol/superjson';
import { notationOf, valueOf } from './value-notation.js';
import { bytesOfHex, readValueVectors } from './vector-json.js';

const { values: VALUES, refused: REFUSED } = readValueVectors();
const SIDES = [SERVER_DECODE_LIMITS, CLIENT_DECODE_LIMITS];

describe('values.json', () => {
  it.each(VALUES)('$name is read as it stands there', ({ encoding, hex, value }) => {
    for (const limits of SIDES) {
      const decoded = decodePayload({ encoding, bytes: bytesOfHex(hex) }, limits);
      expect(Object.keys(decoded)).toEqual(['value']);
      expect(notationOf('value' in decoded ? decoded.value : decoded)).toEqual(value);
    }
  });

  it.each(VALUES.filter(({ written }) => written))(
    '$name is written as it stands there',
    ({ encoding, hex, value }) => {
      const payload = encodePayload(valueOf(value), SERVER_DECODE_LIMITS);
      expect(payload.encoding).toBe(encoding);
      expect(Buffer.from(payload.bytes).toString('hex')).toBe(hex);
    },
  );

  it.each(REFUSED)('$name is refused', ({ encoding, hex }) => {
    for (const limits of SIDES) {
      const decoded = decodePayload({ encoding, bytes: bytesOfHex(hex) }, limits);
      expect(Object.keys(decoded)).toEqual(['fault']);
    }
  });

  it('names each vector once', () => {
    const names = [...VALUES, ...REFUSED].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('has what is only read in a form that we do not write', () => {
    for (const { name, hex, value, written } of VALUES) {
      if (written || JSON.stringify(value).includes('$error')) continue;
      const { bytes } = encodePayload(valueOf(value), SERVER_DECODE_LIMITS);
      expect([name, Buffer.from(bytes).toString('hex')]).not.toEqual([name, hex]);
    }
  });
});

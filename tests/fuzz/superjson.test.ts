import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { SuperJSON } from 'superjson';
import { describe, expect, it } from 'vitest';
import { Reader, SERVER_DECODE_LIMITS, Writer } from '@trunkline/protocol';
import { decodeSuperjson, encodeSuperjson } from '../../packages/protocol/src/payload/superjson.js';
import { arbitraryValue } from './arbitrary-value.js';
import { findLive } from './inert.js';
import { chooseSeed } from './seed.js';

const seed = chooseSeed('superjson');
const LIMITS = SERVER_DECODE_LIMITS;
const ANY = { hasBinaries: true, isShared: true };
const STOCK = { hasBinaries: false, isShared: true };

/** The JSON text of a payload. */
function textOf(payload: Uint8Array): string {
  const reader = new Reader(payload);
  return new TextDecoder().decode(reader.bytes(reader.varint()));
}

/** A payload of JSON text without binaries. */
function payloadOf(text: string): Uint8Array {
  const writer = new Writer();
  writer.text(text);
  writer.varint(0);
  return writer.take();
}

/** What the library writes, without its word on what is shared. */
function stringifyStock(value: unknown): string {
  const document = SuperJSON.serialize(value);
  delete document.meta?.referentialEqualities;
  if (document.meta?.values === undefined) delete document.meta;
  return JSON.stringify(document);
}

describe('superjson', () => {
  it('reads whatever it writes, as the same value and as inert data', () => {
    let carried = 0;
    let refused = 0;
    fc.assert(
      fc.property(arbitraryValue(ANY), (value) => {
        const encoded = encodeSuperjson(value, LIMITS);
        if ('fault' in encoded && encoded.fault.startsWith('cannot carry more than 16 binaries')) {
          refused++;
          return;
        }
        carried++;
        const decoded = 'fault' in encoded ? encoded : decodeSuperjson(encoded.bytes, LIMITS);
        if ('fault' in decoded) throw new Error(decoded.fault);
        expect(isDeepStrictEqual(decoded.value, value)).toBe(true);
        expect(findLive(decoded.value)).toBeUndefined();
      }),
      { seed, numRuns: 3_000 },
    );
    expect(carried).toBeGreaterThan(refused * 10);
  });

  it('writes the same bytes for what it has read', () => {
    fc.assert(
      fc.property(arbitraryValue(ANY), (value) => {
        const encoded = encodeSuperjson(value, LIMITS);
        if ('fault' in encoded) return;
        const decoded = decodeSuperjson(encoded.bytes, LIMITS) as { value: unknown };
        expect(encodeSuperjson(decoded.value, LIMITS)).toEqual(encoded);
      }),
      { seed, numRuns: 1_000 },
    );
  });

  it('writes what the library reads', () => {
    fc.assert(
      fc.property(arbitraryValue(STOCK), (value) => {
        const encoded = encodeSuperjson(value, LIMITS) as { bytes: Uint8Array };
        const read = SuperJSON.parse(textOf(encoded.bytes));
        expect(isDeepStrictEqual(read, value)).toBe(true);
      }),
      { seed, numRuns: 1_500 },
    );
  });

  it('reads what the library writes, but for its equalities', () => {
    fc.assert(
      fc.property(arbitraryValue(STOCK), (value) => {
        const decoded = decodeSuperjson(payloadOf(stringifyStock(value)), LIMITS);
        expect(decoded).toHaveProperty('value');
        expect(isDeepStrictEqual((decoded as { value: unknown }).value, value)).toBe(true);
      }),
      { seed, numRuns: 1_500 },
    );
  });

  it('writes what the library writes, byte for byte, but for its equalities', () => {
    fc.assert(
      fc.property(arbitraryValue(STOCK), (value) => {
        const encoded = encodeSuperjson(value, LIMITS) as { bytes: Uint8Array };
        expect(textOf(encoded.bytes)).toBe(stringifyStock(value));
      }),
      { seed, numRuns: 1_000 },
    );
  });
});

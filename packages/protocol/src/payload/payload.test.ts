import { describe, expect, it } from 'vitest';
import { SERVER_DECODE_LIMITS as LIMITS } from '../limits.js';
import { ENCODING } from '../message.js';
import { TrunklineError } from '../trunkline-error.js';
import { decodePayload, encodePayload } from './payload.js';

describe('encodePayload', () => {
  it.each([
    ['nothing', undefined, ENCODING.NONE],
    ['bytes', Uint8Array.of(1, 2), ENCODING.BYTES],
    ['no bytes', new Uint8Array(0), ENCODING.BYTES],
    ['null', null, ENCODING.SUPERJSON],
    ['a value', { a: [1n] }, ENCODING.SUPERJSON],
  ])('chooses the encoding of %s, and decodePayload gives it back', (_what, value, encoding) => {
    const payload = encodePayload(value, LIMITS);
    expect(payload.encoding).toBe(encoding);
    expect(decodePayload(payload, LIMITS)).toStrictEqual({ value });
  });

  it('does not copy bytes', () => {
    const bytes = Uint8Array.of(1);
    expect(encodePayload(bytes, LIMITS).bytes).toBe(bytes);
  });

  it('quotes keys and names so that they stay on their line, and short', () => {
    const Long = { ['n'.repeat(1_000)]: class {} }['n'.repeat(1_000)] as new () => object;
    const textOf = (value: unknown): string => {
      try {
        encodePayload(value, LIMITS);
        return 'carried';
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(textOf({ '\u001b[31m\n': () => 1 })).toBe(
      String.raw`cannot carry a function at "\u001b[31m\n"`,
    );
    expect(textOf({ ['k'.repeat(200)]: { ['k'.repeat(200)]: () => 1 } }).length).toBeLessThan(300);
    expect(textOf({ a: new Long() })).toBe(`cannot carry an instance of ${'n'.repeat(64)} at "a"`);
  });

  it('throws what cannot be carried as INVALID_INPUT that did not run', () => {
    const encode = (): unknown => encodePayload({ a: { b: () => 1 } }, LIMITS);
    expect(encode).toThrow(TrunklineError);
    expect(encode).toThrow(
      expect.objectContaining({
        code: 'INVALID_INPUT',
        executed: 'no',
        message: 'cannot carry a function at "a.b"',
        data: {
          issues: [
            {
              path: ['a', 'b'],
              message: 'cannot carry a function at "a.b"',
              code: 'not_carried',
            },
          ],
        },
      }),
    );
  });
});

describe('decodePayload', () => {
  it('copies bytes, also those of a Buffer', () => {
    const bytes = Buffer.from([1, 2]);
    const decoded = decodePayload({ encoding: ENCODING.BYTES, bytes }, LIMITS);
    bytes.fill(0);
    expect(decoded).toStrictEqual({ value: Uint8Array.of(1, 2) });
  });

  it('refuses packed payloads', () => {
    const payload = { encoding: ENCODING.PACKED, bytes: new Uint8Array(1) };
    expect(decodePayload(payload, LIMITS)).toEqual({
      fault: 'it is packed, and its layout is not known here',
    });
  });
});

import { describe, expect, it } from 'vitest';
import {
  CLIENT_DECODE_LIMITS,
  DECODE_LIMITS,
  resolveLimits,
  SERVER_DECODE_LIMITS,
  type DecodeLimits,
} from '../limits.js';
import { TrunklineError } from '../trunkline-error.js';
import { decodeSuperjson, encodeSuperjson } from './superjson.js';

const LIMITS = SERVER_DECODE_LIMITS;

function bytesOf(value: unknown, limits = LIMITS): Uint8Array {
  const encoded = encodeSuperjson(value, limits);
  if ('fault' in encoded) throw new Error(encoded.fault);
  return encoded.bytes;
}

function faultOf(value: unknown, limits = LIMITS): string | undefined {
  const encoded = encodeSuperjson(value, limits);
  return 'fault' in encoded ? encoded.fault : undefined;
}

function pass(value: unknown): unknown {
  const decoded = decodeSuperjson(bytesOf(value), LIMITS);
  if ('fault' in decoded) throw new Error(decoded.fault);
  return decoded.value;
}

/** JSON text of what is written. */
function textOf(value: unknown): string {
  const bytes = bytesOf(value);
  const start = bytes.indexOf(0x7b);
  return new TextDecoder().decode(bytes.subarray(start, bytes.lastIndexOf(0x7d) + 1));
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

function many<Value>(count: number, make: (index: number) => Value): Value[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

function record(count: number, make: (index: number) => unknown): object {
  return Object.fromEntries(many(count, (index) => [`k${index}`, make(index)]));
}

describe('encodeSuperjson', () => {
  it('writes plain JSON without meta', () => {
    expect(textOf({ a: [1, 'x', null, true] })).toBe('{"json":{"a":[1,"x",null,true]}}');
  });

  it('writes what superjson writes for what JSON cannot say', () => {
    expect(textOf({ at: new Date(0), 'a.b': 1n })).toBe(
      '{"json":{"at":"1970-01-01T00:00:00.000Z","a.b":"1"},' +
        '"meta":{"values":{"at":["Date"],"a\\\\.b":["bigint"]},"v":1}}',
    );
  });

  it('writes no equalities for what is shared', () => {
    const shared = { at: new Date(0) };
    const text = textOf([shared, shared]);
    expect(text).not.toContain('referentialEqualities');
    expect(textOf({ a: [shared], b: [shared] })).toContain('"b.0.at"');
  });

  it.each<[string, unknown]>([
    ['the kinds that JSON has', { a: 1.5, b: 'é😀\u0000"\\', c: null, d: [true, false], e: {} }],
    ['undefined', { a: undefined, b: [undefined] }],
    ['undefined alone', undefined],
    ['numbers that JSON does not have', [Number.NaN, Infinity, -Infinity, -0, 0]],
    ['bigints', [0n, -5n, 10n ** 1_023n, -(10n ** 1_023n)]],
    ['dates', [new Date(0), new Date(8.64e15), new Date(-8.64e15)]],
    ['URLs', { home: new URL('https://example.com/a?b=c#d') }],
    ['binaries', [Uint8Array.of(), Uint8Array.of(1, 2, 3), { deep: [Uint8Array.of(9)] }]],
    ['sets', new Set<unknown>([1, 'a', new Set([new Date(5)]), undefined, Uint8Array.of(7)])],
    [
      'maps',
      new Map<unknown, unknown>([
        [{ key: 1n }, new Map([['a', 1]])],
        [new Date(1), 2],
        [Uint8Array.of(1), undefined],
      ]),
    ],
    [
      'keys with dots and backslashes',
      { 'a.b': { 'c\\d': 1n, '': new Date(1) }, '.': { '\\': -0 }, '\\.': { '.\\': 2n } },
    ],
    ['keys that look like indexes', { 0: 1n, '01': 2n, '-1': 3n }],
    ['keys of methods', { toString: 1n, hasOwnProperty: undefined, length: new Date(0) }],
    ['keys of other letters', { '\n"é中😀': 1n }],
  ])('carries %s', (_what, value) => {
    expect(pass(value)).toEqual(value);
    expect(pass([value])).toStrictEqual([value]);
  });

  it('carries -0 and present undefined as they are', () => {
    const value = pass({ zero: -0, missing: undefined }) as { zero: number };
    expect(Object.is(value.zero, -0)).toBe(true);
    expect(Object.hasOwn(value, 'missing')).toBe(true);
  });

  it('makes copies of what is shared, so that the result is a tree', () => {
    const shared = { bytes: Uint8Array.of(1), set: new Set([1n]) };
    const value = pass({ a: shared, b: [shared, shared] }) as {
      a: typeof shared;
      b: (typeof shared)[];
    };
    expect(value).toEqual({ a: shared, b: [shared, shared] });
    expect(value.a).not.toBe(value.b[0]);
    expect(value.b[0]?.bytes).not.toBe(value.b[1]?.bytes);
    expect(value.b[0]?.set).not.toBe(value.b[1]?.set);
  });

  it('makes plain objects of those without a prototype, and full arrays of those with holes', () => {
    const bare = Object.assign(Object.create(null) as object, { at: new Date(3) });
    expect(pass(bare)).toStrictEqual({ at: new Date(3) });
    const holes = Object.assign([1], { 2: 3 });
    expect(pass(holes)).toStrictEqual([1, undefined, 3]);
  });

  it('leaves out what stands beside the elements of an array', () => {
    const match = Object.assign([new Date(1)], { groups: undefined, at: new Date(2) });
    expect(pass(match)).toStrictEqual([new Date(1)]);
  });

  it('carries Buffers and other views as their own bytes', () => {
    const whole = Uint8Array.of(1, 2, 3, 4);
    const value = pass([Buffer.from([1, 2]), whole.subarray(1, 3)]);
    expect(value).toStrictEqual([Uint8Array.of(1, 2), Uint8Array.of(2, 3)]);
  });

  it.each<[string, unknown, string]>([
    ['a function', { a: [() => 1] }, 'cannot carry a function at "a.0"'],
    ['a symbol', { a: Symbol('s') }, 'cannot carry a symbol at "a"'],
    ['a symbol as a key', { a: { [Symbol('s')]: 1 } }, 'cannot carry a symbol as a key at "a"'],
    ['a regular expression', [/a/], 'cannot carry an instance of RegExp at "0"'],
    ['a class', { a: new (class Room {})() }, 'cannot carry an instance of Room at "a"'],
    ['an error', new Error('x'), 'cannot carry an instance of Error at the value itself'],
    ['a promise', { a: Promise.resolve() }, 'cannot carry an instance of Promise at "a"'],
    [
      'a typed array',
      new Float64Array(1),
      'cannot carry an instance of Float64Array at the value itself',
    ],
    ['a buffer', [new ArrayBuffer(1)], 'cannot carry an instance of ArrayBuffer at "0"'],
    [
      'an object of a foreign prototype',
      [Object.create(Object.create(null) as object)],
      'cannot carry an instance of an unknown class at "0"',
    ],
    ['an invalid date', { at: new Date(Number.NaN) }, 'cannot carry an invalid date at "at"'],
    ['a lone surrogate', { a: { b: '\ud800' } }, 'cannot carry a lone surrogate at "a.b"'],
    [
      'a lone surrogate in a key',
      { a: { '\ud800': 1 } },
      'cannot carry a lone surrogate in a key at "a"',
    ],
    [
      'the key __proto__',
      JSON.parse('{"a":{"__proto__":1}}'),
      'cannot carry the key "__proto__" at "a"',
    ],
    [
      'the key constructor',
      { constructor: 1 },
      'cannot carry the key "constructor" at the value itself',
    ],
    ['the key prototype', [{ prototype: 1 }], 'cannot carry the key "prototype" at "0"'],
    ['a function in a map', new Map([['a', () => 1]]), 'cannot carry a function at "0.1"'],
    ['a function in a set', new Set([() => 1]), 'cannot carry a function at "0"'],
    [
      'a long bigint',
      { n: 10n ** 1_024n },
      'cannot carry a bigint of more than 1024 digits at "n"',
    ],
    [
      'a long URL',
      [new URL(`http://x/${'a'.repeat(2_040)}`)],
      'cannot carry a URL longer than 2048 bytes at "0"',
    ],
    [
      'a long key',
      { a: { ['é'.repeat(129)]: 1 } },
      'cannot carry a key longer than 256 bytes at "a"',
    ],
    [
      'a set of 10,001',
      [new Set(many(10_001, String))],
      'cannot carry more than 10000 entries at "0"',
    ],
  ])('refuses %s and names its place', (_what, value, fault) => {
    expect(faultOf(value)).toBe(fault);
  });

  it('refuses a cycle as too deep', () => {
    const cycle: unknown[] = [];
    cycle.push({ cycle });
    expect(faultOf(cycle)).toMatch(/^cannot carry anything nested deeper than 64 levels, a cycle/);
    const loop = new Map<string, unknown>();
    loop.set('self', loop);
    expect(faultOf(loop)).toMatch(/nested deeper than 64 levels/);
  });

  it('refuses a huge array with holes without walking it', () => {
    const huge: unknown[] = [];
    huge.length = 4_000_000_000;
    expect(faultOf(huge)).toMatch(/^cannot carry more than/);
  });
});

describe('encodeSuperjson and decodeSuperjson at the limits', () => {
  const free = resolveLimits(DECODE_LIMITS, {
    depth: 500,
    values: 2_000_000,
    keys: 5_000,
    keyBytes: 5_000,
    entries: 50_000,
    numericEntries: 50_000,
    annotations: 5_000,
    pathSteps: 500,
    binaries: 500,
    bigintDigits: 5_000,
    urlBytes: 5_000,
  });

  it.each<[string, number, (count: number) => unknown]>([
    ['depth', 64, nested],
    [
      'depth of a date',
      64,
      (count) =>
        JSON.parse(JSON.stringify(nested(count)), (_key, part: unknown) =>
          part === 1 ? new Date(1) : part,
        ) as unknown,
    ],
    ['values in one array', 49_999, (count) => many(count, () => 0)],
    ['values in many arrays', 24_999, (count) => many(count, () => [0])],
    ['empty arrays', 24_999, (count) => many(count, () => [])],
    ['empty objects', 24_999, (count) => many(count, () => ({}))],
    ['keys', 1_000, (count) => record(count, Number)],
    ['bytes of a key of one byte a character', 256, (count) => ({ ['a'.repeat(count)]: 1 })],
    ['bytes of a key of two bytes a character', 128, (count) => ({ ['é'.repeat(count)]: 1 })],
    ['bytes of a key of three bytes a character', 85, (count) => ({ ['中'.repeat(count)]: 1 })],
    ['bytes of a key of four bytes a character', 64, (count) => ({ ['😀'.repeat(count)]: 1 })],
    ['bytes of a key of escapes', 256, (count) => ({ ['\u0001'.repeat(count)]: 1 })],
    ['bytes of a key of quotes', 256, (count) => ({ ['"'.repeat(count)]: 1 })],
    ['bytes of a key with an annotation', 256, (count) => ({ ['.'.repeat(count)]: 1n })],
    ['entries of a set', 10_000, (count) => new Set(many(count, String))],
    ['numbers in a set', 2_500, (count) => new Set(many(count, Number))],
    [
      'bigints as keys in several maps',
      999,
      (count) => [new Map([[1, 1]]), new Map(many(count - 1, (index) => [BigInt(index), 0]))],
    ],
    ['entries of a map', 10_000, (count) => new Map(many(count, (index) => [`${index}`, index]))],
    [
      'entries of several maps',
      10_000,
      (count) => [new Set(['a']), new Map(many(count - 1, (index) => [`${index}`, index]))],
    ],
    ['annotations in one object', 1_000, (count) => record(count, () => undefined)],
    [
      'annotations in several',
      1_000,
      (count) => [many(500, () => 1n), many(count - 500, () => new Date(0))],
    ],
    [
      'annotations in maps',
      999,
      (count) => [new Map(many(500, (index) => [index, 1n])), many(count - 500, () => -0)],
    ],
    ['binaries', 16, (count) => many(count, (index) => Uint8Array.of(index))],
    ['digits of a bigint', 1_024, (count) => 10n ** BigInt(count - 1)],
    ['digits of a negative bigint', 1_024, (count) => -(10n ** BigInt(count - 1))],
    ['bytes of a URL', 2_048, (count) => new URL(`http://x/${'a'.repeat(count - 9)}`)],
  ])('agree on %s', (_what, limit, make) => {
    for (const count of [limit - 1, limit, limit + 1]) {
      const value = make(count);
      const written = bytesOf(value, free);
      const isWithin = count <= limit;
      expect([count, faultOf(value) === undefined]).toEqual([count, isWithin]);
      expect([count, 'value' in decodeSuperjson(written, LIMITS)]).toEqual([count, isWithin]);
    }
  });

  /** What is wrong if a value is neither refused for a limit nor read again. */
  function disagreement(value: unknown, limits: DecodeLimits): string | undefined {
    const encoded = encodeSuperjson(value, limits);
    const result = 'fault' in encoded ? encoded : decodeSuperjson(encoded.bytes, limits);
    if ('value' in result) return undefined;
    const isForLimit = /^cannot carry .*(500 values|deeper than 64 levels)/.test(result.fault);
    return isForLimit ? undefined : result.fault;
  }

  it('never write what the other refuses, though annotations are values too', () => {
    const few = resolveLimits(DECODE_LIMITS, { values: 500 });
    for (let count = 300; count < 500; count++) {
      const value = [many(count, () => 0), many(40, () => undefined)];
      expect(disagreement(value, few)).toBeUndefined();
    }
    for (let depth = 1; depth < 80; depth++) {
      let value: unknown = 1n;
      for (let level = 0; level < depth; level++) value = new Set([value]);
      expect(disagreement(value, LIMITS)).toBeUndefined();
    }
  });

  it('hold a client to more values than a server', () => {
    const value = many(60_000, () => 0);
    const bytes = bytesOf(value, CLIENT_DECODE_LIMITS);
    expect(decodeSuperjson(bytes, SERVER_DECODE_LIMITS)).toHaveProperty('fault');
    expect(decodeSuperjson(bytes, CLIENT_DECODE_LIMITS)).toEqual({ value });
  });
});

describe('decodeSuperjson', () => {
  it('makes an error of the one class, with a code if there is one', () => {
    const bytes = (json: object): Uint8Array => {
      const text = JSON.stringify({ json, meta: { values: ['Error'], v: 1 } });
      return Uint8Array.from([text.length, ...new TextEncoder().encode(text), 0]);
    };
    const decoded = decodeSuperjson(bytes({ name: 'E', message: 'm', code: 'LOST' }), LIMITS);
    expect(decoded).toEqual({ value: new TrunklineError('LOST', 'm') });
    expect((decoded as { value: TrunklineError }).value).toMatchObject({
      code: 'LOST',
      message: 'm',
    });
    const plain = decodeSuperjson(bytes({ name: 'E', message: 'm' }), LIMITS);
    expect((plain as { value: TrunklineError }).value).toBeInstanceOf(TrunklineError);
  });

  it('keeps nothing of the bytes that it was given', () => {
    const source = Buffer.from(bytesOf({ a: Uint8Array.of(1, 2, 3) }));
    const decoded = decodeSuperjson(source, LIMITS) as { value: { a: Uint8Array } };
    source.fill(0);
    expect(decoded.value.a).toEqual(Uint8Array.of(1, 2, 3));
    expect(Object.getPrototypeOf(decoded.value.a)).toBe(Uint8Array.prototype);
    expect(decoded.value.a.buffer.byteLength).toBe(3);
  });
});

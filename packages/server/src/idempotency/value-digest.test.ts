import { describe, expect, it } from 'vitest';
import { digestOf } from './value-digest.js';

describe('digestOf', () => {
  const DISTINCT: readonly unknown[] = [
    undefined,
    null,
    true,
    false,
    0,
    -0,
    1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    1n,
    -1n,
    '',
    '1',
    'NaN',
    'undefined',
    'n1:1',
    [],
    [[]],
    [1, 2],
    [2, 1],
    ['1', '2'],
    ['12'],
    ['1', ',2'],
    {},
    { a: 1 },
    { a: 1, b: undefined },
    { a: undefined },
    { a: { b: 1 } },
    { 'a.b': 1 },
    new Map(),
    new Map([['a', 1]]),
    new Map([[1, 'a']]),
    new Set(),
    new Set(['a']),
    new Set([new Set(['a'])]),
    ['a'],
    new Date(0),
    new Date(1),
    '1970-01-01T00:00:00.000Z',
    new Uint8Array(0),
    Uint8Array.of(49),
    Uint8Array.of(1, 2),
    [1, 2, 3],
    new URL('https://example.com/'),
    'https://example.com/',
    new Error('a'),
    new TypeError('a'),
    Object.assign(new Error('a'), { code: 'B' }),
  ];

  it('tells all kinds of values apart', () => {
    const digests = DISTINCT.map(digestOf);
    expect(new Set(digests).size).toBe(DISTINCT.length);
  });

  it('is the same for the same value, however it was made', () => {
    const order = (): unknown => ({
      at: new Date(5),
      lines: [{ id: 1n, bytes: Uint8Array.of(1, 2) }],
      tags: new Set(['x', { y: -0 }]),
      notes: new Map<unknown, unknown>([['k', undefined]]),
    });
    expect(digestOf(order())).toBe(digestOf(order()));
    const view = Uint8Array.of(9, 1, 2, 9).subarray(1, 3);
    expect(digestOf(view)).toBe(digestOf(Uint8Array.of(1, 2)));
  });

  it('does not depend on the order of keys, of entries of maps and of elements of sets', () => {
    expect(digestOf({ a: 1, b: { c: 2, d: 3 } })).toBe(digestOf({ b: { d: 3, c: 2 }, a: 1 }));
    const entries: [unknown, unknown][] = [
      ['a', { x: 1 }],
      [2n, new Date(0)],
    ];
    expect(digestOf(new Map(entries))).toBe(digestOf(new Map([...entries].reverse())));
    expect(digestOf(new Set([1, '1', 1n]))).toBe(digestOf(new Set([1n, 1, '1'])));
  });

  it('reads large values to their ends', () => {
    const long = 'a'.repeat(100_000);
    expect(digestOf([long, 1])).toBe(digestOf([long, 1]));
    expect(digestOf([long, 1])).not.toBe(digestOf([long, 2]));
    const many = Array.from({ length: 20_000 }, (_, index) => index);
    expect(digestOf(many)).toBe(digestOf([...many]));
    expect(digestOf(many)).not.toBe(digestOf([...many, 1]));
  });
});

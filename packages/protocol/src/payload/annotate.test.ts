import { SuperJSON } from 'superjson';
import { describe, expect, it } from 'vitest';
import { Annotator } from './annotate.js';

/** What the library writes, without its word on what is shared. */
function stock(value: unknown): string {
  const document = SuperJSON.serialize(value);
  delete document.meta?.referentialEqualities;
  if (document.meta?.values === undefined) delete document.meta;
  return JSON.stringify(document);
}

const SHARED = { at: new Date(0), list: [undefined] };

describe('Annotator', () => {
  it.each<[string, unknown]>([
    ['what JSON has', { a: [1, 'x', null, true, {}, []] }],
    ['undefined alone', undefined],
    ['a date alone', new Date(8.64e15)],
    ['numbers', [Number.NaN, Infinity, -Infinity, -0, 0]],
    ['bigints', { a: -5n, b: [10n ** 40n] }],
    ['URLs', [new URL('https://example.com/a b?c#d')]],
    ['sets', new Set<unknown>([1, new Set([new Date(5)]), undefined, { a: 1n }])],
    ['an empty set and an empty map', [new Set(), new Map()]],
    [
      'maps',
      new Map<unknown, unknown>([
        [{ key: 1n }, new Map([['a', undefined]])],
        [new Date(1), [{ deep: [-0] }]],
      ]),
    ],
    ['paths of many steps', { a: { b: { c: [{ d: 1n }, { d: 2n, e: { f: undefined } }] } } }],
    ['keys with dots and backslashes', { 'a.b': { 'c\\d': 1n, '': -0 }, '.': { '\\': 2n } }],
    ['keys that look like indexes', { b: 1n, 1: 2n, '01': 3n, 0: { 2: 4n, 1: 5n } }],
    ['keys of methods', { toString: 1n, hasOwnProperty: undefined, length: new Date(0) }],
    ['what is shared', { a: [SHARED, SHARED], b: new Set([SHARED]), c: SHARED }],
    ['no prototype', Object.assign(Object.create(null) as object, { a: 1n })],
  ])('writes, letter for letter, what superjson writes of %s', (_what, value) => {
    expect(new Annotator().document(value)).toBe(stock(value));
  });

  it('collects binary parts in the order of their numbers', () => {
    const annotator = new Annotator();
    const [first, second] = [Uint8Array.of(1), Uint8Array.of(2)];
    expect(annotator.document({ a: first, b: new Map([['c', second]]) })).toBe(
      '{"json":{"a":0,"b":[["c",1]]},"meta":{"values":{"a":[["custom","binary"]],' +
        '"b":["map",{"0.1":[["custom","binary"]]}]},"v":1}}',
    );
    expect(annotator.binaries).toEqual([first, second]);
  });
});

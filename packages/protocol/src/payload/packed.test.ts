import { describe, expect, it } from 'vitest';
import { resolveLimits, DECODE_LIMITS, SERVER_DECODE_LIMITS } from '../limits.js';
import { compilePacked, type Layout, type LayoutDocument } from './packed.js';

const LIMITS = SERVER_DECODE_LIMITS;
const STRING: Layout = { kind: 'string' };
const ANY: Layout = { kind: 'any' };

function codec(root: Layout, types: LayoutDocument['types'] = []) {
  const { encode, decode } = compilePacked({ root, types });
  return {
    hex: (value: unknown) => {
      const encoded = encode(value, LIMITS);
      return 'bytes' in encoded ? Buffer.from(encoded.bytes).toString('hex') : encoded.fault;
    },
    read: (hex: string) => decode(Buffer.from(hex, 'hex'), LIMITS),
  };
}

const HELLO: Layout = {
  kind: 'object',
  properties: [
    { name: 'name', of: STRING },
    { name: 'n', of: { kind: 'int' } },
    { name: 'note', of: { kind: 'maybe', absent: true, undefined: true, of: STRING } },
  ],
};

const CASES: readonly [string, Layout, unknown, string][] = [
  ['an object', HELLO, { name: 'Ada', n: 41 }, '034164610329' + '00'],
  ['a present undefined', HELLO, { name: 'Ada', n: 41, note: undefined }, '03416461032901'],
  ['texts in one run', HELLO, { name: 'é', n: -1, note: 'b' }, '03c3a962014103' + '01'],
  ['a number of two bytes', { kind: 'int' }, 5000, '00884e'],
  ['the largest number', { kind: 'int' }, Number.MAX_SAFE_INTEGER, '00bfffffffffffff1f'],
  ['a fraction', { kind: 'number' }, 0.5, '0040000000000000e03f'],
  ['minus zero', { kind: 'number' }, -0, '00400000000000000080'],
  ['a bigint', { kind: 'bigint' }, -256n, '00050100'],
  ['a date', { kind: 'date' }, new Date(-1), '0041'],
  ['bytes', { kind: 'bytes' }, new Uint8Array([1, 2]), '00020102'],
  ['a member', { kind: 'enum', values: ['a', 1, null] }, null, '0002'],
  ['an empty object', { kind: 'array', of: { kind: 'object', properties: [] } }, [{}], '000100'],
  ['a set', { kind: 'set', of: STRING }, new Set(['a']), '01610101'],
  ['a map', { kind: 'map', key: STRING, of: STRING }, new Map([['a', 'b']]), '026162010101'],
  ['a record', { kind: 'record', of: STRING }, { a: 'b' }, '026162010101'],
  [
    'a tuple',
    { kind: 'tuple', items: [STRING], rest: { kind: 'null' } },
    ['a', null],
    '0161020100',
  ],
  ['anything', ANY, { a: [true, undefined] }, '01610a0101090203' + '00'],
];

describe('packed', () => {
  it.each(CASES)('writes %s byte for byte and reads it', (...[, layout, value, hex]) => {
    const { hex: write, read } = codec(layout);
    expect(write(value)).toBe(hex);
    expect(read(hex)).toStrictEqual({ value });
  });

  it('follows a layout that refers to itself', () => {
    const node: Layout = {
      kind: 'object',
      properties: [{ name: 'kids', of: { kind: 'array', of: { kind: 'ref', to: 0 } } }],
    };
    const { hex, read } = codec({ kind: 'ref', to: 0 }, [node]);
    expect(hex({ kids: [{ kids: [] }] })).toBe('000100');
    expect(read('000100')).toEqual({ value: { kids: [{ kids: [] }] } });
    expect(read(`00${'01'.repeat(500)}00`)).toEqual({
      fault: `nested deeper than ${LIMITS.depth} levels`,
    });
  });

  it.each<[string, Layout, unknown, string]>([
    ['a wrong kind', HELLO, { name: 1, n: 1 }, 'a number at "name": expected a string'],
    ['a missing property', HELLO, { n: 1 }, 'a missing property at "name"'],
    ['a fraction', HELLO, { name: '', n: 0.5 }, 'the number 0.5 at "n": expected a whole number'],
    [
      'an instance',
      HELLO,
      new Date(0),
      'an instance of Date at the value itself: expected an object',
    ],
    ['a lone surrogate', ANY, { a: ['x\ud800y'] }, 'a lone surrogate at "a.0"'],
    ['halves side by side', ANY, ['\ud83d', '\ude00'], 'a lone surrogate at "0"'],
    ['an unsafe key', ANY, { constructor: 1 }, 'the key "constructor" at the value itself'],
    ['a function', ANY, [() => 1], 'a function at "0"'],
    [
      'an unknown key',
      { kind: 'object', properties: [], rest: 'refuse' },
      { x: 1 },
      'the unknown key "x" at the value itself',
    ],
  ])('refuses %s with its path', (...[, layout, value, fault]) => {
    expect(codec(layout).hex(value)).toBe(`cannot carry ${fault}`);
  });

  it('refuses a cycle', () => {
    const loop: unknown[] = [];
    loop.push(loop);
    expect(codec(ANY).hex(loop)).toContain('a cycle included');
  });

  it.each<[string, Layout, string]>([
    ['a count without bytes', { kind: 'array', of: STRING }, '00ffffffff0f'],
    ['a text longer than its run', STRING, '016102'],
    ['a run longer than the bytes', STRING, '7f61'],
    ['a text that cuts a pair', { kind: 'array', of: STRING }, '04f09f9880020101'],
    ['malformed UTF-8', STRING, '01ff01'],
    ['what is left over', { kind: 'null' }, '000000'],
    ['text that is left over', { kind: 'null' }, '016100'],
    ['a longer form of a number', { kind: 'int' }, '008000'],
    ['a fraction for a whole number', { kind: 'int' }, '0040000000000000e03f'],
    ['a date out of range', { kind: 'date' }, '00bfffffffffffff1f'],
    ['a missing item', { kind: 'maybe', undefined: true, of: STRING }, '0000'],
    ['a key twice', { kind: 'record', of: { kind: 'null' } }, '02616102010001' + '00'],
    ['a member twice', { kind: 'set', of: { kind: 'int' } }, '00020101'],
    ['an unsafe key', ANY, '095f5f70726f746f5f5f0a010901'],
    ['an unknown tag', ANY, '00ff'],
    ['no bytes', ANY, ''],
  ])('reads %s as a fault', (_name, layout, hex) => {
    expect(codec(layout).read(hex)).toHaveProperty('fault');
  });

  it('holds both sides to the count of values', () => {
    const limits = resolveLimits(DECODE_LIMITS, { values: 3 });
    const { encode, decode } = compilePacked({ root: { kind: 'array', of: STRING }, types: [] });
    expect(encode(['', '', ''], limits)).toHaveProperty('bytes');
    expect(encode(['', '', '', ''], limits)).toHaveProperty('fault');
    expect(decode(Uint8Array.of(0, 4, 0, 0, 0, 0), limits)).toEqual({
      fault: 'more than 3 values',
    });
  });

  it.each<[string, LayoutDocument, string]>([
    ['refers to nothing', { root: { kind: 'ref', to: 0 }, types: [] }, 'not there'],
    [
      'is made of itself',
      { root: { kind: 'ref', to: 0 }, types: [{ kind: 'maybe', of: { kind: 'ref', to: 0 } }] },
      'nothing but itself',
    ],
    [
      'names an unsafe key',
      { root: { kind: 'object', properties: [{ name: '__proto__', of: ANY }] }, types: [] },
      'rename it',
    ],
    ['misses its root', { root: { kind: 'maybe', absent: true, of: ANY }, types: [] }, 'missing'],
  ])('takes no layout that %s', (_name, layout, message) => {
    expect(() => compilePacked(layout)).toThrow(message);
  });
});

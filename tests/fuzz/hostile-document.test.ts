import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SERVER_DECODE_LIMITS, Writer } from '@trunkline/protocol';
import { decodeSuperjson, encodeSuperjson } from '../../packages/protocol/src/payload/superjson.js';
import { findLive } from './inert.js';
import { chooseSeed } from './seed.js';

const seed = chooseSeed('hostile documents');
const LIMITS = SERVER_DECODE_LIMITS;

const key = fc.constantFrom(
  'a',
  'b',
  '0',
  '1',
  'length',
  'name',
  'message',
  'code',
  'a.b',
  '\\',
  '',
);
const unsafeKey = fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'then');

const leaf = fc.oneof(
  fc.constantFrom(null, true, 0, 1, -1, 0.5, 4_294_967_295, '', '0', '7', '-0', 'NaN', 'Infinity'),
  fc.constantFrom('2020-01-01', 'http://x/', '99999999999999999999', 'a'.repeat(40), '\u2028'),
);

const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('json'), { maxLength: 4 }),
    fc.array(fc.tuple(tie('json'), tie('json')), { maxLength: 3 }),
    fc.dictionary(key, tie('json'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

const step = fc.oneof({ weight: 9, arbitrary: key }, { weight: 1, arbitrary: unsafeKey });
const path = fc.array(step, { minLength: 1, maxLength: 4 }).map((steps) => steps.join('.'));
const type = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      'undefined',
      'bigint',
      'Date',
      'set',
      'map',
      'number',
      'URL',
      'Error',
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom('regexp', 'constructor', '__proto__', 1, null, {}) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ['custom', 'binary'],
      ['typed-array', 'Uint8Array'],
      ['class', 'Object'],
      ['symbol', 'iterator'],
    ),
  },
);

const { annotations } = fc.letrec((tie) => ({
  children: fc.dictionary(path, tie('annotations'), { maxKeys: 3, noNullPrototype: true }),
  annotations: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.tuple(type),
    fc.tuple(type, tie('children')),
    tie('children'),
  ),
}));

const document = fc.record({
  json,
  meta: fc.record({ values: annotations, v: fc.constant(1) }, { requiredKeys: ['v'] }),
});

describe('decodeSuperjson', () => {
  it('makes an inert value or a fault of any document with any annotations', () => {
    let accepted = 0;
    let converted = 0;
    fc.assert(
      fc.property(document, fc.nat(2), (hostile, binaries) => {
        const writer = new Writer();
        writer.text(JSON.stringify(hostile));
        writer.varint(binaries);
        for (let count = 0; count < binaries; count++) writer.sized(Uint8Array.of(count, 1));
        const bytes = Buffer.from(writer.take());
        const decoded = decodeSuperjson(bytes, LIMITS);
        bytes.fill(0xff);
        if ('fault' in decoded) return;
        accepted++;
        if (hostile.meta.values !== undefined) converted++;
        expect(findLive(decoded.value)).toBeUndefined();
        const encoded = encodeSuperjson(decoded.value, LIMITS);
        // Errors are read and not written.
        if ('fault' in encoded && encoded.fault.includes('an instance of TrunklineError')) return;
        const again = 'fault' in encoded ? encoded : decodeSuperjson(encoded.bytes, LIMITS);
        expect(again).toEqual(decoded);
      }),
      { seed, numRuns: 10_000 },
    );
    expect(accepted).toBeGreaterThan(100);
    expect(converted).toBeGreaterThan(20);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  }, 20_000);
});

describe('findLive', () => {
  it.each<[string, unknown]>([
    ['a function', { run: () => 1 }],
    ['an accessor', Object.defineProperty({}, 'a', { get: () => 1, enumerable: true })],
    ['a hidden accessor', Object.defineProperty([], 'x', { get: () => 1 })],
    ['a class', [new (class Room {})()]],
    ['an object without a prototype', [Object.create(null)]],
    ['a prototype key', JSON.parse('{"__proto__":1}')],
    ['a regular expression', new Map([['a', /a/]])],
    ['a shared part', ((shared) => [shared, { shared }])({})],
    ['a cycle', ((loop: unknown[]) => (loop.push(loop), loop))([])],
    ['a Buffer', [Buffer.from('x')]],
    ['a view of other bytes', new Uint8Array(4).subarray(1, 2)],
    ['an array with holes', Object.assign([], { 1: 1 })],
    ['an invalid date', [new Date(Number.NaN)]],
    ['a symbol', new Set([Symbol('s')])],
    ['a symbol as a key', { [Symbol('s')]: 1 }],
    ['a lone surrogate', ['\ud800']],
    ['an error of another class', new Error('x')],
  ])('finds %s', (_what, value) => {
    expect(findLive(value)).toBeDefined();
  });
});

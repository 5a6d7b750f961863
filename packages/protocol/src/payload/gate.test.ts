import { describe, expect, it } from 'vitest';
import { utf8Encoder } from '../bytes/text.js';
import { Writer } from '../bytes/writer.js';
import { SERVER_DECODE_LIMITS } from '../limits.js';
import type { Decoded } from './fault.js';
import { decodeSuperjson } from './superjson.js';

/** A payload of JSON text and binaries, right or wrong. */
function payloadOf(json: string | Uint8Array, binaries: readonly Uint8Array[] = []): Uint8Array {
  const writer = new Writer();
  writer.sized(typeof json === 'string' ? utf8Encoder.encode(json) : json);
  writer.varint(binaries.length);
  for (const binary of binaries) writer.sized(binary);
  return writer.take();
}

function decode(json: string | Uint8Array, binaries?: readonly Uint8Array[]): Decoded {
  return decodeSuperjson(payloadOf(json, binaries), SERVER_DECODE_LIMITS);
}

/** Text of a document with annotations. */
function annotated(json: unknown, values: unknown): string {
  return JSON.stringify({ json, meta: { values, v: 1 } });
}

function expectFault(decoded: Decoded): void {
  expect(decoded).toEqual({ fault: expect.stringMatching(/^[a-z].*[^.]$/) as unknown });
}

function many<Value>(count: number, make: (index: number) => Value): Value[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

function chain(depth: number): string {
  return `${'['.repeat(depth)}${']'.repeat(depth)}`;
}

const BINARY = [['custom', 'binary']];
const B = Uint8Array.of(1);

describe('decodeSuperjson, documents', () => {
  it.each([
    ['no JSON', ''],
    ['JSON cut off', '{"json":'],
    ['text behind the JSON', '{"json":1} 2'],
    ['a literal that JSON does not have', '{"json":NaN}'],
    ['a byte order mark', '\ufeff{"json":1}'],
    ['null', 'null'],
    ['a number', '7'],
    ['an array', '[{"json":1}]'],
    ['no json', '{}'],
    ['no json but meta', '{"meta":{"v":1}}'],
    ['an unknown part', '{"json":1,"extra":2}'],
    ['__proto__ as a part', '{"json":1,"__proto__":{"x":1}}'],
    ['null as meta', '{"json":1,"meta":null}'],
    ['an array as meta', '{"json":1,"meta":[]}'],
    ['text as meta', '{"json":1,"meta":"v1"}'],
    ['meta without v', '{"json":null,"meta":{"values":["undefined"]}}'],
    ['meta of version 0', '{"json":null,"meta":{"values":["undefined"],"v":0}}'],
    ['meta of version 2', '{"json":null,"meta":{"values":["undefined"],"v":2}}'],
    ['meta of version "1"', '{"json":null,"meta":{"values":["undefined"],"v":"1"}}'],
    ['an unknown part of meta', '{"json":1,"meta":{"v":1,"x":1}}'],
    ['__proto__ as a part of meta', '{"json":1,"meta":{"v":1,"__proto__":{}}}'],
    [
      'equalities of a record',
      '{"json":{"a":[],"b":[]},"meta":{"referentialEqualities":{"a":["b"]},"v":1}}',
    ],
    [
      'equalities of the root: a cycle',
      '{"json":{"a":null},"meta":{"referentialEqualities":[["a"]],"v":1}}',
    ],
  ])('refuses %s', (_what, json) => {
    expectFault(decode(json));
  });

  it('refuses text that is not UTF-8', () => {
    expectFault(decode(Uint8Array.from([...utf8Encoder.encode('{"json":"'), 0xff, 0x22, 0x7d])));
  });

  it('takes a document without meta, and one whose meta says nothing', () => {
    expect(decode('{"json":{"a":[1,"x",null,true]}}')).toEqual({
      value: { a: [1, 'x', null, true] },
    });
    expect(decode('{"json":1,"meta":{"v":1}}')).toEqual({ value: 1 });
  });

  it.each([
    ['no bytes', []],
    ['a size alone', [5]],
    ['JSON longer than the payload', [9, 0x7b]],
    ['a size of 2^53 - 1', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ['no count of binaries', [2, 0x7b, 0x7d]],
    ['a binary that is not there', [10, ...utf8Encoder.encode('{"json":1}'), 1]],
    ['a binary longer than the payload', [10, ...utf8Encoder.encode('{"json":1}'), 1, 9, 1]],
    ['bytes behind the binaries', [10, ...utf8Encoder.encode('{"json":1}'), 0, 0]],
    ['a count in a longer form', [10, ...utf8Encoder.encode('{"json":1}'), 0x80, 0]],
  ])('refuses a payload with %s', (_what, bytes) => {
    expectFault(decodeSuperjson(Uint8Array.from(bytes), SERVER_DECODE_LIMITS));
  });
});

describe('decodeSuperjson, annotations', () => {
  it.each([
    [
      'a typed array whose length is a lie',
      { a: 268_435_456 },
      { a: [['typed-array', 'Float64Array']] },
    ],
    ['a typed array of elements', { a: [1, 2] }, { a: [['typed-array', 'Uint8Array']] }],
    ['an index far behind an array', { a: [] }, { 'a.50000000': ['undefined'] }],
    ['the largest index', { a: [] }, { 'a.4294967294': ['undefined'] }],
    ['the index behind the last', { a: [null] }, { 'a.1': ['undefined'] }],
    ['a negative index', { a: [null] }, { 'a.-1': ['undefined'] }],
    ['an index in another spelling', { a: [null] }, { 'a.00': ['undefined'] }],
    ['the length of an array', { a: [null] }, { 'a.length': ['undefined'] }],
    ['a method of an array', { a: [null] }, { 'a.push': ['undefined'] }],
    ['the length of a string', { a: 'xyz' }, { 'a.length': ['number'] }],
    ['a character of a string', { a: 'xyz' }, { 'a.0': ['bigint'] }],
    ['a part of a number', { a: 1 }, { 'a.b': ['undefined'] }],
    ['a part of null', { a: null }, { 'a.b': ['undefined'] }],
    ['a part of nothing', {}, { 'a.b.c': ['undefined'] }],
    ['a part of a Date made before', { a: '2020-01-01' }, { a: ['Date'], 'a.x': ['undefined'] }],
    ['an entry of a Set made before', { a: [null] }, { a: ['set'], 'a.0': ['undefined'] }],
    ['the size of a Set', { a: [null] }, { a: ['set'], 'a.size': ['undefined'] }],
    ['an entry of a Map made before', { a: [[1, null]] }, { a: ['map'], 'a.0.1': ['undefined'] }],
    [
      'a part of an Error made before',
      { a: { name: 'E', message: 'm' } },
      { a: ['Error'], 'a.message': ['bigint'] },
    ],
    ['a part of a URL made before', { a: 'http://x/' }, { a: ['URL'], 'a.href': ['undefined'] }],
    ['__proto__', {}, { '__proto__.polluted': ['undefined'] }],
    ['__proto__ within', { a: {} }, { 'a.__proto__': ['undefined'] }],
    ['constructor.prototype', {}, { 'constructor.prototype.x': ['undefined'] }],
    ['a method of Object.prototype', {}, { toString: ['undefined'] }],
    ['a regular expression', '/(a+)+$/', ['regexp']],
    ['a class', {}, [['class', 'Object']]],
    ['a symbol', 'iterator', [['symbol', 'iterator']]],
    ['another custom type', 0, [['custom', 'money']]],
    ['custom without a name', 0, [['custom']]],
    ['a binary with more to it', 0, [['custom', 'binary', 1]]],
    ['the type name constructor', {}, ['constructor']],
    ['the type name __proto__', {}, ['__proto__']],
    ['the type name toString', {}, ['toString']],
    ['the composite type constructor', {}, [['constructor', 'x']]],
    ['a number as a type', 1, [7]],
    ['null as a type', 1, [null]],
    ['an object as a type', 1, [{ custom: 'binary' }]],
    ['no type', 1, []],
    ['three parts', 1, ['set', {}, {}]],
    ['text as annotations', 1, 'Date'],
    ['a number as annotations', 1, 5],
    ['null as annotations', 1, null],
    ['text as an annotation', { a: 'x' }, { a: 'Date' }],
    ['null as inner annotations', [], ['set', null]],
    ['an array as inner annotations', [], ['set', ['Date']]],
    ['a bad path', { a: 1 }, { 'a\\b': ['undefined'] }],
    ['a path that ends in a backslash', { a: 1 }, { 'a\\': ['undefined'] }],
    ['the empty path where there is no such key', { a: 1 }, { '': ['undefined'] }],
    ['65 steps', 1, { [many(65, () => 'a').join('.')]: ['undefined'] }],
    ['the same place twice', { a: { b: [] } }, { a: { b: ['set'] }, 'a.b': ['set'] }],
    ['an entry that is not there', [], ['set', { x: ['set'] }]],
  ])('refuses %s', (_what, json, values) => {
    expectFault(decode(annotated(json, values)));
  });

  it.each([
    ['undefined that is not null', { a: 0 }, 'undefined'],
    ['a bigint as a number', { a: 1 }, 'bigint'],
    ['an empty bigint', { a: '' }, 'bigint'],
    ['a bigint of a sign alone', { a: '-' }, 'bigint'],
    ['a hexadecimal bigint', { a: '0x10' }, 'bigint'],
    ['a bigint with a space', { a: ' 1' }, 'bigint'],
    ['a bigint with a line feed', { a: '1\n' }, 'bigint'],
    ['a bigint with a plus', { a: '+1' }, 'bigint'],
    ['a bigint with other digits', { a: '١' }, 'bigint'],
    ['a bigint of 1,025 digits', { a: '1'.repeat(1_025) }, 'bigint'],
    ['a negative bigint of 1,025 digits', { a: `-${'1'.repeat(1_025)}` }, 'bigint'],
    ['a bigint of 900,000 digits', { a: '1'.repeat(900_000) }, 'bigint'],
    ['a date that is none', { a: 'yesterday' }, 'Date'],
    ['a date out of range', { a: '+999999-01-01T00:00:00.000Z' }, 'Date'],
    ['a date as a number', { a: 0 }, 'Date'],
    ['a date of a long text', { a: `2020-01-01${' '.repeat(100_000)}` }, 'Date'],
    ['an invalid date', { a: null }, 'Date'],
    ['a number that JSON has', { a: '7' }, 'number'],
    ['a number as itself', { a: 7 }, 'number'],
    ['a set of an object', { a: {} }, 'set'],
    ['a set of a length', { a: { length: 4_294_967_295 } }, 'set'],
    ['a set of text', { a: 'abc' }, 'set'],
    ['a set of 10,001 entries', { a: many(10_001, Number) }, 'set'],
    ['a map of an object', { a: {} }, 'map'],
    ['a map of single entries', { a: [[1]] }, 'map'],
    ['a map of triples', { a: [[1, 2, 3]] }, 'map'],
    ['a map of numbers', { a: [1] }, 'map'],
    ['a map of null', { a: [null] }, 'map'],
    ['a map of texts of two letters', { a: ['ab'] }, 'map'],
    ['a map of objects', { a: [{ 0: 1, 1: 2, length: 2 }] }, 'map'],
    ['a map of 10,001 entries', { a: many(10_001, (index) => [index, 0]) }, 'map'],
    ['a URL that is none', { a: 'nowhere' }, 'URL'],
    ['a URL as a number', { a: 1 }, 'URL'],
    ['a URL of 2,049 bytes', { a: `http://x/${'a'.repeat(2_040)}` }, 'URL'],
    ['a URL whose bytes are too many', { a: `http://x/${'é'.repeat(1_500)}` }, 'URL'],
    ['an error as text', { a: 'boom' }, 'Error'],
    ['an error without a name', { a: { message: 'm' } }, 'Error'],
    ['an error without a message', { a: { name: 'E' } }, 'Error'],
    ['an error whose message is an object', { a: { name: 'E', message: {} } }, 'Error'],
    ['an error with a stack', { a: { name: 'E', message: 'm', stack: 's' } }, 'Error'],
    ['an error with a cause', { a: { name: 'E', message: 'm', cause: {} } }, 'Error'],
    ['an error whose code is a number', { a: { name: 'E', message: 'm', code: 1 } }, 'Error'],
  ])('refuses %s', (_what, json, type) => {
    expectFault(decode(annotated(json, { a: [type] })));
  });

  it.each([
    ['a binary that is not there', 0, []],
    ['an index behind the last', 1, [B]],
    ['a negative index', -1, [B]],
    ['a broken index', 0.5, [B]],
    ['an index as text', '0', [B]],
    ['a method as the index', 'slice', [B]],
    ['null as the index', null, [B]],
  ])('refuses %s', (_what, index, binaries) => {
    expectFault(decode(annotated({ a: index }, { a: BINARY }), binaries));
  });

  it('refuses binaries that are named twice, by nothing, or too many', () => {
    const twice = annotated({ a: 0, b: 0 }, { a: BINARY, b: BINARY });
    expectFault(decode(twice, [B]));
    expectFault(decode(twice, [B, B]));
    expectFault(decode('{"json":1}', [B]));
    const each = (count: number): string =>
      annotated(many(count, Number), Object.fromEntries(many(count, (index) => [index, BINARY])));
    expect(
      decode(
        each(16),
        many(16, () => B),
      ),
    ).toEqual({ value: many(16, () => B) });
    expectFault(
      decode(
        each(17),
        many(17, () => B),
      ),
    );
  });

  it('walks no set again for each of its annotations', () => {
    const count = 100_000;
    const values = Object.fromEntries(many(count, (index) => [index, ['undefined']]));
    expectFault(
      decode(
        annotated(
          many(count, () => null),
          ['set', values],
        ),
      ),
    );
  });
});

describe('decodeSuperjson, keys and strings', () => {
  it.each([
    ['__proto__', '{"json":{"__proto__":{"polluted":1}}}'],
    ['__proto__ written with escapes', '{"json":{"\\u005f\\u005fproto__":{"polluted":1}}}'],
    ['__proto__ within an array', '{"json":[[{"__proto__":null}]]}'],
    ['constructor', '{"json":{"a":{"constructor":{"prototype":{}}}}}'],
    ['constructor written with escapes', '{"json":{"\\u0063onstructor":1}}'],
    ['prototype', '{"json":{"prototype":1}}'],
    [
      '__proto__ in a path with escapes',
      '{"json":{},"meta":{"values":{"\\u005f_proto__.x":["undefined"]},"v":1}}',
    ],
    ['a key with a lone surrogate', '{"json":{"\\ud800":1}}'],
    ['a high surrogate alone', '{"json":"\\ud83d"}'],
    ['a low surrogate alone', '{"json":"x\\ude00"}'],
    ['surrogates in the wrong order', '{"json":["\\ude00\\ud83d"]}'],
    ['a surrogate deep within', '{"json":{"a":[{"b":"\\udfff"}]}}'],
  ])('refuses %s', (_what, json) => {
    expectFault(decode(json));
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('takes escapes that mean something harmless', () => {
    expect(decode('{"json":{"\\u0061\\n":"\\ud83d\\ude00\\u0000"}}')).toEqual({
      value: { 'a\n': '😀\u0000' },
    });
  });

  it('counts a key by its bytes, not by how it is written', () => {
    const key = (text: string): Decoded => decode(`{"json":{"${text}":1}}`);
    expect(key('a'.repeat(256))).toHaveProperty('value');
    expectFault(key('a'.repeat(257)));
    expect(key('é'.repeat(128))).toHaveProperty('value');
    expectFault(key('é'.repeat(129)));
    expect(key('\\u0061'.repeat(256))).toHaveProperty('value');
    expectFault(key('\\u0061'.repeat(257)));
    expect(key('\\ud83d\\ude00'.repeat(64))).toHaveProperty('value');
    expectFault(key('\\ud83d\\ude00'.repeat(65)));
  });

  it.each([65, 2_000, 200_000])('refuses %i levels', (depth) => {
    expectFault(decode(`{"json":${chain(depth)}}`));
    expectFault(decode(`{"json":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`));
    expectFault(decode(`{"json":1,"meta":{"values":${chain(depth)},"v":1}}`));
  });

  it.each([
    ['50,001 values', `{"json":[${many(50_000, () => 0).join()}]}`, 49_999],
    [
      '50,001 empty arrays and their brackets',
      `{"json":[${many(25_000, () => '[]').join()}]}`,
      24_999,
    ],
  ])('refuses %s', (_what, json, fits) => {
    expectFault(decode(json));
    const shorter = `${json.slice(0, json.lastIndexOf(','))}]}`;
    expect((decode(shorter) as { value: unknown[] }).value).toHaveLength(fits);
  });

  it('refuses 1,001 keys', () => {
    const keys = (count: number): string =>
      JSON.stringify({ json: Object.fromEntries(many(count, (index) => [`k${index}`, 0])) });
    expect(decode(keys(1_000))).toHaveProperty('value');
    expectFault(decode(keys(1_001)));
  });
});

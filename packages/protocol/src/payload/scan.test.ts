import { describe, expect, it } from 'vitest';
import { utf8Encoder } from '../bytes/text.js';
import { resolveLimits, DECODE_LIMITS } from '../limits.js';
import { scanJson } from './scan.js';

const LIMITS = resolveLimits(DECODE_LIMITS, { depth: 3, values: 6, keys: 2 });

function scan(text: string) {
  return scanJson(utf8Encoder.encode(text), LIMITS);
}

describe('scanJson', () => {
  it.each([
    ['three levels within the document', '{"json":[[[]]]}', undefined],
    ['four levels', '{"json":[[[[]]]]}', 'nested deeper than 3 levels'],
    ['brackets in strings', '{"json":"[[[[[[{{{{"}', undefined],
    ['brackets behind an escaped quote', '{"json":"\\"[[[[["}', undefined],
    ['brackets behind an escaped backslash', '{"json":["\\\\",[[[[]]]]]}', 'nested deeper than 3'],
    ['levels that were closed', '{"json":[[],[[]]]}', undefined],
    ['six values', '{"json":[1,2,3,4,5]}', undefined],
    ['seven values', '{"json":[1,2,3,4,5,6]}', 'more than 6 values'],
    ['empty containers as values', '{"json":[[],{},[]]}', 'more than 6 values'],
    ['commas in strings', '{"json":",,,,,,,,,"}', undefined],
    ['two keys', '{"json":{"a":1,"b":2}}', undefined],
    ['three keys', '{"json":{"a":1,"b":2,"c":3}}', 'an object has more than 2 keys'],
    ['keys of two objects', '{"json":[{"a":1,"b":2},{"a":1}]}', undefined],
    ['keys around an inner object', '{"json":{"a":{"x":1,"y":2},"b":1,"c":1}}', 'more than 2 keys'],
    ['colons in strings', '{"json":"::::::"}', undefined],
    ['more closed than opened', ']]]]}}}}', undefined],
    ['a string without its end', '{"json":"[[[[[', undefined],
    ['a backslash at the end', '{"json":"\\', undefined],
    ['nothing', '', undefined],
  ])('judges %s', (_what, text, fault) => {
    const found = scan(text).fault ?? 'nothing';
    expect(found).toContain(fault ?? 'nothing');
  });

  it('stops at the limit, however long the text goes on', () => {
    const text = utf8Encoder.encode(`{"json":${'['.repeat(1_000_000)}`);
    const read = new Set<number>();
    const watched = new Proxy(text, {
      get: (target, key) => {
        if (typeof key === 'string' && /^\d+$/.test(key)) read.add(Number(key));
        return Reflect.get(target, key, target) as unknown;
      },
    });
    expect(scanJson(watched, LIMITS).fault).toBe('nested deeper than 3 levels');
    expect(read.size).toBeLessThan(20);
  });

  it('tells whether a string holds an escape', () => {
    expect(scan('{"json":"plain"}').escaped).toBe(false);
    expect(scan('{"json":"\\u0041"}').escaped).toBe(true);
    expect(scan('{"a\\u0041":1}').escaped).toBe(true);
  });
});

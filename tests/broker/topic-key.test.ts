import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { topicKey } from '../../packages/server/src/topics/topic-key.js';

type Param = string | number | boolean;

const param = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('"', '\\', '":1,"', '{}', '1', 'true'),
  fc.maxSafeInteger(),
  fc.boolean(),
);
const paramName = fc.oneof(
  fc.string({ minLength: 1, maxLength: 4 }),
  fc.constantFrom('a', 'b', '1', '10', '9', '__proto__', 'a"'),
);
const params = fc.uniqueArray(fc.tuple(paramName, param), {
  maxLength: 4,
  selector: ([name]) => name,
});

const name = fc.constantFrom('chat.messages', 'chat.message', 'a.b.c');

function objectOf(entries: readonly (readonly [string, Param])[]): object {
  return Object.fromEntries(entries);
}

it('a key can be read back, so no two topics share one', () => {
  fc.assert(
    fc.property(name, params, (topic, entries) => {
      const key = topicKey(topic, objectOf(entries));
      const text = key.slice(topic.length);
      const read = text === '' ? {} : (JSON.parse(text) as Record<string, Param>);
      const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
      expect(key.startsWith(topic)).toBe(true);
      expect(Object.entries(read).sort(([a], [b]) => (a < b ? -1 : 1))).toEqual(
        sorted.map(([param, value]) => [param, value === 0 ? 0 : value]),
      );
    }),
    { numRuns: 2_000 },
  );
});

it('a key does not depend on the order in which params were given', () => {
  fc.assert(
    fc.property(
      params.chain((entries) =>
        fc.tuple(fc.constant(entries), fc.shuffledSubarray(entries, { minLength: entries.length })),
      ),
      ([given, shuffled]) => {
        expect(topicKey('a.b', objectOf(shuffled))).toBe(topicKey('a.b', objectOf(given)));
      },
    ),
    { numRuns: 500 },
  );
});

it('two topics have one key exactly when name and params are equal', () => {
  const small = fc.record(
    { a: fc.constantFrom('', '1', 1, true, 'true'), b: fc.constantFrom<Param>(1, '1', ',"c":1') },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(name, small, name, small, (nameA, a, nameB, b) => {
      const isSame = nameA === nameB && a.a === b.a && a.b === b.b;
      expect(topicKey(nameA, a) === topicKey(nameB, b)).toBe(isSame);
    }),
    { numRuns: 2_000 },
  );
});

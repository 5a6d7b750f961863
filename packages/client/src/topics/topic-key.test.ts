import { expect, test } from 'vitest';
import { keyTopic } from './topic-key.js';

test('gives one key to the same params in any order', () => {
  const one = keyTopic('chat.messages', ['a', 'b'], { b: 1, a: 'x' });
  const other = keyTopic('chat.messages', ['a', 'b'], { a: 'x', b: 1, c: undefined });
  expect(one.key).toBe(other.key);
  expect(one.params).toEqual(other.params);
  expect(one.values).toEqual({ a: 'x', b: 1 });
});

test('tells apart params of different types, other params and other topics', () => {
  const keys = [
    keyTopic('chat.messages', ['a'], { a: '1' }),
    keyTopic('chat.messages', ['a'], { a: 1 }),
    keyTopic('chat.messages', ['a'], { a: true }),
    keyTopic('chat.messages', ['a'], { a: 'true' }),
    keyTopic('chat.messages', ['a'], { b: '1' }),
    keyTopic('chat.typing', ['a'], { a: '1' }),
    keyTopic('chat.messages', ['a'], {}),
    keyTopic('chat.messages', [], undefined),
  ].map(({ key }) => key);
  expect(new Set(keys).size).toBe(keys.length);
});

test('sends no params where the topic has none, and empty ones where all may be left out', () => {
  expect(keyTopic('chat.news', [], undefined)).toMatchObject({
    params: { encoding: 0 },
    values: undefined,
  });
  expect(keyTopic('chat.news', ['lang'], undefined)).toMatchObject({
    params: { encoding: 2 },
    values: {},
  });
});

test.each<[unknown, string]>([
  [{ room: { id: 1 } }, 'param "room" of chat.messages must be a string'],
  [{ room: ['a'] }, 'not "object"'],
  [{ room: null }, 'not "null"'],
  [{ room: 1n }, 'not "bigint"'],
  ['lobby', 'params of chat.messages must be an object, not "lobby"'],
  [null, 'not "null"'],
])('refuses params as in case %#', (params, text) => {
  const name = (): unknown => keyTopic('chat.messages', ['room'], params);
  expect(name).toThrow(expect.objectContaining({ code: 'INVALID_INPUT', executed: 'no' }));
  expect(name).toThrow(text);
});

test('refuses params that are too large', () => {
  const name = (): unknown => keyTopic('chat.messages', ['room'], { room: 'x'.repeat(17_000) });
  expect(name).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }));
});

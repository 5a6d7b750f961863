import { TrunklineError } from '@trunkline/protocol';
import { describe, expect, it } from 'vitest';
import { topicKey } from './topic-key.js';

describe('topicKey', () => {
  it('is the name alone for a topic without params', () => {
    expect(topicKey('news.all', undefined)).toBe('news.all');
    expect(topicKey('news.all', {})).toBe('news.all');
  });

  it('puts the params behind the name, sorted by theirs', () => {
    expect(topicKey('chat.messages', { room: 'lobby' })).toBe('chat.messages{"room":"lobby"}');
    expect(topicKey('a.b', { z: 1, a: true, m: 'x' })).toBe('a.b{"a":true,"m":"x","z":1}');
    expect(topicKey('a.b', { 10: 1, 9: 2 })).toBe('a.b{"10":1,"9":2}');
  });

  it('leaves out params that are undefined', () => {
    expect(topicKey('a.b', { x: undefined, y: 1 })).toBe('a.b{"y":1}');
    expect(topicKey('a.b', { x: undefined })).toBe('a.b');
  });

  it('tells a text from the number, the boolean and the params that look like it', () => {
    const keys = [1, '1', true, 'true', '1,"b":2', '"', '\\', '\ud800', '\\ud800'].map((a) =>
      topicKey('a.b', { a }),
    );
    expect(new Set(keys).size).toBe(keys.length);
    expect(topicKey('a.b', { a: 1, b: 2 })).not.toBe(topicKey('a.b', { a: '1,"b":2' }));
  });

  it('takes a key of 256 bytes and refuses a longer one with TOO_LARGE', () => {
    const room = 'é'.repeat((256 - 'a.b{"r":""}'.length - 1) / 2);
    expect(Buffer.byteLength(topicKey('a.b', { r: `${room}x` }))).toBe(256);
    const refused = () => topicKey('a.b', { r: `${room}xx` });
    expect(refused).toThrow('have 257 bytes; allowed are 256');
    expect(refused).toThrow(TrunklineError);
    expect(refused).toThrow(expect.objectContaining({ code: 'TOO_LARGE', executed: 'no' }));
  });

  it.each([
    ['an object', { a: {} }],
    ['a list', { a: [] }],
    ['null', { a: null }],
    ['a fraction', { a: 1.5 }],
    ['an integer that is not safe', { a: 2 ** 53 }],
    ['a bigint', { a: 1n }],
  ])('refuses a topic param that is %s', (_, params) => {
    expect(() => topicKey('a.b', params)).toThrow(TypeError);
    expect(() => topicKey('a.b', params)).toThrow('topic param "a" must be');
  });

  it.each([[['a']], ['a'], [null], [1]])('refuses params that are no object: %j', (params) => {
    expect(() => topicKey('a.b', params)).toThrow('topic params must be an object');
  });
});

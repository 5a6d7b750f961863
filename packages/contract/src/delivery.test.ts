import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { call, contract, ContractError, describe as describeContract, topic } from './index.js';
import { deliveryOf } from './delivery.js';

const Price = z.object({
  symbol: z.string(),
  venue: z.enum(['a', 'b']).optional(),
  at: z.date(),
});

function problemsOf(members: Parameters<typeof contract>[1]): string[] {
  try {
    contract('shop', members);
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    return error.problems.map(({ path, message }) => `${path}: ${message}`);
  }
  return [];
}

function topicOf(description: ReturnType<typeof describeContract>) {
  return description.members.find(({ kind }) => kind === 'topic');
}

describe('deliveryOf', () => {
  it('delivers every message and reports gaps, where nothing is said', () => {
    const all = { key: undefined, isLatest: false, maxPerSecond: undefined, slow: 'gap' };
    expect(deliveryOf({})).toEqual(all);
    expect(deliveryOf({ delivery: 'every', slow: 'close' })).toEqual({ ...all, slow: 'close' });
  });

  it('conflates for the slow where only the newest are delivered', () => {
    expect(deliveryOf({ delivery: { latest: 'symbol', maxPerSecond: 4 } })).toEqual({
      key: ['symbol'],
      isLatest: true,
      maxPerSecond: 4,
      slow: 'conflate',
    });
    expect(deliveryOf({ delivery: { latest: true }, slow: 'gap' })).toMatchObject({
      key: [],
      slow: 'gap',
    });
  });

  it('has a key for the slow alone', () => {
    const delivery = deliveryOf({ slow: { conflate: ['symbol', 'venue'] } });
    expect(delivery).toMatchObject({ key: ['symbol', 'venue'], isLatest: false, slow: 'conflate' });
  });
});

describe('the delivery of a topic', () => {
  it('is described where it is not the default', () => {
    const described = (options: object) =>
      topicOf(
        describeContract(
          contract('shop', { prices: topic({ message: Price, ...options } as never) }),
        ),
      );
    expect(described({ delivery: { latest: 'symbol', maxPerSecond: 2 } })).toMatchObject({
      delivery: { latest: ['symbol'], maxPerSecond: 2 },
    });
    expect(described({ slow: { conflate: 'symbol' } })).toMatchObject({
      slow: { conflate: ['symbol'] },
    });
    expect(described({ delivery: { latest: true }, slow: 'close' })).toMatchObject({
      delivery: { latest: [] },
      slow: 'close',
    });
    expect(described({ delivery: 'every', slow: 'gap' })).not.toHaveProperty('slow');
    expect(described({ delivery: { latest: 'symbol' } })).not.toHaveProperty('slow');
  });

  it('takes fields of all messages of a union, by name or in place', () => {
    const kinds = z.union([
      z.object({ kind: z.literal('a'), id: z.int() }),
      z.object({ kind: z.literal('b'), id: z.string().nullable() }).meta({ id: 'B' }),
    ]);
    expect(
      problemsOf({ all: topic({ message: kinds, delivery: { latest: ['kind', 'id'] } }) }),
    ).toEqual([]);
  });

  it.each([
    [{ latest: 'name' }, 'the key "name" is no field of the message'],
    [
      { latest: ['symbol', 'at'] },
      'the key "at" must be a string, number, bigint, boolean or enum in every message',
    ],
  ])('refuses the key of %j', (delivery, fault) => {
    const prices = topic({ message: Price, delivery } as never);
    expect(problemsOf({ prices })).toEqual([`shop.prices: ${fault}`]);
  });

  it('refuses to conflate without a key, and two keys', () => {
    expect(problemsOf({ prices: topic({ message: Price, slow: 'conflate' }) })).toEqual([
      'shop.prices: option "slow": "conflate" needs a key; use { conflate: "<field>" }',
    ]);
    const prices = topic({
      message: Price,
      delivery: { latest: 'symbol' },
      slow: { conflate: 'venue' },
    });
    expect(problemsOf({ prices })).toEqual([
      'shop.prices: option "slow": its key is that of "latest" here; use "conflate" alone',
    ]);
  });
});

describe('the snapshot of a topic', () => {
  const params = z.object({ room: z.string(), page: z.int().default(1), lang: z.enum(['x', 'y']) });
  const changes = topic({ params, message: Price, snapshot: 'board' });
  const output = z.array(Price);

  it('is a call whose input takes the params', () => {
    const inputs = [
      params,
      z.object({
        room: z.string(),
        page: z.number().optional(),
        lang: z.string(),
        more: z.string().optional(),
      }),
    ];
    for (const input of inputs) {
      expect(problemsOf({ changes, board: call({ input, output }) })).toEqual([]);
    }
    const bare = topic({ message: Price, snapshot: 'board' });
    expect(problemsOf({ bare, board: call({ output }) })).toEqual([]);
  });

  it.each([
    [{}, 'the contract has no call "board"'],
    [{ board: topic({ message: Price }) }, 'the contract has no call "board"'],
    [{ board: call({ input: params }) }, 'the call "board" has no output'],
    [{ board: call({ output }) }, 'the input of "board" must be an object with the params'],
    [
      { board: call({ input: params.extend({ key: z.string() }), output }) },
      'the input of "board" needs "key", which is no param',
    ],
    [
      { board: call({ input: params.omit({ page: true }), output }) },
      'the input of "board" has no "page", as the params have',
    ],
    [
      { board: call({ input: params.extend({ page: z.int() }), output }) },
      'the input of "board" does not take the "page" of the params',
    ],
    [
      { board: call({ input: params.extend({ room: z.int() }), output }) },
      'the input of "board" does not take the "room" of the params',
    ],
  ])('is refused: %j', (members, fault) => {
    expect(problemsOf({ changes, ...members })).toEqual([
      `shop.changes: option "snapshot": ${fault}`,
    ]);
  });

  it('is as of one topic', () => {
    const board = call({ input: params, output });
    expect(problemsOf({ changes, others: changes, board })).toEqual([
      'shop.others: option "snapshot": it is the snapshot of "changes" already, and is as of one topic',
    ]);
  });

  it('needs no input where the topic has no params', () => {
    const bare = topic({ message: Price, snapshot: 'board' });
    expect(problemsOf({ bare, board: call({ input: z.object({}), output }) })).toEqual([
      'shop.bare: option "snapshot": the topic has no params, and "board" an input',
    ]);
  });
});

import { call, contract } from '@trunkline/contract';
import { connect } from '@trunkline/client';
import { decodeBatch, ENCODING, type Message, Violation } from '@trunkline/protocol';
import { MemoryNetwork, VirtualRuntime } from '@trunkline/protocol/testing';
import { createServer, implement } from '@trunkline/server';
import { acceptInMemory } from '@trunkline/server/testing';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ShopClient } from './generated/shop.client.js';
import { shop as oldShop } from './shop.contract.js';

const { order: _order, price: _price, ship: _ship, ...same } = oldShop.members;

/** The shop of today: bounds changed everywhere, and the layouts of three procedures. */
const shop = contract('shop', {
  ...same,
  greet: call({ input: z.object({ name: z.string().min(1).max(100) }), output: z.string() }),
  order: call({
    // A new field that old clients leave out.
    input: z.object({ sku: z.string(), count: z.int(), note: z.string().optional() }),
    output: z.object({ id: z.string() }),
  }),
  price: call({
    input: z.object({ sku: z.string() }),
    // More is told than old clients ask for.
    output: z.object({ cents: z.int(), currency: z.string() }),
  }),
  ship: call({
    input: z.object({ id: z.string(), speed: z.enum(['slow', 'normal', 'fast']) }),
    output: z.object({ on: z.date() }),
  }),
});

const ITEM = { sku: 'a', price: 1.5 };

function createShop() {
  return implement(shop, {
    greet: ({ name }) => `Hello, ${name}!`,
    find: () => ITEM,
    list: ({ max }) => Array.from({ length: max }, () => ITEM),
    reserve: ({ count }) => count < 10,
    opened: () => new Date(0),
    rate: ({ stars }) => ({ mean: stars / 2 }),
    photo: () => Uint8Array.of(1, 2, 3),
    order: ({ sku, count, note = 'none' }) => ({ id: `${sku}-${count}-${note}` }),
    price: () => ({ cents: 150, currency: 'EUR' }),
    ship: ({ speed }) => ({ on: new Date(speed === 'fast' ? 1_000 : 2_000) }),
  });
}

function messagesOf(batches: readonly Uint8Array[]): Message[] {
  return batches.flatMap((bytes) => {
    const batch = decodeBatch(bytes);
    if (batch instanceof Violation) throw new Error(batch.reason);
    return batch.messages as Message[];
  });
}

/** Encodings of what was carried, by the number of the procedure. */
function encodingsOf(network: MemoryNetwork) {
  const calls = messagesOf(network.latest.fromClient).filter(({ kind }) => kind === 'CALL');
  const answers = messagesOf(network.latest.fromServer);
  return { calls, answers } as {
    calls: Extract<Message, { kind: 'CALL' }>[];
    answers: Extract<Message, { kind: 'RESULT' | 'ERROR' }>[];
  };
}

describe('a client that was generated from an older contract', () => {
  it('goes on packed where layouts are the same, and falls back by itself where not', async () => {
    const runtime = new VirtualRuntime();
    const network = new MemoryNetwork(runtime);
    const server = createServer({ services: [createShop()], anonymous: true, runtime });
    acceptInMemory(server, network);
    const client = connect('ws://memory', {
      services: { shop: ShopClient },
      runtime,
      dial: network.dial,
    });
    const { shop: old } = client;
    for (const round of [1, 2]) {
      const answers = await Promise.all([
        old.greet({ name: 'Ada' }),
        old.find({ sku: 'a' }),
        old.list({ max: 2 }),
        old.reserve({ sku: 'a', count: 3 }),
        old.opened(),
        old.rate({ stars: 5 }),
        old.photo({ sku: 'a' }),
        old.order({ sku: 'a', count: round }),
        old.price({ sku: 'a' }),
        old.ship({ id: 'x', speed: 'fast' }),
      ]);
      expect(answers).toEqual([
        'Hello, Ada!',
        ITEM,
        [ITEM, ITEM],
        true,
        new Date(0),
        { mean: 2.5 },
        Uint8Array.of(1, 2, 3),
        { id: `a-${round}-none` },
        { cents: 150, currency: 'EUR' },
        { on: new Date(1_000) },
      ]);
    }
    const { calls, answers } = encodingsOf(network);
    const refused = answers.filter((answer) => answer.kind === 'ERROR');
    expect(refused.map(({ code, executed }) => [code, executed])).toEqual([
      ['LAYOUT', 'no'],
      ['LAYOUT', 'no'],
    ]);
    const unpacked = calls.filter(({ encoding }) => encoding === ENCODING.SUPERJSON);
    // `order` and `ship` once in each round; the input of `price` did not change.
    expect(unpacked).toHaveLength(4);
    const results = answers.filter(({ kind, encoding }) => {
      return kind === 'RESULT' && encoding === ENCODING.SUPERJSON;
    });
    // Only the answer of `price` has another layout.
    expect(results).toHaveLength(2);
    client.close();
    await server.close();
    await runtime.settle();
    expect(runtime.timers).toBe(0);
  });
});

import { call, contract, stream, topic } from '@trunkline/contract';
import { createTopics, implement } from '@trunkline/server';
import type { Observed, Observer } from '@trunkline/server/operations';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { describeTransports } from '../support/peers.js';

const shop = contract('shop', {
  order: call({
    input: z.object({ item: z.string() }),
    output: z.string(),
    errors: { SOLD_OUT: z.object({ item: z.string() }) },
    idempotent: true,
  }),
  count: stream({ input: z.object({ to: z.int() }), down: z.int() }),
  news: topic({
    message: z.object({ text: z.string() }),
    params: z.object({ room: z.string() }),
    keep: { count: 3 },
    publish: 'client',
  }),
});
const contracts = { shop };

function shopService() {
  return implement(shop, {
    order: ({ item }, context) => {
      if (item === 'none') throw context.error('SOLD_OUT', { item });
      return item;
    },
    async *count({ to }) {
      for (let i = 0; i < to; i++) yield i;
    },
    news: { authorize: () => true, authorizePublish: () => true },
  });
}

/** Notes everything that it is told, in order. */
function notebook() {
  const notes: [name: string, event: Record<string, unknown>][] = [];
  const observer = new Proxy<Observer>(
    {},
    {
      get: (_, name) => (event: never) => void notes.push([String(name), event]),
    },
  );
  return {
    notes,
    observer,
    of: <Name extends keyof Observer>(name: Name) =>
      notes.flatMap(([noted, event]) =>
        noted === name ? [event as unknown as Observed<Name>] : [],
      ),
  };
}

describeTransports('an observer', (open) => {
  it('is told of the start and the end of each call, with its code', async () => {
    const book = notebook();
    const options = {
      anonymous: true as const,
      services: [shopService()],
      observers: [book.observer],
    };
    await using peers = await open(options);
    const client = peers.connect({ contracts });
    await client.shop.order({ item: 'book' });
    await client.shop.order.safe({ item: 'none' });
    for await (const _ of client.shop.count({ to: 3 }));
    const ended = book.of('callEnded');
    const started = book.of('callStarted');
    expect(ended.map(({ call }) => call)).toEqual(started);
    ended.forEach(({ call: about }, index) => expect(about).toBe(started[index]));
    expect(ended).toMatchObject([
      {
        call: { procedure: 'shop.order', kind: 'call' },
        code: 'OK',
        executed: 'yes',
        idempotency: 'ran',
      },
      { code: 'SOLD_OUT', executed: 'yes' },
      { call: { procedure: 'shop.count', kind: 'stream' }, code: 'OK', itemsOut: 3 },
    ]);
    for (const { bytesIn, ms, handlerMs } of ended) {
      expect(bytesIn).toBeGreaterThan(0);
      expect(handlerMs).toBeLessThanOrEqual(ms);
    }
  });

  it('is told of connections, sessions and who was let in', async () => {
    const book = notebook();
    const options = {
      anonymous: true as const,
      services: [shopService()],
      observers: [book.observer],
    };
    {
      await using peers = await open(options);
      const client = peers.connect({ contracts });
      await client.shop.order({ item: 'book' });
    }
    const names = book.notes.map(([name]) => name);
    expect(names).toEqual([
      'connectionOpened',
      'authDecided',
      'sessionOpened',
      'callStarted',
      'callEnded',
      'connectionClosed',
      'sessionEnded',
    ]);
  });

  it('can account for every message of a topic', async () => {
    const book = notebook();
    const options = {
      anonymous: true as const,
      services: [shopService()],
      observers: [book.observer],
    };
    await using peers = await open(options);
    const topics = createTopics(shop, peers.server.broker, { observers: [book.observer] });
    const client = peers.connect({ contracts });
    const texts: string[] = [];
    const subscription = client.shop.news({ room: 'a' }).subscribe({
      message: ({ text }) => texts.push(text),
    });
    await expect.poll(() => book.of('subscribed').length).toBe(1);
    for (const text of ['1', '2', '3']) await topics.news({ room: 'a' }).publish({ text });
    await client.shop.news({ room: 'a' }).publish({ text: '4' });
    await expect.poll(() => texts).toEqual(['1', '2', '3', '4']);
    expect(peers.server.topicCounts).toEqual([
      { topic: 'shop.news', offered: 4, delivered: 4, conflated: 0, gap: 0, queued: 0 },
    ]);
    expect(book.of('messageDelivered')).toHaveLength(4);
    expect(book.of('publishEnded').map(({ by, ok }) => [by, ok])).toEqual([
      ['server', true],
      ['server', true],
      ['server', true],
      ['client', true],
    ]);
    subscription.close();
    await expect
      .poll(() => book.of('subscriptionEnded'))
      .toMatchObject([{ topic: 'shop.news', reason: 'unsubscribed' }]);
  });

  it('is told of limits that somebody meets, by their names', async () => {
    const book = notebook();
    const options = { anonymous: true as const, services: [shopService()] };
    const limits = { subscriptions: 1 };
    await using peers = await open({ ...options, observers: [book.observer], limits });
    const client = peers.connect({ contracts });
    for (const room of ['a', 'b']) {
      client.shop.news({ room }).subscribe({ message: () => undefined });
    }
    await expect.poll(() => book.of('limitHit').length).toBeGreaterThan(0);
    const [{ session } = {}] = book.of('sessionOpened');
    const [hit] = book.of('limitHit');
    expect(hit).toEqual({ limit: 'subscriptions', reaction: 'BUSY', session });
    expect(peers.server.limits.list().map(({ name }) => name)).toContain(hit?.limit);
  });

  it('harms nobody when it throws, and its failure is reported once', async () => {
    const told: string[] = [];
    const observers: Observer[] = [
      {
        callEnded: () => {
          throw new Error('the disk is full');
        },
      },
      { callEnded: ({ code }) => void told.push(code) },
    ];
    const options = { anonymous: true as const, services: [shopService()], observers };
    await using peers = await open(options);
    const client = peers.connect({ contracts });
    for (const item of ['a', 'b', 'c']) expect(await client.shop.order({ item })).toBe(item);
    expect(told).toEqual(['OK', 'OK', 'OK']);
    expect(peers.failures).toMatchObject([{ where: 'observer.callEnded' }]);
  });

  it('harms nobody when it rejects, and its failure is reported once', async () => {
    const failed = Promise.reject(new Error('the disk is full'));
    failed.catch(() => undefined);
    // What returns nothing may be async all the same.
    const observers: Observer[] = [{ callEnded: () => failed.then(() => undefined) as never }];
    const options = { anonymous: true as const, services: [shopService()], observers };
    await using peers = await open(options);
    const client = peers.connect({ contracts });
    for (const item of ['a', 'b', 'c']) expect(await client.shop.order({ item })).toBe(item);
    await expect.poll(() => peers.failures).toMatchObject([{ where: 'observer.callEnded' }]);
  });
});

import { call, contract, topic } from '@trunkline/contract';
import { connect, type Gap } from '@trunkline/client';
import { MemoryNetwork, VirtualRuntime } from '@trunkline/protocol/testing';
import { createServer, createTopics, implement, MemoryBroker } from '@trunkline/server';
import { acceptInMemory } from '@trunkline/server/testing';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { FaultyBroker } from '../../packages/server/tests/faulty-broker.js';
import { createDeferred } from '../support/deferred.js';
import { bind, call as callMessage, subscribe } from '../support/messages.js';
import { describeTransports } from '../support/peers.js';
import { openRawHost } from '../support/raw-peer.js';

const Price = z.object({ symbol: z.string(), cents: z.int(), note: z.string().optional() });
const Market = z.object({ market: z.string() });

const shop = contract('shop', {
  prices: topic({
    params: Market,
    message: Price,
    public: true,
    delivery: { latest: 'symbol', maxPerSecond: 10 },
  }),
  newest: topic({
    params: Market,
    message: Price,
    public: true,
    keep: { count: 10 },
    delivery: { latest: 'symbol' },
  }),
  ticks: topic({ message: Price, public: true, slow: { conflate: 'symbol' } }),
  trades: topic({ message: Price, public: true, slow: 'close', keep: { count: 1_000 } }),
  stock: call({ input: Market, output: z.record(z.string(), z.int()) }),
  changes: topic({ params: Market, message: Price, public: true, snapshot: 'stock' }),
});

const MARKET = { market: 'a' };
const LARGE = 'x'.repeat(2_000);

/** A service whose state is what its topic says has changed. */
function shopService(state: Map<string, number>) {
  return implement(shop, { stock: () => Object.fromEntries(state) });
}

function setUp() {
  const state = new Map<string, number>();
  const broker = new MemoryBroker();
  const topics = createTopics(shop, broker);
  const change = async (symbol: string, cents: number): Promise<void> => {
    state.set(symbol, cents);
    await topics.changes(MARKET).publish({ symbol, cents });
  };
  return { state, broker, topics, change, service: shopService(state) };
}

describeTransports('a topic with snapshots', (open) => {
  it('is whole again after a cut, though it keeps nothing', async () => {
    const { broker, change, service } = setUp();
    await using peers = await open({ anonymous: true, broker, services: [service] });
    const client = peers.connect({ contracts: { shop } });
    let seen: Record<string, number> = {};
    let snapshots = 0;
    await change('a', 1);
    client.shop.changes(MARKET).subscribe({
      snapshot: (stock) => {
        snapshots++;
        seen = { ...stock };
      },
      message: ({ symbol, cents }) => void (seen[symbol] = cents),
    });
    await expect.poll(() => seen).toEqual({ a: 1 });
    await change('b', 2);
    await expect.poll(() => seen).toEqual({ a: 1, b: 2 });
    peers.cut();
    await change('a', 3);
    await change('c', 4);
    await peers.restore();
    await expect.poll(() => seen).toEqual({ a: 3, b: 2, c: 4 });
    await change('c', 5);
    await expect.poll(() => seen).toEqual({ a: 3, b: 2, c: 5 });
    expect(snapshots).toBe(2);
    expect(peers.failures).toEqual([]);
  });

  it('goes on in a loop', async () => {
    const { broker, change, service } = setUp();
    await using peers = await open({ anonymous: true, broker, services: [service] });
    const client = peers.connect({ contracts: { shop } });
    const seen: unknown[] = [];
    const finished = (async () => {
      const onSnapshot = (stock: Record<string, number>) => seen.push(stock);
      for await (const { cents } of client.shop.changes(MARKET, { onSnapshot })) seen.push(cents);
    })();
    await expect.poll(() => seen).toEqual([{}]);
    await change('a', 1);
    await expect.poll(() => seen).toEqual([{}, 1]);
    client.close();
    await finished;
  });
});

describeTransports('a topic of which only the newest of each key are delivered', (open) => {
  it('ends with the newest of each key, and tells of no gap', async () => {
    const { broker, topics, service } = setUp();
    await using peers = await open({ anonymous: true, broker, services: [service] });
    const client = peers.connect({ contracts: { shop } });
    const seen = new Map<string, number>();
    const gaps: Gap[] = [];
    let count = 0;
    const subscription = client.shop.newest(MARKET).subscribe({
      message: ({ symbol, cents }) => {
        count++;
        seen.set(symbol, cents);
      },
      gap: (gap) => gaps.push(gap),
    });
    await expect.poll(() => subscription.state.status).toBe('live');
    const publisher = topics.newest(MARKET);
    const sent = Array.from({ length: 100 }, (_, n) =>
      publisher.publish({ symbol: n % 2 === 0 ? 'even' : 'odd', cents: n }),
    );
    await Promise.all(sent);
    await expect.poll(() => Object.fromEntries(seen)).toEqual({ even: 98, odd: 99 });
    expect(count).toBeLessThan(100);
    expect(gaps).toEqual([]);
  });
});

it('the newest of each key are delivered at the rate of their topic', async () => {
  const { topics, service, broker } = setUp();
  const runtime = new VirtualRuntime();
  const network = new MemoryNetwork(runtime);
  const server = createServer({ anonymous: true, runtime, broker, services: [service] });
  acceptInMemory(server, network);
  const client = connect('ws://memory', { contracts: { shop }, runtime, dial: network.dial });
  const seen: [string, number][] = [];
  client.shop.prices(MARKET).subscribe({
    message: ({ symbol, cents }) => seen.push([symbol, cents]),
  });
  await runtime.settle();
  for (let n = 0; n < 100; n++) {
    await topics.prices(MARKET).publish({ symbol: 'a', cents: n });
    await topics.prices(MARKET).publish({ symbol: 'b', cents: n });
    await runtime.advance(10);
  }
  await runtime.advance(100);
  for (const symbol of ['a', 'b']) {
    const cents = seen.flatMap(([of, value]) => (of === symbol ? [value] : []));
    expect(cents).toHaveLength(11);
    expect(cents.at(-1)).toBe(99);
  }
  client.close();
  await server.close();
  await runtime.settle();
  expect(runtime.timers).toBe(0);
});

describe('a reader that takes nothing for a while', () => {
  it('gets the newest of each key when it takes something, where its topic conflates', async () => {
    const { broker, topics, service } = setUp();
    await using host = openRawHost({ anonymous: true, broker, services: [service] });
    const peer = host.connect();
    await peer.hello();
    await peer.send(subscribe(0, 'shop.ticks'));
    host.network.latest.hold('server');
    for (let n = 1; n <= 2_000; n++) {
      await topics.ticks().publish({ symbol: `${n % 3}`, cents: n, note: LARGE });
    }
    await host.runtime.settle();
    host.network.latest.release('server');
    await host.runtime.settle();
    const messages = peer.of('MESSAGE');
    const { length } = messages;
    expect(peer.of('GAP')).toEqual([]);
    expect(messages.slice(-3).map(({ offset }) => offset)).toEqual([1_998, 1_999, 2_000]);
    expect(messages.reduce((sum, { skipped }) => sum + 1 + skipped, 0)).toBe(2_000);
    expect(length).toBeLessThan(800);
  });

  it('has its connection closed with 4508 where its topic closes, and comes back for the rest', async () => {
    const { broker, topics, service } = setUp();
    const limits = { outboxBytes: 300_000 };
    await using host = openRawHost({ anonymous: true, broker, services: [service], limits });
    const peer = host.connect();
    await peer.hello();
    await peer.send(subscribe(0, 'shop.trades'));
    const [{ epoch } = { epoch: '' }] = peer.of('SUBSCRIBED');
    host.network.latest.hold('server');
    for (let n = 1; n <= 400; n++) {
      await topics.trades().publish({ symbol: 'a', cents: n, note: LARGE });
    }
    await host.runtime.settle();
    expect(host.server.counts.connections).toBe(0);
    host.network.latest.release('server');
    await host.runtime.settle();
    expect(peer.closed?.code).toBe(4508);
    const seen = peer.of('MESSAGE').map(({ offset }) => offset);
    const offset = seen.at(-1) ?? 0;
    const again = host.connect();
    await again.hello();
    await again.send(subscribe(0, 'shop.trades', { cursor: { epoch, offset } }));
    await host.runtime.settle();
    seen.push(...again.of('MESSAGE').map((message) => message.offset));
    expect(seen).toEqual(Array.from({ length: 400 }, (_, n) => n + 1));
    expect([...peer.of('GAP'), ...again.of('GAP')]).toEqual([]);
  });
});

describe('the result of a snapshot', () => {
  it('says where the topic was before its handler began', async () => {
    const release = createDeferred();
    const broker = new MemoryBroker();
    const topics = createTopics(shop, broker);
    let starts = 0;
    const service = implement(shop, {
      stock: async () => {
        starts++;
        await release.promise;
        return {};
      },
    });
    await using host = openRawHost({ anonymous: true, broker, services: [service] });
    const { epoch } = await topics.changes(MARKET).publish({ symbol: 'a', cents: 1 });
    const peer = host.connect();
    await peer.hello();
    await peer.send(bind(0, 'shop.stock'), callMessage(0, 0, MARKET));
    expect(starts).toBe(1);
    await topics.changes(MARKET).publish({ symbol: 'a', cents: 2 });
    release.resolve();
    await host.runtime.settle();
    expect(peer.of('RESULT')).toMatchObject([{ id: 0, asOf: { epoch, offset: 1 } }]);
  });

  it('is not there, and the handler does not run, when the broker cannot say it', async () => {
    const broker = new FaultyBroker(new VirtualRuntime());
    let starts = 0;
    const services = [implement(shop, { stock: () => ({ starts: ++starts }) })];
    await using host = openRawHost({ anonymous: true, broker, services });
    broker.interrupt('unreachable');
    const peer = host.connect();
    await peer.hello();
    await peer.send(bind(0, 'shop.stock'), callMessage(0, 0, MARKET));
    await host.runtime.settle();
    expect(peer.of('ERROR')).toMatchObject([{ code: 'UNAVAILABLE', executed: 'no' }]);
    expect(starts).toBe(0);
  });

  it('is INTERNAL where the parsed input does not hold the params', async () => {
    const strange = contract('strange', {
      state: call({
        input: Market.transform(({ market }) => market),
        output: z.string(),
      }),
      changes: topic({ params: Market, message: Price, public: true, snapshot: 'state' }),
    });
    await using host = openRawHost({
      anonymous: true,
      services: [implement(strange, { state: (market) => market })],
    });
    const peer = host.connect();
    await peer.hello();
    await peer.send(bind(0, 'strange.state'), callMessage(0, 0, MARKET));
    expect(peer.of('ERROR')).toMatchObject([{ code: 'INTERNAL', executed: 'no' }]);
    expect(String(host.failures[0]?.error)).toContain('hold the params of topic "strange.changes"');
  });
});

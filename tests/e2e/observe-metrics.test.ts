import { connect } from '@trunkline/client';
import { call, contract, stream, topic } from '@trunkline/contract';
import { MemoryNetwork, VirtualRuntime } from '@trunkline/protocol/testing';
import { createServer, createTopics, implement } from '@trunkline/server';
import type { Observer } from '@trunkline/server/operations';
import { acceptInMemory } from '@trunkline/server/testing';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { Metrics } from '@trunkline/observe/prometheus';

const shop = contract('shop', {
  order: call({
    input: z.object({ item: z.string() }),
    output: z.string(),
    errors: { SOLD_OUT: z.object({ item: z.string() }) },
  }),
  slow: call({ output: z.string() }),
  count: stream({ input: z.object({ to: z.int() }), down: z.int() }),
  news: topic({
    params: z.object({ room: z.string() }),
    message: z.object({ text: z.string() }),
    keep: { count: 2 },
    public: true,
  }),
});

const service = implement(shop, {
  order: ({ item }, context) => {
    if (item === 'none') throw context.error('SOLD_OUT', { item });
    return item;
  },
  slow: () => new Promise<string>(() => undefined),
  async *count({ to }) {
    for (let i = 0; i < to; i++) yield i;
  },
});

async function openShop(metrics: Metrics, observers: readonly Observer[] = []) {
  const runtime = new VirtualRuntime();
  const network = new MemoryNetwork(runtime);
  const server = createServer({
    anonymous: true,
    services: [service],
    runtime,
    observers: [metrics, ...observers],
  });
  acceptInMemory(server, network);
  const unwatch = metrics.watch(server);
  const client = connect('ws://memory', { contracts: { shop }, runtime, dial: network.dial });
  return {
    client,
    server,
    runtime,
    network,
    topics: createTopics(shop, server.broker),
    async [Symbol.asyncDispose]() {
      client.close();
      await server.close();
      unwatch();
      await runtime.settle();
      expect(runtime.timers).toBe(0);
    },
  };
}

/** The values of a scrape by their names with labels, without those that are 0. */
async function scrape({ register }: Metrics): Promise<Record<string, number>> {
  const lines = (await register.metrics()).split('\n');
  const values = lines.filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    values.flatMap((line) => {
      const at = line.lastIndexOf(' ');
      const value = Number(line.slice(at + 1));
      return value === 0 ? [] : [[line.slice(0, at), value]];
    }),
  );
}

describe('the metrics of a server', () => {
  it('count calls by procedure and code, and time them', async () => {
    const metrics = new Metrics();
    await using open = await openShop(metrics);
    const { shop: api } = open.client;
    for (const item of ['book', 'pen', 'none']) await api.order.safe({ item });
    for await (const _ of api.count({ to: 5 }));
    const values = await scrape(metrics);
    expect(values).toMatchObject({
      'trunkline_calls_total{procedure="shop.order",kind="call",code="OK"}': 2,
      'trunkline_calls_total{procedure="shop.order",kind="call",code="SOLD_OUT"}': 1,
      'trunkline_calls_total{procedure="shop.count",kind="stream",code="OK"}': 1,
      'trunkline_stream_items_total{procedure="shop.count",direction="out"}': 5,
      'trunkline_call_duration_seconds_count{procedure="shop.order"}': 3,
      'trunkline_call_duration_seconds_bucket{le="+Inf",procedure="shop.order"}': 3,
      'trunkline_handler_duration_seconds_count{procedure="shop.order"}': 3,
      'trunkline_sessions{state="attached"}': 1,
      trunkline_connections: 1,
      trunkline_sessions_opened_total: 1,
    });
    expect(values).not.toHaveProperty(
      'trunkline_call_duration_seconds_count{procedure="shop.count"}',
    );
  });

  it('say of a cut how the session came back, and of its end what became of its calls', async () => {
    const metrics = new Metrics();
    {
      await using open = await openShop(metrics);
      await open.client.shop.order({ item: 'book' });
      const slow = open.client.shop.slow.safe();
      await open.runtime.settle();
      expect(await scrape(metrics)).toMatchObject({ trunkline_calls_running: 1 });
      open.network.latest.cut();
      await open.runtime.settle();
      expect(await scrape(metrics)).toMatchObject({ 'trunkline_sessions{state="detached"}': 1 });
      await open.runtime.advance(21_000);
      open.client.close();
      await slow;
      await open.runtime.settle();
    }
    expect(await scrape(metrics)).toMatchObject({
      'trunkline_resumes_total{outcome="resumed"}': 1,
      'trunkline_connections_closed_total{code="1006",by="peer"}': 1,
      'trunkline_sessions_ended_total{reason="left"}': 1,
      'trunkline_calls_total{procedure="shop.slow",kind="call",code="SESSION_LOST"}': 1,
      'trunkline_calls_unknown_total{procedure="shop.slow"}': 1,
    });
  });

  it('account for every offset of a topic: offered is delivered, conflated and gap', async () => {
    const metrics = new Metrics();
    await using open = await openShop(metrics);
    const texts: string[] = [];
    const gaps: unknown[] = [];
    const news = open.client.shop.news({ room: 'a' });
    const subscription = news.subscribe({
      message: ({ text }) => texts.push(text),
      gap: (gap) => gaps.push(gap),
    });
    await open.runtime.settle();
    const publish = (text: string) => open.topics.news({ room: 'a' }).publish({ text });
    await publish('1');
    await open.runtime.settle();
    open.network.isDown = true;
    open.network.latest.cut();
    for (const text of ['2', '3', '4', '5']) await publish(text);
    open.network.isDown = false;
    await open.runtime.advance(21_000);
    expect(texts).toEqual(['1', '4', '5']);
    expect(gaps).toHaveLength(1);
    expect(await scrape(metrics)).toMatchObject({
      'trunkline_topic_offered_total{topic="shop.news"}': 5,
      'trunkline_topic_delivered_total{topic="shop.news"}': 3,
      'trunkline_topic_gap_total{topic="shop.news"}': 2,
      'trunkline_gaps_total{topic="shop.news",reason="expired"}': 1,
      'trunkline_subscribes_total{topic="shop.news",state="gap"}': 1,
      'trunkline_messages_total{topic="shop.news"}': 1,
    });
    subscription.close();
  });

  it('tell of a drain, and when no new session is taken any more', async () => {
    const metrics = new Metrics();
    await using open = await openShop(metrics);
    await open.client.shop.order({ item: 'book' });
    const slow = open.client.shop.slow.safe();
    await open.runtime.settle();
    expect(await scrape(metrics)).toMatchObject({ trunkline_ready: 1 });
    const drained = open.server.drain({ windowMs: 10_000 });
    expect(await scrape(metrics)).not.toHaveProperty('trunkline_ready');
    await open.runtime.advance(10_000);
    expect(await drained).toMatchObject({ unknown: 1 });
    expect(await slow).toMatchObject({ ok: false, error: { executed: 'unknown' } });
    expect(await scrape(metrics)).toMatchObject({
      trunkline_drains_total: 1,
      trunkline_drain_duration_seconds_count: 1,
      trunkline_drain_unknown_total: 1,
      'trunkline_calls_unknown_total{procedure="shop.slow"}': 1,
    });
  });
});

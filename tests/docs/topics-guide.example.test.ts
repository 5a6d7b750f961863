import { connect } from '@trunkline/client';
import { call, contract, topic } from '@trunkline/contract';
import { createServer, createTopics, implement } from '@trunkline/server';
import { acceptInMemory, MemoryNetwork, VirtualRuntime } from '@trunkline/server/testing';
import { expect, it } from 'vitest';
import * as z from 'zod';

const Market = z.object({ market: z.string() });
const Price = z.object({ symbol: z.string(), cents: z.int() });

const board = contract('board', {
  prices: call({ input: Market, output: z.array(Price) }),
  changes: topic({
    params: Market,
    message: Price,
    public: true,
    delivery: { latest: 'symbol', maxPerSecond: 10 },
    snapshot: 'prices',
  }),
});

it('shows every price, whatever was missed', async () => {
  const runtime = new VirtualRuntime();
  const network = new MemoryNetwork(runtime);
  const prices = new Map([['ABC', 100]]);
  const service = implement(board, {
    prices: () => [...prices].map(([symbol, cents]) => ({ symbol, cents })),
  });
  const server = createServer({ anonymous: true, services: [service], runtime });
  acceptInMemory(server, network);
  const topics = createTopics(board, server.broker);
  const change = async (symbol: string, cents: number): Promise<void> => {
    prices.set(symbol, cents); // first what the snapshot reads, then the topic
    await topics.changes({ market: 'x' }).publish({ symbol, cents });
  };

  const client = connect('ws://memory', { contracts: { board }, runtime, dial: network.dial });
  const shown = new Map<string, number>();
  client.board.changes({ market: 'x' }).subscribe({
    snapshot: (all) => {
      shown.clear();
      for (const { symbol, cents } of all) shown.set(symbol, cents);
    },
    message: ({ symbol, cents }) => void shown.set(symbol, cents),
  });
  await runtime.settle();
  expect([...shown]).toEqual([['ABC', 100]]);

  network.latest.cut();
  await change('ABC', 101); // nobody keeps this one
  await runtime.advance(1_000);
  await change('XYZ', 50);
  await runtime.advance(100);
  expect([...shown]).toEqual([...prices]);

  client.close();
  await server.close();
});

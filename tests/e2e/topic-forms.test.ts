import { contract, topic } from '@trunkline/contract';
import { connect, type Gap } from '@trunkline/client';
import {
  decodeBatch,
  ENCODING,
  Violation,
  type Message,
  type PlacedRecord,
} from '@trunkline/protocol';
import { MemoryNetwork, VirtualRuntime } from '@trunkline/protocol/testing';
import { createServer, createTopics, implement, MemoryBroker } from '@trunkline/server';
import { acceptInMemory } from '@trunkline/server/testing';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';

const news = contract('news', {
  all: topic({ message: z.object({ at: z.date(), text: z.string() }), public: true, keep: {} }),
  dates: topic({ message: z.array(z.date()), public: true, keep: {} }),
  numbers: topic({ message: z.array(z.int()), public: true, keep: {} }),
});
const FIRST = { at: new Date(1), text: 'first' };
const SECOND = { at: new Date(2), text: 'second' };

/** A server with one topic, and two clients of which one reads superjson alone. */
async function setup() {
  const runtime = new VirtualRuntime();
  const network = new MemoryNetwork(runtime);
  const broker = new MemoryBroker({ runtime });
  const server = createServer({
    services: [implement(news, {})],
    anonymous: true,
    broker,
    runtime,
  });
  acceptInMemory(server, network);
  const clients = [true, false].map((packed) =>
    connect('ws://memory', { contracts: { news }, packed, runtime, dial: network.dial }),
  );
  const seen = clients.map((client) => {
    const got: unknown[] = [];
    const listeners = {
      message: (message: unknown) => got.push(Array.isArray(message) ? message.length : message),
      gap: ({ reason, from, to }: Gap) => got.push({ reason, from, to }),
    };
    client.news.all().subscribe(listeners);
    client.news.dates().subscribe(listeners);
    client.news.numbers().subscribe(listeners);
    return got;
  });
  await runtime.settle();
  const close = async (): Promise<void> => {
    for (const client of clients) client.close();
    await server.close();
    await broker.close();
    await runtime.settle();
    expect(runtime.timers).toBe(0);
  };
  const topics = createTopics(news, broker);
  return { runtime, network, broker, seen, topics, publisher: topics.all(), close };
}

function encodingsOf(batches: readonly Uint8Array[]): number[] {
  return batches.flatMap((bytes) => {
    const batch = decodeBatch(bytes);
    if (batch instanceof Violation) throw new Error(batch.reason);
    return (batch.messages as Message[]).flatMap((message) =>
      message.kind === 'MESSAGE' ? [message.encoding] : [],
    );
  });
}

describe('a topic with subscribers of two forms', () => {
  it('gives each the same messages in the form that it reads', async () => {
    const { runtime, network, seen, publisher, close } = await setup();
    await publisher.publish(FIRST);
    await publisher.publish(SECOND);
    await runtime.settle();
    expect(seen).toEqual([
      [FIRST, SECOND],
      [FIRST, SECOND],
    ]);
    const encodings = network.connections.map(({ fromServer }) => encodingsOf(fromServer));
    expect(encodings).toEqual([
      [ENCODING.PACKED, ENCODING.PACKED],
      [ENCODING.SUPERJSON, ENCODING.SUPERJSON],
    ]);
    await close();
  });

  it('reports a gap for what was packed with a layout that is not known here', async () => {
    const { runtime, broker, seen, publisher, close } = await setup();
    await publisher.publish(FIRST);
    const strange: Pick<PlacedRecord, 'publishId' | 'encoding' | 'layoutHash' | 'bytes'> = {
      publishId: undefined,
      encoding: ENCODING.PACKED,
      layoutHash: 'ffffffffffffffff',
      bytes: Uint8Array.of(0),
    };
    await broker.publish({ key: 'news.all', keep: undefined }, strange);
    await publisher.publish(SECOND);
    await runtime.settle();
    const gap = { reason: 'layout', from: 2, to: 2 };
    expect(seen).toEqual([
      [FIRST, gap, SECOND],
      [FIRST, gap, SECOND],
    ]);
    await close();
  });

  it.each(['dates', 'numbers'] as const)(
    'reports a gap to who reads superjson for many %s that only fit packed',
    async (name) => {
      const { runtime, network, seen, topics, close } = await setup();
      const publish = (count: number) =>
        name === 'dates'
          ? topics.dates().publish(Array.from({ length: count }, (_, n) => new Date(n)))
          : topics.numbers().publish(Array.from({ length: count }, (_, n) => n % 60));
      const most = name === 'dates' ? 1_500 : 150_000;
      await publish(1);
      await publish(most);
      await publish(2);
      await runtime.settle();
      expect(seen).toEqual([
        [1, most, 2],
        [1, { reason: 'layout', from: 2, to: 2 }, 2],
      ]);
      expect(network.connections).toHaveLength(2);
      await close();
    },
  );
});

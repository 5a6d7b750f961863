import { connect, serve, type ConnectionState } from '@trunkline/client';
import { call, contract, stream, topic } from '@trunkline/contract';
import { MemoryNetwork, VirtualRuntime } from '@trunkline/protocol/testing';
import {
  createClientCalls,
  createServer,
  implement,
  MemoryBroker,
  type Server,
} from '@trunkline/server';
import type { DrainReport } from '@trunkline/server/operations';
import { acceptInMemory } from '@trunkline/server/testing';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createDeferred } from '../support/deferred.js';
import { NOTHING_OPEN } from '../support/nothing-open.js';

const desk = contract('desk', {
  wait: call({ output: z.string() }),
  where: call({ output: z.string() }),
  note: call({ input: z.string() }),
  count: stream({ down: z.int() }),
  ask: call(),
  client: { confirm: call({ output: z.string() }) },
  news: topic({ message: z.int(), public: true, publish: 'client', keep: { count: 1_000 } }),
});
const contracts = { desk };
const LONG = { deadlineMs: 600_000 };
const failed = (error: unknown): unknown => error;

interface Node {
  readonly server: Server;
  readonly notes: string[];
  /** What the client has answered. */
  readonly asked: Promise<string>[];
  readonly answer: ReturnType<typeof createDeferred<string>>;
}

/** Two servers with one broker; new connections go where a test says. */
function openNodes() {
  const runtime = new VirtualRuntime();
  const broker = new MemoryBroker({ runtime });
  const network = new MemoryNetwork(runtime);
  const create = (name: string): Node => {
    const answer = createDeferred<string>();
    const notes: string[] = [];
    const asked: Promise<string>[] = [];
    const service = implement(desk, {
      wait: () => answer.promise,
      where: () => name,
      note: (text) => void notes.push(text),
      ask: (_input, { session }) =>
        void asked.push(createClientCalls(desk, session).confirm(undefined, LONG)),
      async *count(_input, { signal }) {
        yield 0;
        await new Promise((_resolve, reject) => signal.addEventListener('abort', reject));
      },
      news: { authorizePublish: () => true },
    });
    const server = createServer({ anonymous: true, services: [service], runtime, broker });
    return { server, notes, asked, answer };
  };
  const nodes = { a: create('a'), b: create('b') };
  const goTo = (name: keyof typeof nodes): void => acceptInMemory(nodes[name].server, network);
  goTo('a');
  const states: ConnectionState['status'][] = [];
  const confirmed = createDeferred<string>();
  const handlers = [serve(desk, { confirm: () => confirmed.promise })];
  const client = connect('ws://memory', { contracts, handlers, runtime, dial: network.dial });
  client.connection.watch(({ status }) => void states.push(status));
  const result: { report?: DrainReport } = {};
  return {
    ...nodes,
    runtime,
    network,
    client,
    confirmed,
    states,
    result,
    goTo,
    /** Drains the first server; new connections go to the second. */
    async drain(windowMs = 10_000): Promise<void> {
      goTo('b');
      void nodes.a.server.drain({ windowMs }).then((report) => (result.report = report));
      await runtime.settle();
    },
    async [Symbol.asyncDispose]() {
      client.close();
      for (const { server, answer } of Object.values(nodes)) {
        answer.resolve('nobody waits');
        await server.close();
      }
      await broker.close();
      await runtime.settle();
      for (const { server } of Object.values(nodes)) expect(server.counts).toEqual(NOTHING_OPEN);
      expect(runtime.timers).toBe(0);
    },
  };
}

describe('a client whose server drains', () => {
  it('moves without ever being out of touch, and the server is closed at once', async () => {
    await using host = openNodes();
    await host.client.connection.live();
    await host.drain();
    await host.runtime.advance(100);
    expect(await host.client.desk.where()).toBe('b');
    expect(host.states).toEqual(['connecting', 'live', 'live']);
    expect(host.result.report).toMatchObject({ sessions: 1, moved: 1, unknown: 0 });
    expect(host.a.server.phase).toBe('closed');
  });

  it('gets the answer of a handler that runs, from the server where it began', async () => {
    await using host = openNodes();
    const answer = host.client.desk.wait(undefined, LONG);
    await host.runtime.settle();
    await host.drain();
    await host.runtime.advance(5_000);
    expect(await host.client.desk.where()).toBe('b');
    host.a.answer.resolve('from a');
    await host.runtime.settle();
    expect(await answer).toBe('from a');
    await host.runtime.advance(100);
    expect(host.result.report).toMatchObject({ moved: 1, finished: 1, unknown: 0 });
  });

  it('is told the truth of what did not end in time', async () => {
    await using host = openNodes();
    const call = host.client.desk.wait(undefined, LONG).catch(failed);
    const items: number[] = [];
    const stream = (async () => {
      for await (const item of host.client.desk.count()) items.push(item);
    })().catch(failed);
    await host.runtime.settle();
    await host.drain();
    await host.runtime.advance(10_000);
    expect(await call).toMatchObject({ code: 'DRAINING', executed: 'unknown' });
    expect(await stream).toMatchObject({ code: 'DRAINING', executed: 'unknown' });
    expect(items).toEqual([0]);
    expect(host.result.report).toMatchObject({ moved: 0, finished: 0, unknown: 2 });
    expect(host.states).toEqual(['connecting', 'live', 'live']);
  });

  it('sends again elsewhere what was written and not accepted', async () => {
    await using host = openNodes();
    const wait = host.client.desk.wait(undefined, LONG).catch(failed);
    await host.runtime.settle();
    // There is no other server yet: the client stays until the end.
    void host.a.server.drain({ windowMs: 10_000 });
    await host.runtime.advance(8_600);
    host.goTo('b');
    const noted = host.client.desk.note('held', LONG);
    await host.runtime.advance(2_000);
    await noted;
    expect(host.a.notes).toEqual([]);
    expect(host.b.notes).toEqual(['held']);
    expect(await wait).toMatchObject({ code: 'DRAINING', executed: 'unknown' });
  });

  it('answers what the server has asked, before it leaves it', async () => {
    await using host = openNodes();
    void host.client.desk.ask();
    await host.runtime.settle();
    await host.drain();
    await host.runtime.advance(1_000);
    host.confirmed.resolve('agreed');
    await host.runtime.settle();
    expect(await host.a.asked[0]).toBe('agreed');
    await host.runtime.advance(100);
    expect(host.result.report).toMatchObject({ moved: 1, unknown: 0 });
  });

  it('gets every topic message once, over the move', async () => {
    await using host = openNodes();
    const seen: unknown[] = [];
    host.client.desk.news().subscribe({ message: (message) => seen.push(message) });
    await host.runtime.settle();
    const all: Promise<unknown>[] = [];
    const publish = async (from: number, to: number): Promise<void> => {
      for (let n = from; n < to; n++) {
        all.push(host.client.desk.news().publish(n));
        await host.runtime.advance(10);
      }
    };
    await publish(0, 20);
    await host.drain();
    await publish(20, 60);
    await Promise.all(all);
    await host.runtime.advance(100);
    expect(seen).toEqual(Array.from({ length: 60 }, (_, n) => n));
    expect(host.a.server.phase).toBe('closed');
  });
});

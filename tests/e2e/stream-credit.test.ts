import { connect } from '@trunkline/client';
import { call, contract, stream } from '@trunkline/contract';
import { MemoryNetwork, VirtualRuntime } from '@trunkline/protocol/testing';
import { createServer, implement, type ServerOptions } from '@trunkline/server';
import { acceptInMemory } from '@trunkline/server/testing';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createDeferred } from '../support/deferred.js';

const bytes = z.instanceof(Uint8Array);

const pipe = contract('pipe', {
  ping: call(),
  down: stream({ input: z.object({ bytes: z.int() }), down: bytes }),
  up: stream({ up: bytes, output: z.int() }),
});

/** A client and a server with 100 ms between a question and its answer. */
async function openFar(limits: ServerOptions['limits'] = {}) {
  const runtime = new VirtualRuntime();
  const network = new MemoryNetwork(runtime);
  const stall = createDeferred();
  const seen = { sent: 0, finished: 0, received: 0, isStalled: false, stall };
  const service = implement(pipe, {
    ping: () => undefined,
    *down({ bytes: size }) {
      try {
        for (;;) {
          seen.sent++;
          yield new Uint8Array(size);
        }
      } finally {
        seen.finished++;
      }
    },
    async up(_input, { items }) {
      for await (const item of items) {
        seen.received++;
        if (item.length === 0) break;
        if (seen.isStalled) await seen.stall.promise;
      }
      return seen.received;
    },
  });
  const server = createServer({ anonymous: true, services: [service], runtime, limits });
  acceptInMemory(server, network);
  const client = connect('ws://memory', { contracts: { pipe }, runtime, dial: network.dial });
  await client.pipe.ping();
  network.delayMs = () => 50;
  return {
    runtime,
    client,
    seen,
    async [Symbol.asyncDispose]() {
      client.close();
      await server.close();
      await runtime.advance(100);
      expect(runtime.timers).toBe(0);
    },
  };
}

describe('a stream over a round trip of 100 ms', () => {
  it.each([
    { what: 'small items', size: 100, most: 1_024 * 100 },
    { what: 'large items', size: 16_384, most: 1_048_576 },
  ])('to a client is kept as full as its widest window allows: $what', async ({ size, most }) => {
    await using far = await openFar();
    let taken = 0;
    const stop = far.client.pipe.down({ bytes: size }).subscribe({ item: () => taken++ });
    await far.runtime.advance(2_000);
    const before = taken;
    await far.runtime.advance(2_000);
    expect((taken - before) * size).toBeGreaterThanOrEqual(most * 19);
    expect((taken - before) * size).toBeLessThanOrEqual(most * 21);
    stop();
    await far.runtime.advance(200);
  });

  it('stops its handler when its reader leaves, on the first way there', async () => {
    await using far = await openFar();
    const iterator = far.client.pipe.down({ bytes: 10 })[Symbol.asyncIterator]();
    const first = iterator.next();
    await far.runtime.advance(100);
    await first;
    expect(far.seen.finished).toBe(0);
    await iterator.return?.();
    await far.runtime.advance(49);
    expect(far.seen.finished).toBe(0);
    await far.runtime.advance(1);
    expect(far.seen.finished).toBe(1);
    await far.runtime.advance(200);
  });

  it('stops its source when its handler leaves, on the first way back', async () => {
    await using far = await openFar();
    let finished = 0;
    const upload = far.client.pipe.up(undefined, async function* (signal: AbortSignal) {
      try {
        yield new Uint8Array(0);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      } finally {
        finished++;
      }
    });
    await far.runtime.advance(99);
    expect(finished).toBe(0);
    await far.runtime.advance(1);
    expect(finished).toBe(1);
    await upload;
    await far.runtime.advance(200);
  });

  it('to a client that stops reading waits with no more than was granted', async () => {
    await using far = await openFar();
    let taken = 0;
    const loop = far.client.pipe.down({ bytes: 1_000 })[Symbol.asyncIterator]();
    const waiting: number[] = [];
    for (const most of [64, 200, 1_000, 5_000]) {
      const reading = (async () => {
        for (; taken < most; taken++) await loop.next();
      })();
      await far.runtime.advance(4_000);
      await reading;
      await far.runtime.advance(4_000);
      waiting.push(far.seen.sent - taken);
    }
    // The generator is asked for one item more than may be sent.
    expect(waiting[0]).toBeLessThanOrEqual(65);
    expect(Math.max(...waiting)).toBeLessThanOrEqual(1_025);
    await loop.return?.();
    await far.runtime.advance(200);
  });

  it.each([
    { what: 'small items', size: 100, least: 512 * 100 },
    { what: 'large items', size: 4_096, least: 131_072 },
  ])('to the server grows with a handler that takes fast: $what', async ({ size, least }) => {
    await using far = await openFar();
    const end = createDeferred();
    const items = function* (): Generator<Uint8Array<ArrayBuffer>> {
      for (;;) yield new Uint8Array(size);
    };
    const controller = new AbortController();
    const { signal } = controller;
    const upload = far.client.pipe.up.safe(undefined, items(), { signal });
    await far.runtime.advance(3_000);
    const before = far.seen.received;
    await far.runtime.advance(2_000);
    expect((far.seen.received - before) * size).toBeGreaterThanOrEqual(least * 19);
    controller.abort();
    await upload;
    end.resolve();
    await far.runtime.advance(200);
  });

  it('to a handler that stops taking waits with no more than was granted', async () => {
    await using far = await openFar();
    let given = 0;
    const items = function* (): Generator<Uint8Array<ArrayBuffer>> {
      for (; ; given++) yield new Uint8Array(1_000);
    };
    const controller = new AbortController();
    const { signal } = controller;
    const upload = far.client.pipe.up.safe(undefined, items(), { signal });
    await far.runtime.advance(2_000);
    far.seen.isStalled = true;
    await far.runtime.advance(5_000);
    const waiting = given - far.seen.received;
    expect(waiting).toBeGreaterThan(16);
    expect(waiting * 1_000).toBeLessThanOrEqual(262_144);
    controller.abort();
    await upload;
    far.seen.stall.resolve();
    await far.runtime.advance(200);
  });
});

import { connect, type ClientOf } from '@trunkline/client';
import { inspect } from '@trunkline/client/testing';
import { MemoryNetwork, VirtualRuntime } from '@trunkline/protocol/testing';
import { createServer } from '@trunkline/server';
import { acceptInMemory } from '@trunkline/server/testing';
import * as fc from 'fast-check';
import { assert, expect, it } from 'vitest';
import { chooseSeed } from '../fuzz/seed.js';
import { ModelledStream, pipe, pipeService } from './modelled-stream.js';

const seed = chooseSeed('streams model');
const RUNS = Number(process.env['TRUNKLINE_MODEL_RUNS'] ?? 250);
/** The widest window of items that a client grants. */
const MOST_ITEMS = 1_024;

const ORDERS = ['give', 'pull', 'end', 'throw'] as const;
const ACTS = ['read', 'offer', 'finish', 'abort', 'leave'] as const;
const WORLD = ['settle', 'hold client', 'hold server', 'release', 'cut', 'wait'] as const;

type Step = {
  readonly what: (typeof ORDERS)[number] | (typeof ACTS)[number] | (typeof WORLD)[number] | 'open';
  readonly stream: number;
  readonly times: number;
};

/** A client and a server, and streams between them. */
class Model {
  readonly runtime = new VirtualRuntime();
  readonly network = new MemoryNetwork(this.runtime);
  readonly streams: ModelledStream[] = [];
  readonly server;
  readonly client;

  constructor() {
    const { runtime, network } = this;
    const services = [pipeService(this.streams)];
    this.server = createServer({ runtime, anonymous: true, services, onError: () => {} });
    acceptInMemory(this.server, network);
    this.client = connect('ws://memory', { runtime, dial: network.dial, contracts: { pipe } });
  }

  async take({ what, stream, times }: Step): Promise<void> {
    const chosen = this.streams[stream % (this.streams.length || 1)];
    switch (what) {
      case 'open':
        if (this.streams.length < 4) this.#open();
        return;
      case 'settle':
        return this.runtime.settle();
      case 'hold client':
      case 'hold server':
        return this.network.connections.at(-1)?.hold(what === 'hold client' ? 'client' : 'server');
      case 'release':
        return this.release();
      case 'cut':
        return this.network.connections.at(-1)?.cut();
      case 'wait':
        // Long enough for a client to come back.
        return this.runtime.advance(1_000);
      default:
        for (let time = times; time > 0; time--) this.#act(chosen, what);
    }
  }

  release(): void {
    this.network.connections.at(-1)?.release('client');
    this.network.connections.at(-1)?.release('server');
  }

  /** Takes all faults away, and lets everything arrive and be read. */
  async calm(): Promise<void> {
    this.release();
    await this.runtime.advance(25_000);
    for (const stream of this.streams) {
      stream.finish();
      stream.isEager = true;
      stream.orders.put('pull all');
      stream.orders.put('end');
    }
    for (let round = 0; round < 100; round++) {
      if (this.streams.every(({ end }) => end !== undefined)) break;
      for (const stream of this.streams) stream.readOne();
      await this.runtime.settle();
    }
    await this.runtime.settle();
  }

  async close(): Promise<void> {
    this.client.close();
    for (const stream of this.streams) stream.release();
    await this.server.close();
    await this.runtime.settle();
  }

  #open(): void {
    const stream = new ModelledStream(this.streams.length);
    this.streams.push(stream);
    stream.open(this.client.pipe as ClientOf<typeof pipe>);
  }

  #act(stream: ModelledStream | undefined, what: Step['what']): void {
    switch (what) {
      case 'read':
        return stream?.readOne();
      case 'offer':
      case 'finish':
      case 'abort':
      case 'leave':
        return stream?.[what]();
      default:
        if (what === 'throw') stream?.faults.add('thrown');
        if (what === 'end') stream?.faults.add('ended');
        stream?.orders.put(what as (typeof ORDERS)[number]);
    }
  }
}

/** A stream that nobody has hurt brings everything; one that was hurt ends, and with what is right. */
function check(stream: ModelledStream): void {
  const { faults, end, given, read, offered, pulled } = stream;
  expect(end).toBeDefined();
  assert.isAtMost(given.length - read.length, MOST_ITEMS);
  if (end === 'done') {
    assert.deepEqual(read, given);
    const isWhole = !['ended', 'thrown'].some((fault) => faults.has(fault));
    if (isWhole) assert.deepEqual(pulled, offered);
    return;
  }
  if (end === 'left') return assert.include(faults, 'left');
  const cause = { CANCELLED: 'aborted', INTERNAL: 'thrown' }[String(end?.code)];
  assert.include(faults, cause, `ended with ${String(end?.code)}`);
}

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.oneof(
    { weight: 2, arbitrary: fc.constant('open' as const) },
    { weight: 8, arbitrary: fc.constantFrom('give', 'give', 'pull', 'read', 'offer' as const) },
    { weight: 1, arbitrary: fc.constantFrom('end', 'throw', 'finish', 'abort', 'leave' as const) },
    { weight: 4, arbitrary: fc.constant('settle' as const) },
    { weight: 2, arbitrary: fc.constantFrom(...WORLD) },
  ),
  stream: fc.nat(3),
  times: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant(100)),
});

it('streams bring every item once and in order, or end with the right error', async () => {
  const seen = { read: 0, pulled: 0, ends: new Map<string, number>() };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      const model = new Model();
      await model.take({ what: 'open', stream: 0, times: 1 });
      await model.runtime.settle();
      for (const one of steps) await model.take(one);
      await model.calm();
      for (const stream of model.streams) {
        check(stream);
        seen.read += stream.read.length;
        seen.pulled += stream.pulled.length;
        const end = typeof stream.end === 'object' ? String(stream.end.code) : String(stream.end);
        seen.ends.set(end, (seen.ends.get(end) ?? 0) + 1);
      }
      const { pendingCalls, takenIds } = inspect(model.client);
      expect({ pendingCalls, takenIds }).toEqual({ pendingCalls: 0, takenIds: 0 });
      expect(model.server.counts.calls).toBe(0);
      await model.close();
      for (const stream of model.streams) expect(stream.isReturned).toBe(true);
      expect(model.runtime.timers).toBe(0);
    }),
    { seed, numRuns: RUNS },
  );
  console.log(`streams model: ${seen.read} read, ${seen.pulled} pulled, ends`, seen.ends);
  expect(Math.min(seen.read, seen.pulled)).toBeGreaterThan(RUNS);
}, 120_000);

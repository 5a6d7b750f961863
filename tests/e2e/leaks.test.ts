import { connect, type ClientOptions } from '@trunkline/client';
import { call, contract, stream } from '@trunkline/contract';
import { MemoryNetwork, VirtualRuntime } from '@trunkline/protocol/testing';
import { createServer, implement, type ServerOptions } from '@trunkline/server';
import { acceptInMemory } from '@trunkline/server/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { createDeferred } from '../support/deferred.js';
import { NOTHING_OPEN } from '../support/nothing-open.js';

const flow = contract('flow', {
  down: stream({ down: z.int() }),
  up: stream({ up: z.int(), output: z.int() }),
  wait: call(),
  once: call({ idempotent: true }),
  guarded: call(),
});
const contracts = { flow };

type LeakOptions = Exclude<ServerOptions['leaks'], true | undefined>;
type Leak = Parameters<NonNullable<LeakOptions['report']>>[0];

interface LeakyOptions {
  readonly server?: ServerOptions['leaks'];
  readonly client?: ClientOptions['leaks'];
}

/** A server whose handlers do not look at their signals, and end when the gate opens. */
function openLeaky({ server: onServer, client: onClient }: LeakyOptions) {
  const runtime = new VirtualRuntime();
  const network = new MemoryNetwork(runtime);
  const gate = createDeferred();
  const guardGate = createDeferred();
  const service = implement(flow, {
    async *down() {
      yield 1;
      await gate.promise;
    },
    up: async (_input, { items }) => {
      for await (const item of items) return item;
      return 0;
    },
    wait: () => gate.promise,
    once: () => gate.promise,
    guarded: () => undefined,
  });
  const guard = async (context: { readonly kind: string; readonly procedure?: string }) => {
    if (context.procedure === 'flow.guarded') await guardGate.promise;
    return true;
  };
  const limits = { detachedMs: 0 };
  const server = createServer({
    anonymous: true,
    services: [service],
    guards: [guard],
    runtime,
    limits,
    ...(onServer !== undefined && { leaks: onServer }),
  });
  acceptInMemory(server, network);
  const client = connect('ws://memory', {
    contracts,
    runtime,
    dial: network.dial,
    ...(onClient !== undefined && { leaks: onClient }),
  });
  return {
    runtime,
    network,
    client,
    gate,
    async [Symbol.asyncDispose]() {
      gate.resolve();
      guardGate.resolve();
      await runtime.settle();
      client.close();
      await server.close();
      await runtime.settle();
      expect(server.counts).toEqual(NOTHING_OPEN);
      expect(runtime.timers).toBe(0);
    },
  };
}

function leaksOf(): { readonly leaks: Leak[]; readonly options: LeakOptions } {
  const leaks: Leak[] = [];
  return { leaks, options: { afterMs: 1_000, report: (leak) => leaks.push(leak) } };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a server with the option "leaks"', () => {
  it('names each handler that goes on after its end, once, and what has ended it', async () => {
    const { leaks, options } = leaksOf();
    await using leaky = openLeaky({ server: options });
    const { client, runtime, network } = leaky;
    const iterator = client.flow.down()[Symbol.asyncIterator]();
    await iterator.next();
    const late = client.flow.wait.safe(undefined, { deadlineMs: 2_000 });
    const guarded = client.flow.guarded.safe(undefined, { deadlineMs: 2_000 });
    await runtime.settle();
    await iterator.return?.();
    await runtime.advance(999);
    expect(leaks).toEqual([]);
    await runtime.advance(1);
    const kind = 'stream';
    const left = { procedure: 'flow.down', kind, part: 'handler', ended: 'CANCELLED' };
    expect(leaks).toEqual([{ ...left, forMs: 1_000 }]);
    await runtime.advance(2_000);
    await Promise.all([late, guarded]);
    expect(leaks.slice(1)).toMatchObject([
      { procedure: 'flow.wait', kind: 'call', part: 'handler', ended: 'DEADLINE' },
      { procedure: 'flow.guarded', kind: 'call', part: 'guards', ended: 'DEADLINE' },
    ]);
    const lost = client.flow.wait.safe();
    await runtime.settle();
    network.latest.cut();
    await lost;
    await runtime.advance(60_000);
    expect(leaks.slice(3)).toMatchObject([{ procedure: 'flow.wait', ended: 'SESSION_LOST' }]);
  });

  it('says nothing of what ends in time, and nothing of what others may wait for', async () => {
    const { leaks, options } = leaksOf();
    await using leaky = openLeaky({ server: options });
    const { client, runtime, gate } = leaky;
    const controller = new AbortController();
    const { signal } = controller;
    const once = client.flow.once.safe(undefined, { signal, deadlineMs: 20_000 });
    const iterator = client.flow.down()[Symbol.asyncIterator]();
    await iterator.next();
    controller.abort();
    await iterator.return?.();
    await once;
    await runtime.advance(900);
    gate.resolve();
    await runtime.advance(60_000);
    expect(leaks).toEqual([]);
  });

  it('reports a run with an idempotency key after its deadline', async () => {
    const { leaks, options } = leaksOf();
    await using leaky = openLeaky({ server: options });
    const { client, runtime } = leaky;
    const once = client.flow.once.safe(undefined, { deadlineMs: 2_000 });
    await runtime.settle();
    await runtime.advance(2_999);
    await once;
    expect(leaks).toEqual([]);
    await runtime.advance(1);
    expect(leaks).toMatchObject([{ procedure: 'flow.once', ended: 'DEADLINE' }]);
  });

  it('prints a line that says how to mend it', async () => {
    const lines: string[] = [];
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
    await using leaky = openLeaky({ server: true });
    const { client, runtime } = leaky;
    const iterator = client.flow.down()[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.return?.();
    await runtime.advance(5_000);
    expect(lines).toEqual([
      'trunkline: flow.down: its handler still runs 5 s after CANCELLED: let it end when ' +
        'context.signal fires, and pass the signal on\n',
    ]);
  });

  it.each([{ leaks: false }, { leaks: { afterMs: -1 } }, { leaks: { report: 'x' } }])(
    'refuses what is no such option: $leaks',
    (wrong) => {
      const options = { anonymous: true, services: [], ...(wrong as {}) } as const;
      expect(() => createServer(options)).toThrow('option "leaks" must be true, or an object');
    },
  );
});

describe('a server without it', () => {
  it('has no timer for what was ended', async () => {
    await using leaky = openLeaky({});
    const { client, runtime } = leaky;
    await client.flow.up(undefined, [1]);
    const before = runtime.timers;
    const iterator = client.flow.down()[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.return?.();
    await runtime.settle();
    expect(runtime.timers).toBe(before);
  });
});

describe('a client with the option "leaks"', () => {
  it('names a source of items that goes on after its end, once', async () => {
    const leaks: unknown[] = [];
    await using leaky = openLeaky({
      client: { afterMs: 1_000, report: (leak) => leaks.push(leak) },
    });
    const { client, runtime, gate } = leaky;
    const deaf = async function* (): AsyncGenerator<number> {
      yield 7;
      await gate.promise;
    };
    expect(await client.flow.up(undefined, deaf())).toBe(7);
    expect(await client.flow.up(undefined, [8, 9])).toBe(8);
    await runtime.advance(10_000);
    expect(leaks).toEqual([{ procedure: 'flow.up', ended: 'CANCELLED', forMs: 1_000 }]);
  });

  it('prints a line that says how to mend it', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    await using leaky = openLeaky({ client: true });
    const { client, runtime, gate } = leaky;
    const deaf = async function* (): AsyncGenerator<number> {
      yield 7;
      await gate.promise;
    };
    expect(await client.flow.up(undefined, deaf())).toBe(7);
    await runtime.advance(5_000);
    expect(warn.mock.calls).toEqual([
      [
        'trunkline: flow.up: the source of its items still runs 5 s after CANCELLED: give a ' +
          'function as items, and end it when its signal fires',
      ],
    ]);
  });
});

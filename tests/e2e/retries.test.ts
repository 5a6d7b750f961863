import { connect } from '@trunkline/client';
import { call, contract } from '@trunkline/contract';
import { MemoryNetwork, VirtualRuntime } from '@trunkline/protocol/testing';
import {
  createServer,
  implement,
  TrunklineError,
  type CallContext,
  type Guard,
} from '@trunkline/server';
import { acceptInMemory } from '@trunkline/server/testing';
import { describe, expect, it } from 'vitest';
import { NOTHING_OPEN } from '../support/nothing-open.js';

const shop = contract('shop', { order: call({ idempotent: true }), look: call() });
const contracts = { shop };

/** Counts what reaches the server, and refuses it while it is told to. */
class Door implements Guard {
  attempts = 0;
  isBusy = false;
  hit: () => void = () => {};

  canActivate(context: { readonly kind: string }): boolean {
    if (context.kind === 'connect') return true;
    this.attempts++;
    this.hit();
    if (!this.isBusy) return true;
    throw new TrunklineError('BUSY', 'too much to do', { executed: 'no' });
  }
}

function openHost() {
  const runtime = new VirtualRuntime();
  const network = new MemoryNetwork(runtime);
  const door = new Door();
  const probe = {
    started: 0,
    answers: undefined as Promise<void> | undefined,
    endsBySignal: false,
  };
  const handle = (_input: undefined, { signal }: CallContext): Promise<void> | undefined => {
    probe.started++;
    if (!probe.endsBySignal) return probe.answers;
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  };
  const service = implement(shop, { order: handle, look: handle });
  // Sessions that end with their connection are the hardest case.
  const limits = { detachedMs: 0 };
  const options = {
    anonymous: true,
    services: [service],
    guards: [door],
    runtime,
    limits,
  } as const;
  const server = createServer(options);
  acceptInMemory(server, network);
  const clients: ReturnType<typeof open>[] = [];
  const open = () => connect('ws://memory', { contracts, runtime, dial: network.dial });
  return {
    runtime,
    network,
    server,
    door,
    probe,
    connect: () => {
      const client = open();
      clients.push(client);
      return client;
    },
    cut: () => {
      for (const connection of network.connections.splice(0)) connection.cut();
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      await server.close();
      await runtime.settle();
      expect(server.counts).toEqual(NOTHING_OPEN);
      expect(runtime.timers).toBe(0);
    },
  };
}

type Host = ReturnType<typeof openHost>;

interface Load {
  readonly clients: number;
  /** Of each client, in ten seconds. */
  readonly calls: number;
  /** Called each ten seconds. */
  readonly each?: (round: number) => void;
}

/** Clients that call for a minute, without waiting for what comes of it. */
async function callForAMinute(host: Host, load: Load) {
  const clients = Array.from({ length: load.clients }, () => host.connect());
  await host.runtime.settle();
  const outcomes: Promise<{ ok: boolean }>[] = [];
  for (let round = 0; round < 6; round++) {
    load.each?.(round);
    for (const client of clients) {
      for (let n = 0; n < load.calls; n++) outcomes.push(client.shop.order.safe());
    }
    await host.runtime.advance(10_000);
  }
  return { calls: outcomes.length, outcomes };
}

describe('clients that go on calling for a minute', () => {
  it('make no more than 1.1 attempts for each call while a server refuses all of them', async () => {
    await using host = openHost();
    host.door.isBusy = true;
    const { calls, outcomes } = await callForAMinute(host, { clients: 1_000, calls: 10 });
    await host.runtime.advance(60_000);
    expect((await Promise.all(outcomes)).every(({ ok }) => !ok)).toBe(true);
    expect(host.door.attempts).toBeGreaterThan(calls);
    expect(host.door.attempts).toBeLessThanOrEqual(calls * 1.1);
    expect(host.probe.started).toBe(0);
  }, 60_000);

  it('make one attempt for each call that outlives a minute without any network', async () => {
    await using host = openHost();
    const { calls, outcomes } = await callForAMinute(host, {
      clients: 1_000,
      calls: 2,
      each: (round) => {
        if (round > 0) return;
        host.network.isDown = true;
        host.cut();
      },
    });
    expect(host.door.attempts).toBe(0);
    host.network.isDown = false;
    await host.runtime.advance(60_000);
    const ok = (await Promise.all(outcomes)).filter((outcome) => outcome.ok);
    expect(ok.length).toBeGreaterThan(0);
    expect(ok.length).toBeLessThan(calls);
    expect(host.door.attempts).toBe(ok.length);
  }, 60_000);

  it('make no more than 1.1 attempts for each call while every connection is cut', async () => {
    await using host = openHost();
    host.probe.answers = new Promise(() => {});
    const { calls, outcomes } = await callForAMinute(host, {
      clients: 100,
      calls: 10,
      each: () => host.cut(),
    });
    await host.runtime.advance(120_000);
    expect((await Promise.all(outcomes)).every(({ ok }) => !ok)).toBe(true);
    expect(host.door.attempts).toBeLessThanOrEqual(calls * 1.1);
  }, 60_000);
});

describe('an idempotent call', () => {
  it('is made again when its session is lost, and its handler starts once', async () => {
    await using host = openHost();
    const client = host.connect();
    let settle = (): void => {};
    host.probe.answers = new Promise((resolve) => (settle = resolve));
    const order = client.shop.order();
    const look = client.shop.look.safe();
    await host.runtime.settle();
    expect(host.probe.started).toBe(2);
    host.cut();
    expect(await look).toMatchObject({ error: { code: 'SESSION_LOST', executed: 'unknown' } });
    await host.runtime.advance(2_000);
    expect(host.door.attempts).toBe(3);
    settle();
    await order;
    expect(host.probe.started).toBe(2);
  });

  it('is made at most four times again, and not after its deadline', async () => {
    await using host = openHost();
    const client = host.connect();
    host.probe.answers = new Promise(() => {});
    const lost = client.shop.order.safe(undefined, { deadlineMs: null });
    const late = client.shop.order.safe(undefined, { deadlineMs: 2_500 });
    await host.runtime.settle();
    for (let cut = 0; cut < 2; cut++) {
      host.cut();
      await host.runtime.advance(1_000);
    }
    const attempts = host.door.attempts;
    await host.runtime.advance(1_000);
    expect(await late).toMatchObject({ error: { code: 'DEADLINE', executed: 'unknown' } });
    for (let cut = 0; cut < 6; cut++) {
      host.cut();
      await host.runtime.advance(30_000);
    }
    expect(await lost).toMatchObject({ error: { code: 'SESSION_LOST', executed: 'unknown' } });
    expect(host.door.attempts).toBeLessThanOrEqual(5 + attempts);
    expect(host.probe.started).toBe(2);
  });

  it('runs up to the latest deadline of those who wait, and is DEADLINE for who asks then', async () => {
    await using host = openHost();
    const client = host.connect();
    host.probe.endsBySignal = true;
    const options = { idempotencyKey: 'one' };
    const first = client.shop.order.safe(undefined, { ...options, deadlineMs: 1_000 });
    await host.runtime.settle();
    const waiting = client.shop.order.safe(undefined, { ...options, deadlineMs: 20_000 });
    await host.runtime.advance(1_000);
    const failure = { ok: false, error: { code: 'DEADLINE', executed: 'unknown' } };
    expect(await first).toMatchObject(failure);
    let isOver = false;
    void waiting.then(() => (isOver = true));
    await host.runtime.advance(18_900);
    expect(isOver).toBe(false);
    await host.runtime.advance(100);
    expect(await waiting).toMatchObject(failure);
    expect(await client.shop.order.safe(undefined, options)).toMatchObject(failure);
    expect(host.probe.started).toBe(1);
  });

  it('is not made again when its caller has withdrawn', async () => {
    await using host = openHost();
    const client = host.connect();
    host.probe.answers = new Promise(() => {});
    const controller = new AbortController();
    const order = client.shop.order.safe(undefined, { signal: controller.signal });
    await host.runtime.settle();
    host.cut();
    controller.abort();
    expect(await order).toMatchObject({ error: { code: 'CANCELLED', executed: 'unknown' } });
    await host.runtime.advance(30_000);
    expect(host.door.attempts).toBe(1);
  });
});

import { call, contract } from '@trunkline/contract';
import { implement, type AnyContext, type Guard } from '@trunkline/server';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { createDeferred } from '../support/deferred.js';
import { describeTransports } from '../support/peers.js';

const Order = z.object({
  id: z.int(),
  at: z.date(),
  lines: z.map(z.string(), z.bigint()),
  note: z.string().optional(),
});

const shop = contract('shop', {
  order: call({
    input: z.object({ item: z.string(), count: z.int().min(1), at: z.date() }),
    output: Order,
    errors: { SOLD_OUT: z.object({ item: z.string(), until: z.date() }) },
    idempotent: true,
  }),
  look: call({ output: z.int() }),
});
const contracts = { shop };

/** Handlers that count, and that wait while a test holds them. */
function shopService() {
  const probe = {
    started: 0,
    signals: [] as AbortSignal[],
    gate: undefined as Promise<unknown> | undefined,
  };
  const service = implement(shop, {
    order: async ({ item, count, at }, context) => {
      probe.started++;
      probe.signals.push(context.signal);
      await probe.gate;
      if (item === 'none') throw context.error('SOLD_OUT', { item, until: at });
      if (item === 'broken') throw new Error('canary');
      const note = item === 'large' ? 'x'.repeat(70_000) : undefined;
      return { id: probe.started, at, lines: new Map([[item, BigInt(count)]]), note };
    },
    look: () => probe.started,
  });
  return { probe, service };
}

const input = (item = 'book', count = 1) => ({ item, count, at: new Date(5) });
const key = { idempotencyKey: 'order-1' };
const codeOf = (result: { ok: boolean; error?: { code: string; executed: unknown } }) =>
  result.error && `${result.error.code} ${String(result.error.executed)}`;

describeTransports('a call with an idempotency key', (open) => {
  it('runs its handler once, and gives all callers the first outcome', async () => {
    const { probe, service } = shopService();
    await using peers = await open({ anonymous: true, services: [service] });
    const [one, two] = [peers.connect({ contracts }), peers.connect({ contracts })];
    const first = await one.shop.order(input(), key);
    expect(first).toEqual({ id: 1, at: new Date(5), lines: new Map([['book', 1n]]) });
    expect(await one.shop.order(input(), key)).toEqual(first);
    expect(await two.shop.order(input(), key)).toEqual(first);
    expect(probe.started).toBe(1);
    const other = { idempotencyKey: 'order-2' };
    expect(await two.shop.order(input(), other)).toMatchObject({ id: 2 });
  });

  it('has a key of its own when its caller names none', async () => {
    const { probe, service } = shopService();
    await using peers = await open({ anonymous: true, services: [service] });
    const client = peers.connect({ contracts });
    expect(await client.shop.order(input())).toMatchObject({ id: 1 });
    expect(await client.shop.order(input())).toMatchObject({ id: 2 });
    expect(probe.started).toBe(2);
  });

  it('waits for the run of another caller', async () => {
    const { probe, service } = shopService();
    const gate = createDeferred();
    probe.gate = gate.promise;
    await using peers = await open({ anonymous: true, services: [service] });
    const [one, two] = [peers.connect({ contracts }), peers.connect({ contracts })];
    const first = one.shop.order(input(), key);
    await expect.poll(() => probe.started).toBe(1);
    const again = [one.shop.order(input(), key), two.shop.order(input(), key)];
    await two.shop.look();
    gate.resolve();
    expect(await Promise.all(again)).toEqual([await first, await first]);
    expect(probe.started).toBe(1);
  });

  it('gives its outcome in the form of each caller', async () => {
    const { probe, service } = shopService();
    await using peers = await open({ anonymous: true, services: [service] });
    const packed = peers.connect({ contracts, packed: true });
    const readable = peers.connect({ contracts, packed: false });
    for (const [first, second, name] of [
      [packed, readable, 'a'],
      [readable, packed, 'b'],
    ] as const) {
      const options = { idempotencyKey: name };
      const outcome = await first.shop.order(input(), options);
      expect(await second.shop.order(input(), options)).toEqual(outcome);
      const lost = { idempotencyKey: `${name}-none` };
      const failure = { code: 'SOLD_OUT', executed: 'yes', data: { until: new Date(5) } };
      await expect(first.shop.order(input('none'), lost)).rejects.toMatchObject(failure);
      await expect(second.shop.order(input('none'), lost)).rejects.toMatchObject(failure);
    }
    expect(probe.started).toBe(4);
  });

  it('fails with IDEMPOTENCY_MISMATCH, executed no, when it has another input', async () => {
    const { probe, service } = shopService();
    await using peers = await open({ anonymous: true, services: [service] });
    const client = peers.connect({ contracts });
    await client.shop.order(input(), key);
    const other = await client.shop.order.safe(input('book', 2), key);
    expect(codeOf(other)).toBe('IDEMPOTENCY_MISMATCH no');
    expect(probe.started).toBe(1);
  });

  it('repeats declared errors and INTERNAL, whose handlers have run', async () => {
    const { probe, service } = shopService();
    await using peers = await open({ anonymous: true, services: [service] });
    const client = peers.connect({ contracts });
    for (const [item, code] of [
      ['none', 'SOLD_OUT yes'],
      ['broken', 'INTERNAL yes'],
    ] as const) {
      const options = { idempotencyKey: item };
      const first = await client.shop.order.safe(input(item), options);
      const second = await client.shop.order.safe(input(item), options);
      expect(codeOf(first)).toBe(code);
      expect(second).toEqual(first);
    }
    expect(probe.started).toBe(2);
    expect(peers.failures).toHaveLength(1);
  });

  it('remembers nothing of what never ran', async () => {
    const { probe, service } = shopService();
    const guard = new Latch();
    const options = { anonymous: true, services: [service], guards: [guard] } as const;
    await using peers = await open(options);
    const client = peers.connect({ contracts });
    guard.isShut = true;
    expect(codeOf(await client.shop.order.safe(input(), key))).toBe('DENIED no');
    guard.isShut = false;
    expect(codeOf(await client.shop.order.safe(input('book', 0), key))).toBe('INVALID_INPUT no');
    expect(await client.shop.order(input(), key)).toMatchObject({ id: 1 });
    // Who has been denied in the meantime is not told what came of it.
    guard.isShut = true;
    expect(codeOf(await client.shop.order.safe(input(), key))).toBe('DENIED no');
    expect(probe.started).toBe(1);
  });

  it('goes on when its caller withdraws, and when its session ends', async () => {
    const { probe, service } = shopService();
    const gate = createDeferred();
    probe.gate = gate.promise;
    await using peers = await open({ anonymous: true, services: [service] });
    const [one, two] = [peers.connect({ contracts }), peers.connect({ contracts })];
    const controller = new AbortController();
    const withdrawn = one.shop.order.safe(input(), { ...key, signal: controller.signal });
    const lost = one.shop.order.safe(input(), { idempotencyKey: 'order-2' });
    await expect.poll(() => probe.started).toBe(2);
    controller.abort();
    expect(codeOf(await withdrawn)).toBe('CANCELLED unknown');
    one.close();
    expect(codeOf(await lost)).toBe('CANCELLED unknown');
    await expect.poll(() => peers.server.counts.connections).toBe(1);
    expect(probe.signals.map((signal) => signal.aborted)).toEqual([false, false]);
    const again = [
      two.shop.order(input(), key),
      two.shop.order(input(), { idempotencyKey: 'order-2' }),
    ];
    await two.shop.look();
    gate.resolve();
    expect(await Promise.all(again)).toMatchObject([{ id: 2 }, { id: 2 }]);
    expect(probe.started).toBe(2);
  });

  it('lets a caller go that only waited', async () => {
    const { probe, service } = shopService();
    const gate = createDeferred();
    probe.gate = gate.promise;
    const limits = { callsInFlight: 2 };
    await using peers = await open({ anonymous: true, services: [service], limits });
    const client = peers.connect({ contracts });
    const first = client.shop.order(input(), key);
    await expect.poll(() => probe.started).toBe(1);
    const controller = new AbortController();
    const waiting = client.shop.order.safe(input(), { ...key, signal: controller.signal });
    await expect.poll(() => peers.server.counts.calls).toBe(2);
    controller.abort();
    // That a handler runs for it cannot be denied.
    expect(codeOf(await waiting)).toBe('CANCELLED unknown');
    await expect.poll(() => peers.server.counts.calls).toBe(1);
    expect(await client.shop.look()).toBe(1);
    gate.resolve();
    expect(await first).toMatchObject({ id: 1 });
  });

  it('fails with RESULT_GONE when the outcome was too large to be kept', async () => {
    const { probe, service } = shopService();
    await using peers = await open({ anonymous: true, services: [service] });
    const client = peers.connect({ contracts });
    expect((await client.shop.order(input('large'), key)).note).toHaveLength(70_000);
    expect(codeOf(await client.shop.order.safe(input('large'), key))).toBe('RESULT_GONE yes');
    expect(probe.started).toBe(1);
  });

  it('may have an input that travels in chunks', async () => {
    const { probe, service } = shopService();
    await using peers = await open({ anonymous: true, services: [service] });
    const packed = peers.connect({ contracts });
    const readable = peers.connect({ contracts, packed: false });
    const large = input('x'.repeat(40_000));
    const first = await packed.shop.order(large, key);
    expect(await readable.shop.order(large, key)).toEqual(first);
    const other = { ...large, item: `${large.item.slice(1)}y` };
    expect(codeOf(await packed.shop.order.safe(other, key))).toBe('IDEMPOTENCY_MISMATCH no');
    expect(probe.started).toBe(1);
  });

  it('shares its key with nobody else who is signed in', async () => {
    const { probe, service } = shopService();
    await using peers = await open({
      authenticate: ({ token }) => ({ principal: token, user: {} }),
      services: [service],
    });
    const client = (name: string) => peers.connect({ contracts, auth: () => name });
    const [ada, bob, again] = [client('ada'), client('bob'), client('ada')];
    expect(await ada.shop.order(input(), key)).toMatchObject({ id: 1 });
    expect(await bob.shop.order(input('pen'), key)).toMatchObject({ id: 2 });
    expect(await again.shop.order(input(), key)).toMatchObject({ id: 1 });
    expect(probe.started).toBe(2);
  });

  it('is refused by the client where the contract does not say idempotent', async () => {
    await using peers = await open({ anonymous: true, services: [shopService().service] });
    const client = peers.connect({ contracts });
    await expect(client.shop.look(undefined, key)).rejects.toThrow(
      'shop.look: option "idempotencyKey" is for calls whose contract says "idempotent: true"',
    );
    for (const idempotencyKey of ['', 'x'.repeat(65), 5 as unknown as string]) {
      await expect(client.shop.order(input(), { idempotencyKey })).rejects.toThrow(
        'option "idempotencyKey" must be a string of 1 to 64 bytes',
      );
    }
  });
});

class Latch implements Guard {
  isShut = false;

  canActivate(context: AnyContext): boolean {
    return !this.isShut || context.kind === 'connect';
  }
}

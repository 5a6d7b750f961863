import { contract, stream } from '@trunkline/contract';
import { implement } from '@trunkline/server';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { createDeferred } from '../support/deferred.js';
import { describeTransports } from '../support/peers.js';

const How = z.enum(['busy', 'signal', 'items']);
const Where = z.object({ how: How });

const flow = contract('flow', {
  down: stream({ input: Where, down: z.int() }),
  both: stream({ input: Where, up: z.int(), down: z.int() }),
  up: stream({ input: Where, up: z.int(), output: z.int() }),
});
const contracts = { flow };

/** Resolves when the signal fires. */
function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
}

/** Handlers that say when they are where a test wants them, and when their `finally` ran. */
function flowService() {
  const probe = {
    /** Where a handler or source waits for something. */
    parked: 0,
    finished: 0,
    reasons: [] as unknown[],
    failures: [] as unknown[],
  };
  async function park(how: z.infer<typeof How>, signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => probe.reasons.push(signal.reason));
    probe.parked++;
    if (how === 'signal') await fired(signal);
  }
  async function* give(
    how: z.infer<typeof How>,
    signal: AbortSignal,
    items: AsyncIterable<number>,
  ): AsyncGenerator<number> {
    try {
      yield 0;
      await park(how, signal);
      if (how === 'items') for await (const item of items) yield item;
      for (let n = 1; how === 'busy'; n++) yield n;
    } catch (error) {
      probe.failures.push(error);
      throw error;
    } finally {
      probe.finished++;
    }
  }
  const none = (async function* (): AsyncGenerator<number> {})();
  const service = implement(flow, {
    down: ({ how }, { signal }) => give(how, signal, none),
    both: ({ how }, { signal, items }) => give(how, signal, items),
    async up({ how }, { items, signal }) {
      let sum = 0;
      try {
        if (how === 'busy') {
          for await (const item of items) if ((sum += item) > 100) break;
          return sum;
        }
        await park(how, signal);
        if (how === 'items') for await (const item of items) sum += item;
        return sum;
      } catch (error) {
        probe.failures.push(error);
        throw error;
      } finally {
        probe.finished++;
      }
    },
  });
  return { probe, service };
}

/** A source of items of a client. */
function sourceOf(how: 'busy' | 'signal' | 'quiet') {
  const probe = { parked: 0, finished: 0, signals: [] as AbortSignal[] };
  async function* items(signal: AbortSignal): AsyncGenerator<number> {
    probe.signals.push(signal);
    try {
      yield 1;
      for (let n = 0; how === 'busy'; n++) yield 1;
      probe.parked++;
      if (how === 'signal') await fired(signal);
    } finally {
      probe.finished++;
    }
  }
  return { probe, items };
}

/** Never gives anything. */
const forever = (): AsyncIterable<number> => ({
  [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
});

describeTransports('the handler of a stream', (open) => {
  const ways = ['busy', 'signal', 'items'] as const;

  it.each(ways)('ends when its reader leaves the loop: %s', async (how) => {
    const { probe, service } = flowService();
    await using peers = await open({ anonymous: true, services: [service] });
    const client = peers.connect({ contracts });
    for await (const item of client.flow.both({ how }, forever())) {
      await expect.poll(() => probe.parked).toBe(1);
      if (item >= 0) break;
    }
    await expect.poll(() => probe.finished).toBe(1);
    expect(probe.reasons).toMatchObject([{ code: 'CANCELLED' }]);
    // What it waited for of the framework fails, so it need not look at its signal.
    expect(probe.failures).toMatchObject(how === 'items' ? [{ code: 'CANCELLED' }] : []);
  });

  it.each(ways)('ends when its reader returns the iterator: %s', async (how) => {
    const { probe, service } = flowService();
    await using peers = await open({ anonymous: true, services: [service] });
    const client = peers.connect({ contracts });
    const iterator = client.flow.both({ how }, forever())[Symbol.asyncIterator]();
    await iterator.next();
    await expect.poll(() => probe.parked).toBe(1);
    await iterator.return?.();
    await expect.poll(() => probe.finished).toBe(1);
  });

  it.each(ways)('ends when its reader withdraws: %s', async (how) => {
    const { probe, service } = flowService();
    await using peers = await open({ anonymous: true, services: [service] });
    const client = peers.connect({ contracts });
    const controller = new AbortController();
    const options = { signal: controller.signal };
    const iterator = client.flow.both({ how }, forever(), options)[Symbol.asyncIterator]();
    await iterator.next();
    await expect.poll(() => probe.parked).toBe(1);
    controller.abort();
    await expect.poll(() => probe.finished).toBe(1);
    await expect(iterator.next()).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('ends when a subscriber unsubscribes', async () => {
    const { probe, service } = flowService();
    await using peers = await open({ anonymous: true, services: [service] });
    const client = peers.connect({ contracts });
    const stop = client.flow.down({ how: 'signal' }).subscribe({});
    await expect.poll(() => probe.parked).toBe(1);
    stop();
    await expect.poll(() => probe.finished).toBe(1);
  });

  it.each(['signal', 'items'] as const)('ends when its sender withdraws: %s', async (how) => {
    const { probe, service } = flowService();
    await using peers = await open({ anonymous: true, services: [service] });
    const client = peers.connect({ contracts });
    const controller = new AbortController();
    const { signal } = controller;
    const source = sourceOf('signal');
    const upload = client.flow.up.safe({ how }, source.items, { signal });
    await expect.poll(() => probe.parked).toBe(1);
    await expect.poll(() => source.probe.parked).toBe(1);
    controller.abort();
    expect(await upload).toMatchObject({ error: { code: 'CANCELLED' } });
    await expect.poll(() => probe.finished).toBe(1);
    await expect.poll(() => source.probe.finished).toBe(1);
    expect(probe.failures).toMatchObject(how === 'items' ? [{ code: 'CANCELLED' }] : []);
  });
});

describeTransports('a stream whose session is lost', (open) => {
  it('tells its reader how many items there were', async () => {
    const { probe, service } = flowService();
    const limits = { detachedMs: 0 };
    await using peers = await open({ anonymous: true, services: [service], limits });
    const client = peers.connect({ contracts });
    let items = 0;
    const reading = (async () => {
      for await (const item of client.flow.down({ how: 'busy' })) {
        expect(item).toBe(items++);
        if (items === 500) peers.cut();
      }
    })();
    const error: unknown = await reading.catch((failure: unknown) => failure);
    expect(items).toBeGreaterThanOrEqual(500);
    expect(error).toMatchObject({ code: 'STREAM_LOST', executed: 'unknown', data: { items } });
    await expect.poll(() => probe.finished).toBe(1);
  });

  it('tells its handler how many items there were, and stops its source', async () => {
    const { probe, service } = flowService();
    const limits = { detachedMs: 0 };
    await using peers = await open({ anonymous: true, services: [service], limits });
    const client = peers.connect({ contracts });
    const source = sourceOf('signal');
    const upload = client.flow.up.safe({ how: 'items' }, async function* (signal: AbortSignal) {
      for (let n = 0; n < 40; n++) yield n;
      yield* source.items(signal);
    });
    await expect.poll(() => source.probe.parked).toBe(1);
    const down = client.flow.down({ how: 'items' })[Symbol.asyncIterator]();
    await down.next();
    peers.cut();
    expect(await upload).toMatchObject({
      error: { code: 'STREAM_LOST', executed: 'unknown', data: { items: 0 } },
    });
    await expect.poll(() => source.probe.finished).toBe(1);
    await expect.poll(() => probe.failures.length).toBe(1);
    expect(probe.failures).toMatchObject([{ code: 'STREAM_LOST', data: { items: 41 } }]);
    await down.return?.();
  });
});

describeTransports('the source of a stream', (open) => {
  it.each(['busy', 'signal'] as const)(
    'is returned, and its signal fires, when the handler wants no more: %s',
    async (how) => {
      const { service } = flowService();
      await using peers = await open({ anonymous: true, services: [service] });
      const client = peers.connect({ contracts });
      const source = sourceOf(how);
      const upload = client.flow.up({ how: 'busy' }, async function* (signal: AbortSignal) {
        yield 101;
        yield* source.items(signal);
      });
      expect(await upload).toBe(101);
      await expect.poll(() => source.probe.finished).toBe(1);
      expect(source.probe.signals[0]?.aborted).toBe(true);
      expect(source.probe.signals[0]?.reason).toMatchObject({ code: 'CANCELLED' });
    },
  );

  it('has a signal that stays quiet when it comes to its end', async () => {
    const { service } = flowService();
    await using peers = await open({ anonymous: true, services: [service] });
    const client = peers.connect({ contracts });
    const source = sourceOf('quiet');
    expect(await client.flow.up({ how: 'items' }, source.items)).toBe(1);
    expect(source.probe.signals[0]?.aborted).toBe(false);
  });

  it('may fail for its signal without anybody being told', async () => {
    const { service } = flowService();
    await using peers = await open({ anonymous: true, services: [service] });
    const failures: unknown[] = [];
    const client = peers.connect({ contracts, onError: (error) => failures.push(error) });
    const parked = createDeferred();
    const failed = createDeferred();
    const upload = client.flow.up({ how: 'busy' }, async function* (signal: AbortSignal) {
      yield 101;
      parked.resolve();
      await fired(signal);
      failed.resolve();
      throw signal.reason;
    });
    expect(await upload).toBe(101);
    await failed.promise;
    await parked.promise;
    expect(failures).toEqual([]);
  });
});

import { ENCODING, type CreditWindow, type Payload } from '@trunkline/protocol';
import { VirtualRuntime } from '@trunkline/protocol/testing';
import { describe, expect, it } from 'vitest';
import type { ItemQueue } from './item-queue.js';
import { resolveServerLimits } from '../limits/limits.js';
import { UpCredit } from './up-credit.js';

const item = (bytes: number): Payload => ({
  encoding: ENCODING.BYTES,
  bytes: new Uint8Array(bytes),
});

interface Flow {
  readonly bytes: number;
  readonly iterator: AsyncIterator<unknown>;
}

const flowOf = (queue: ItemQueue): Flow => ({
  bytes: 1_000,
  iterator: queue[Symbol.asyncIterator](),
});

/** Streams whose callers send all that they may, and whose handlers take it at once. */
class Uploads {
  readonly #runtime = new VirtualRuntime();
  readonly credit = new UpCredit(this.#runtime, resolveServerLimits({}));
  readonly #granted = new Map<ItemQueue, CreditWindow & { sent: number; sentBytes: number }>();

  open(): ItemQueue {
    const queue = this.credit.open({
      read: () => undefined,
      grant: (totals) => Object.assign(this.#granted.get(queue) ?? {}, totals),
      stop: () => undefined,
    });
    this.#granted.set(queue, { items: 16, bytes: 16_384, sent: 0, sentBytes: 0 });
    return queue;
  }

  /** Sends what may be sent; gives how much that was. */
  send(queue: ItemQueue, bytes: number): number {
    const state = this.#granted.get(queue);
    if (state === undefined) return 0;
    const before = state.sentBytes;
    while (state.sent < state.items && state.sentBytes < state.bytes) {
      if (!queue.push(item(bytes))) throw new Error('an item came without credit');
      state.sent++;
      state.sentBytes += bytes;
    }
    return state.sentBytes - before;
  }

  /** Gives what was sent in the last round. */
  async flow(queue: ItemQueue, rounds: number, { bytes, iterator }: Flow): Promise<number> {
    let last = 0;
    for (let round = 0; round < rounds; round++) {
      await this.#runtime.advance(100);
      last = this.send(queue, bytes);
      for (let taken = 0; taken < last; taken += bytes) await iterator.next();
    }
    return last;
  }
}

describe('UpCredit', () => {
  it('lets the window of one stream grow to half of what a session has', async () => {
    const uploads = new Uploads();
    const queue = uploads.open();
    const burst = await uploads.flow(queue, 30, flowOf(queue));
    expect(burst).toBeGreaterThan(60_000);
    expect(uploads.credit.bytes).toBeLessThanOrEqual(262_144);
    uploads.credit.close(queue);
    expect(uploads.credit.bytes).toBe(0);
  });

  it('never has more outstanding than a session may', async () => {
    const uploads = new Uploads();
    const queues: ItemQueue[] = [];
    for (let n = 0; n < 40; n++) {
      if (!uploads.credit.hasRoom()) break;
      const queue = uploads.open();
      queues.push(queue);
      await uploads.flow(queue, 10, flowOf(queue));
      uploads.send(queue, 1_000);
      expect(uploads.credit.bytes).toBeLessThanOrEqual(524_288);
    }
    expect(queues.length).toBeGreaterThanOrEqual(16);
    for (const queue of queues) uploads.credit.close(queue);
    expect(uploads.credit.bytes).toBe(0);
  });

  it('takes back what a window has grown by when another stream finds no room', async () => {
    const uploads = new Uploads();
    const grown = uploads.open();
    const iterator = grown[Symbol.asyncIterator]();
    await uploads.flow(grown, 30, { bytes: 1_000, iterator });
    const others: ItemQueue[] = [];
    while (uploads.credit.hasRoom()) others.push(uploads.open());
    expect(others.length).toBeLessThan(31);
    // What its caller was granted may still come.
    expect(uploads.credit.hasRoom()).toBe(false);
    await uploads.flow(grown, 20, { bytes: 1_000, iterator });
    while (uploads.credit.hasRoom()) others.push(uploads.open());
    expect(others).toHaveLength(31);
    expect(uploads.credit.bytes).toBe(524_288);
    expect(await uploads.flow(grown, 30, { bytes: 1_000, iterator })).toBeLessThanOrEqual(17_000);
    for (const queue of others) uploads.credit.close(queue);
    uploads.credit.close(grown);
    uploads.credit.close(grown);
    expect(uploads.credit.bytes).toBe(0);
  });
});

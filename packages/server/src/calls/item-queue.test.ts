import { SERVER_DECODE_LIMITS, type Payload } from '@trunkline/protocol';
import { encodePayload } from '@trunkline/protocol/superjson';
import { describe, expect, it } from 'vitest';
import { ItemQueue } from './item-queue.js';

function payload(value: unknown): Payload {
  return encodePayload(value, SERVER_DECODE_LIMITS);
}

function createQueue() {
  const log: unknown[] = [];
  const queue = new ItemQueue({
    window: { items: 4, bytes: 1_000 },
    read: ({ bytes }) => new TextDecoder().decode(bytes),
    grant: (totals) => log.push(totals),
    stop: () => log.push('stop'),
  });
  return { log, queue, iterator: queue[Symbol.asyncIterator]() };
}

describe('ItemQueue', () => {
  it('fails for who waits for an item that is still being read', async () => {
    const queue = new ItemQueue({
      window: { items: 4, bytes: 1_000 },
      read: () => new Promise(() => {}),
      grant: () => {},
      stop: () => {},
    });
    const iterator = queue[Symbol.asyncIterator]();
    queue.push(payload('a'));
    const asked = iterator.next();
    queue.fail(new Error('ended'));
    await expect(asked).rejects.toThrow('ended');
    expect(queue.given).toBe(0);
  });

  it('answers several that wait at once, in their order', async () => {
    const { queue, iterator } = createQueue();
    const asked = [iterator.next(), iterator.next(), iterator.next()];
    queue.push(payload('a'));
    queue.push(payload('b'));
    queue.end();
    const results = await Promise.all(asked);
    expect(results.map(({ done }) => done)).toEqual([false, false, true]);
    expect(results[0]?.value).toContain('a');
    expect(results[1]?.value).toContain('b');
  });

  it('keeps an item when the bytes of its batch are used again', async () => {
    const { queue, iterator } = createQueue();
    const item = payload('a');
    queue.push(item);
    const { value } = await (item.bytes.fill(0), iterator.next());
    expect(value).toContain('a');
  });

  it('fails at once and for good, with the first error, and grants nothing more', async () => {
    const { queue, iterator, log } = createQueue();
    for (let n = 0; n < 4; n++) queue.push(payload(n));
    queue.end();
    queue.fail(new Error('first'));
    queue.fail(new Error('second'));
    queue.end();
    await expect(iterator.next()).rejects.toThrow('first');
    await expect(iterator.next()).rejects.toThrow('first');
    expect(log).toEqual([]);
  });

  it('ends for all that wait when the handler stops', async () => {
    const { iterator, log } = createQueue();
    const asked = iterator.next();
    await iterator.return?.();
    expect(await asked).toEqual({ done: true, value: undefined });
    expect(log).toEqual(['stop']);
  });

  it('knows that the caller has ended, also after the handler stopped', async () => {
    const { queue, iterator } = createQueue();
    await iterator.return?.();
    expect(queue.hasEnded).toBe(false);
    queue.end();
    expect(queue.hasEnded).toBe(true);
  });
});

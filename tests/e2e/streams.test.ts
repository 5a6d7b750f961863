import { expect, it } from 'vitest';
import { chat } from '../support/chat.js';
import { chatService, createProbe } from '../support/chat-service.js';
import { describeTransports } from '../support/peers.js';

const contracts = { chat };

function* numbers(to: number): Generator<number> {
  for (let n = 1; n <= to; n++) yield n;
}

describeTransports('streams', (open) => {
  it('gives every item once and in order, far beyond the starting credit', async () => {
    await using peers = await open({ anonymous: true, services: [chatService()] });
    const client = peers.connect({ contracts });
    const items: number[] = [];
    for await (const n of client.chat.count({ to: 1_000 })) items.push(n);
    expect(items).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
  });

  it('produces no more than the credit while nobody reads', async () => {
    const probe = createProbe();
    await using peers = await open({ anonymous: true, services: [chatService(probe)] });
    const client = peers.connect({ contracts });
    const iterator = client.chat.count({ to: 100_000 })[Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual({ done: false, value: 0 });
    await client.chat.echo('a round trip');
    await client.chat.echo('and another');
    expect(probe.produced).toBeLessThanOrEqual(64 + 33);
    await iterator.return?.();
    await expect.poll(() => probe.finished).toBe(1);
  });

  it('stops the generator when the reader breaks', async () => {
    const probe = createProbe();
    await using peers = await open({ anonymous: true, services: [chatService(probe)] });
    const client = peers.connect({ contracts });
    for await (const n of client.chat.count({ to: 100_000 })) if (n === 3) break;
    await expect.poll(() => probe.finished).toBe(1);
    expect(await client.chat.echo('still here')).toBe('still here');
  });

  it('sends items up under credit and answers with the output', async () => {
    await using peers = await open({ anonymous: true, services: [chatService()] });
    const client = peers.connect({ contracts });
    expect(await client.chat.sum(undefined, numbers(40))).toBe(820);
  });

  it('stops the producer when the handler wants no more', async () => {
    await using peers = await open({ anonymous: true, services: [chatService()] });
    const client = peers.connect({ contracts });
    let returned = false;
    async function* endless(): AsyncGenerator<number> {
      try {
        for (;;) yield 100;
      } finally {
        returned = true;
      }
    }
    expect(await client.chat.sum(undefined, endless())).toBe(1_100);
    await expect.poll(() => returned).toBe(true);
  });

  it('carries items both ways and an output at the end', async () => {
    await using peers = await open({ anonymous: true, services: [chatService()] });
    const client = peers.connect({ contracts });
    const stream = client.chat.double(undefined, numbers(100));
    const doubled: number[] = [];
    for await (const n of stream) doubled.push(n);
    expect(doubled).toEqual(Array.from({ length: 100 }, (_, n) => (n + 1) * 2));
    expect(await stream.output).toEqual({ items: 100 });
  });

  it('fails the stream when an item does not fit its schema', async () => {
    await using peers = await open({ anonymous: true, services: [chatService()] });
    const client = peers.connect({ contracts });
    const error = await client.chat.sum(undefined, [2_000_000]).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'INVALID_INPUT', executed: 'yes' });
  });

  it('refuses an item of another type before it is sent', async () => {
    await using peers = await open({ anonymous: true, services: [chatService()] });
    const client = peers.connect({ contracts });
    const error = await client.chat
      .sum(undefined, ['one' as unknown as number])
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'INVALID_INPUT', executed: 'no' });
  });

  it('passes a framework error of the handler on', async () => {
    await using peers = await open({ anonymous: true, services: [chatService()] });
    const client = peers.connect({ contracts });
    const error = await client.chat.sum(undefined, [1, -1]).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'DENIED', message: 'negative', executed: 'yes' });
  });

  it('ends a stream with a typed error when its session is lost', async () => {
    const probe = createProbe();
    const limits = { detachedMs: 0 };
    await using peers = await open({ anonymous: true, services: [chatService(probe)], limits });
    const client = peers.connect({ contracts });
    const iterator = client.chat.count({ to: 100_000 })[Symbol.asyncIterator]();
    await iterator.next();
    peers.cut();
    const rest = (async () => {
      for (;;) if ((await iterator.next()).done === true) return 'ended';
    })();
    const data = { items: expect.any(Number) as number };
    expect(await rest.catch((e: unknown) => e)).toMatchObject({ code: 'STREAM_LOST', data });
    await expect.poll(() => probe.finished).toBe(1);
  });
});

import type { ItemMessage } from '@trunkline/protocol';
import { describe, expect, test } from 'vitest';
import { startLive } from '../../tests/harness.js';
import { collect } from '../../tests/readers.js';
import { decoded, welcomeWith } from '../../tests/scripted-server.js';

const ROOM = { room: 'lobby' };

describe('credit for the server', () => {
  test('is given back when half of it is used by the loop, not before', async () => {
    const { server, runtime, chat } = await startLive();
    const iterator = chat.ticks()[Symbol.asyncIterator]();
    const first = iterator.next();
    await runtime.settle();
    for (let item = 0; item < 64; item++) server.latest.item(0, item);
    await first;
    for (let item = 1; item < 31; item++) await iterator.next();
    await runtime.settle();
    expect(server.latest.all('CREDIT')).toEqual([]);
    await iterator.next();
    await runtime.settle();
    expect(server.latest.all('CREDIT')).toMatchObject([{ id: 0, items: 96 }]);
    await iterator.return?.();
    server.latest.end(0);
  });

  test('is given back by bytes too', async () => {
    const { server, runtime, chat } = await startLive();
    const iterator = chat.history(ROOM)[Symbol.asyncIterator]();
    const first = iterator.next();
    await runtime.settle();
    server.latest.item(0, 'x'.repeat(140_000));
    await first;
    await runtime.settle();
    const [credit] = server.latest.all('CREDIT');
    expect(credit?.bytes).toBeGreaterThan(262_144 + 140_000);
    await iterator.return?.();
    server.latest.end(0);
  });

  test('that is overdrawn closes with 4400', async () => {
    const { server, runtime, client, chat } = await startLive();
    const iterator = chat.ticks()[Symbol.asyncIterator]();
    const first = iterator.next();
    await runtime.settle();
    for (let item = 0; item < 65; item++) server.latest.item(0, item);
    await expect(first).resolves.toMatchObject({ value: 0 });
    await runtime.settle();
    expect(server.latest.closedWith).toEqual({ code: 4400, reason: 'item without credit' });
    expect(client.connection.state.status).toBe('closed');
  });

  test('is not needed for an item of a stream that has none: 4400', async () => {
    const { server, runtime, chat } = await startLive();
    const sent = chat.upload(undefined, []);
    await runtime.settle();
    server.latest.item(0, 'x');
    await expect(sent).rejects.toMatchObject({ code: 'STREAM_LOST' });
    await runtime.settle();
    expect(server.latest.closedWith?.code).toBe(4400);
  });
});

describe('items to the server', () => {
  function chunk(size: number): Uint8Array {
    return new Uint8Array(size).fill(size % 256);
  }

  test('go up in order, then END; the output comes back', async () => {
    const { server, runtime, chat } = await startLive();
    const sent = chat.upload(undefined, [chunk(1), chunk(2)]);
    await runtime.settle();
    const kinds = server.latest.received.map(({ kind }) => kind);
    expect(kinds).toEqual(['HELLO', 'BIND', 'CALL', 'ITEM', 'ITEM', 'END']);
    expect(server.latest.all('ITEM').map(decoded)).toEqual([chunk(1), chunk(2)]);
    server.latest.end(0, { bytes: 3 });
    await expect(sent).resolves.toEqual({ bytes: 3 });
  });

  test('are taken only as fast as the server gives credit', async () => {
    const { server, runtime, network, chat } = await startLive();
    server.welcome = welcomeWith({ upCreditItems: 2, upCreditBytes: 1_000 });
    network.latest.cut();
    await runtime.advance(1_000);
    let taken = 0;
    function* chunks() {
      for (; taken < 10; taken++) yield chunk(10);
    }
    const sent = chat.upload(undefined, chunks());
    await runtime.settle();
    expect(server.latest.all('ITEM')).toHaveLength(2);
    expect(taken).toBe(1);
    server.latest.send({ kind: 'CREDIT', id: 0, items: 5, bytes: 25 });
    await runtime.settle();
    expect(server.latest.all('ITEM')).toHaveLength(5);
    server.latest.send({ kind: 'CREDIT', id: 0, items: 100, bytes: 2_000 });
    await runtime.settle();
    expect(server.latest.all('ITEM')).toHaveLength(10);
    expect(server.latest.all('END')).toHaveLength(1);
    server.latest.end(0, { bytes: 100 });
    await sent;
  });

  test('wait for room in the outbox', async () => {
    const { server, runtime, network, chat } = await startLive({ limits: { outboxBytes: 1 } });
    server.welcome = welcomeWith({ upCreditItems: 100, upCreditBytes: 10_000_000 });
    network.latest.cut();
    await runtime.advance(1_000);
    network.latest.hold('client');
    let taken = 0;
    function* chunks() {
      for (; taken < 10; taken++) yield chunk(100_000);
    }
    const sent = chat.upload(undefined, chunks(), {});
    await runtime.settle();
    expect(taken).toBeLessThan(4);
    network.latest.release('client');
    await runtime.settle();
    expect(server.latest.all('ITEM')).toHaveLength(10);
    server.latest.end(0, { bytes: 1_000_000 });
    await sent;
  });

  test('are copied before their source may change them', async () => {
    const { server, runtime, chat } = await startLive();
    const buffer = new Uint8Array(1);
    async function* chunks() {
      for (const value of [1, 2, 3]) {
        buffer[0] = value;
        yield buffer;
      }
    }
    const sent = chat.upload(undefined, chunks());
    await runtime.settle();
    expect(server.latest.all('ITEM').map((item: ItemMessage) => item.bytes[0])).toEqual([1, 2, 3]);
    server.latest.end(0, { bytes: 3 });
    await sent;
  });

  test('stop when the server wants no more, and the call goes on', async () => {
    const { server, runtime, chat } = await startLive();
    let isReturned = false;
    async function* chunks() {
      try {
        for (;;) yield chunk(1);
      } finally {
        isReturned = true;
      }
    }
    const sent = chat.upload(undefined, chunks());
    await runtime.settle();
    expect(server.latest.all('ITEM')).toHaveLength(16);
    server.latest.send({ kind: 'CANCEL', id: 0, reason: 'stopped' });
    await runtime.settle();
    expect(isReturned).toBe(true);
    server.latest.send({ kind: 'CREDIT', id: 0, items: 99, bytes: 99_999 });
    await runtime.settle();
    expect(server.latest.all('ITEM')).toHaveLength(16);
    expect(server.latest.all('END')).toEqual([]);
    server.latest.end(0, { bytes: 16 });
    await expect(sent).resolves.toEqual({ bytes: 16 });
  });

  test.each<[string, (end: () => void) => void]>([
    ['the server has answered', (end) => end()],
    ['the server has failed', () => {}],
  ])('stop when %s', async (what, act) => {
    const { server, runtime, chat } = await startLive();
    let isReturned = false;
    async function* chunks() {
      try {
        for (;;) yield chunk(1);
      } finally {
        isReturned = true;
      }
    }
    const sent = chat.upload.safe(undefined, chunks());
    await runtime.settle();
    if (what.endsWith('failed')) server.latest.error(0, { code: 'FULL' });
    act(() => server.latest.end(0, { bytes: 1 }));
    await expect(sent).resolves.toHaveProperty('ok', !what.endsWith('failed'));
    await runtime.settle();
    expect(isReturned).toBe(true);
  });

  test('cancel the call when their source fails, with the cause', async () => {
    const { server, runtime, chat } = await startLive();
    const failure = new Error('disk');
    let fail: () => void = () => {};
    async function* chunks() {
      yield chunk(1);
      await new Promise<void>((resolve) => void (fail = resolve));
      throw failure;
    }
    const sent = chat.upload(undefined, chunks());
    await runtime.settle();
    fail();
    await expect(sent).rejects.toMatchObject({
      code: 'CANCELLED',
      executed: 'unknown',
      cause: failure,
    });
    await runtime.settle();
    expect(server.latest.last('CANCEL').reason).toBe('failed');
    server.latest.error(0, { code: 'CANCELLED', executed: 'yes' });
  });

  test.each<[string, unknown, string]>([
    ['cannot be carried', () => {}, 'INVALID_INPUT'],
    ['is too large', new Uint8Array(300_000), 'TOO_LARGE'],
  ])('cancel the call when one %s, and their source is returned', async (_, item, code) => {
    const { server, runtime, chat } = await startLive();
    let isReturned = false;
    let go: () => void = () => {};
    async function* chunks() {
      try {
        await new Promise<void>((resolve) => void (go = resolve));
        yield item as Uint8Array;
      } finally {
        isReturned = true;
      }
    }
    const sent = chat.upload(undefined, chunks());
    await runtime.settle();
    go();
    await expect(sent).rejects.toMatchObject({ code, executed: 'unknown' });
    await runtime.settle();
    expect(isReturned).toBe(true);
    await runtime.settle();
    expect(server.latest.last('CANCEL').reason).toBe('failed');
  });

  test('that fail in the turn of the call prove that it did not run', async () => {
    const { server, runtime, chat } = await startLive();
    const sent = chat.upload(undefined, [(() => {}) as never]);
    await expect(sent).rejects.toMatchObject({ code: 'INVALID_INPUT', executed: 'no' });
    await runtime.settle();
    expect(server.latest.all('CALL')).toEqual([]);
  });

  test('must be iterable', async () => {
    const { chat } = await startLive();
    await expect(chat.upload(undefined, 5 as never)).rejects.toThrow(TypeError);
    expect(() => chat.echo({ loud: true }, {} as never)).toThrow('chat.echo: items must be');
  });

  test('are returned when the caller withdraws', async () => {
    const { server, runtime, chat } = await startLive();
    const controller = new AbortController();
    let isReturned = false;
    async function* chunks() {
      try {
        for (;;) yield chunk(1);
      } finally {
        isReturned = true;
      }
    }
    const sent = chat.upload(undefined, chunks(), { signal: controller.signal });
    await runtime.settle();
    controller.abort();
    await expect(sent).rejects.toMatchObject({ code: 'CANCELLED' });
    await runtime.settle();
    expect(isReturned).toBe(true);
    expect(server.latest.last('CANCEL').reason).toBe('withdrawn');
  });

  test('that fail when they are returned are reported', async () => {
    const { server, runtime, chat, errors } = await startLive();
    async function* chunks() {
      for (;;) yield chunk(1);
    }
    const source = chunks();
    source.return = () => Promise.reject(new Error('cleanup'));
    const sent = chat.upload(undefined, source);
    await runtime.settle();
    server.latest.end(0, { bytes: 0 });
    await sent;
    await runtime.settle();
    expect(errors.map(String)).toEqual(['Error: cleanup']);
  });

  test('are lost with the connection, and their source is returned', async () => {
    const { runtime, network, chat } = await startLive();
    let isReturned = false;
    async function* chunks() {
      try {
        for (;;) yield chunk(1);
      } finally {
        isReturned = true;
      }
    }
    const sent = chat.upload(undefined, chunks());
    await runtime.settle();
    network.latest.cut();
    await expect(sent).rejects.toMatchObject({ code: 'STREAM_LOST', executed: 'unknown' });
    await runtime.settle();
    expect(isReturned).toBe(true);
  });
});

describe('a stream both ways', () => {
  test('sends and receives at the same time', async () => {
    const { server, runtime, chat } = await startLive();
    const all = collect(chat.echo({ loud: true }, ['a', 'b']));
    await runtime.settle();
    expect(server.latest.input).toEqual({ loud: true });
    expect(server.latest.all('ITEM').map(decoded)).toEqual(['a', 'b']);
    for (const item of ['A', 'B']) server.latest.item(0, item);
    server.latest.end(0);
    await expect(all).resolves.toEqual(['A', 'B']);
  });

  test('takes no item from its source before it is read', async () => {
    const { runtime, chat } = await startLive();
    let isTaken = false;
    function* items() {
      isTaken = true;
      yield 'a';
    }
    const iterator = chat.echo({ loud: true }, items())[Symbol.asyncIterator]();
    await runtime.settle();
    expect(isTaken).toBe(false);
    await iterator.return?.();
  });

  test('that is left returns its source too', async () => {
    const { server, runtime, chat } = await startLive();
    let isReturned = false;
    async function* items() {
      try {
        for (;;) yield 'a';
      } finally {
        isReturned = true;
      }
    }
    const iterator = chat.echo({ loud: true }, items())[Symbol.asyncIterator]();
    const first = iterator.next();
    await runtime.settle();
    server.latest.item(0, 'A');
    await first;
    await iterator.return?.();
    await runtime.settle();
    expect(isReturned).toBe(true);
    expect(server.latest.last('CANCEL').reason).toBe('stopped');
  });
});

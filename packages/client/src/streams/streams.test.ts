import { ENCODING } from '@trunkline/protocol';
import { describe, expect, test } from 'vitest';
import { errorOf, outcomeOf, startLive } from '../../tests/harness.js';
import { collect } from '../../tests/readers.js';

const ROOM = { room: 'lobby' };

describe('a stream of items from the server', () => {
  test('begins at the first next() and gives items until its end', async () => {
    const { server, runtime, chat } = await startLive();
    const items = chat.history(ROOM);
    const iterator = items[Symbol.asyncIterator]();
    await runtime.settle();
    expect(server.latest.all('CALL')).toEqual([]);
    const first = iterator.next();
    await runtime.settle();
    expect(server.latest.last('BIND')).toMatchObject({ procedureKind: 'stream' });
    expect(server.latest.last('CALL').deadlineMs).toBeUndefined();
    expect(server.latest.input).toEqual(ROOM);
    server.latest.item(0, 'a');
    server.latest.item(0, 'b');
    server.latest.end(0);
    await expect(first).resolves.toEqual({ done: false, value: 'a' });
    await expect(iterator.next()).resolves.toEqual({ done: false, value: 'b' });
    await expect(iterator.next()).resolves.toEqual({ done: true, value: undefined });
    await expect(iterator.next()).resolves.toEqual({ done: true, value: undefined });
  });

  test('may be read once', async () => {
    const { server, runtime, chat } = await startLive();
    const items = chat.history(ROOM);
    const all = collect(items);
    await runtime.settle();
    server.latest.end(0);
    await all;
    expect(() => items[Symbol.asyncIterator]()).toThrow(TypeError);
    expect(() => items.subscribe({})).toThrow('chat.history: this stream was read already');
  });

  test('gives its output when it has ended', async () => {
    const { server, runtime, chat } = await startLive();
    const ticks = chat.ticks();
    const { output } = ticks;
    const all = collect(ticks);
    await runtime.settle();
    server.latest.item(0, 1);
    server.latest.end(0, { count: 1 });
    await expect(all).resolves.toEqual([1]);
    await expect(output).resolves.toEqual({ count: 1 });
    await expect(ticks.output).resolves.toEqual({ count: 1 });
  });

  test('fails after its items with the error of the server', async () => {
    const { server, runtime, chat } = await startLive();
    const ticks = chat.ticks();
    const iterator = ticks[Symbol.asyncIterator]();
    const first = iterator.next();
    await runtime.settle();
    server.latest.item(0, 1);
    server.latest.item(0, 2);
    server.latest.error(0, { code: 'INTERNAL', executed: 'yes' });
    await expect(first).resolves.toMatchObject({ value: 1 });
    await expect(iterator.next()).resolves.toMatchObject({ value: 2 });
    await expect(iterator.next()).rejects.toMatchObject({ code: 'INTERNAL', executed: 'yes' });
    await expect(iterator.next()).resolves.toMatchObject({ done: true });
    await expect(ticks.output).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  test('that is left tells the server, and ignores what still comes', async () => {
    const { server, runtime, client, chat } = await startLive();
    const ticks = chat.ticks();
    const left = (async () => {
      for await (const item of ticks) return item;
      return undefined;
    })();
    await runtime.settle();
    server.latest.item(0, 1);
    await expect(left).resolves.toBe(1);
    await runtime.settle();
    expect(server.latest.all('CANCEL')).toEqual([{ kind: 'CANCEL', id: 0, reason: 'stopped' }]);
    await expect(ticks.output).rejects.toMatchObject({ code: 'CANCELLED' });
    server.latest.item(0, 2);
    server.latest.end(0, { count: 2 });
    await runtime.settle();
    expect(client.connection.state.status).toBe('live');
  });

  test('that is left before it began sends nothing', async () => {
    const { server, runtime, chat } = await startLive();
    const iterator = chat.history(ROOM)[Symbol.asyncIterator]();
    await iterator.return?.();
    await expect(iterator.next()).resolves.toMatchObject({ done: true });
    await runtime.settle();
    expect(server.latest.all('CALL')).toEqual([]);
  });

  test('is withdrawn by a signal, at once and with its reason', async () => {
    const { server, runtime, chat } = await startLive();
    const controller = new AbortController();
    const ticks = chat.ticks(undefined, { signal: controller.signal });
    const iterator = ticks[Symbol.asyncIterator]();
    const first = iterator.next();
    await runtime.settle();
    for (const item of [1, 2, 3]) server.latest.item(0, item);
    await first;
    controller.abort('enough');
    await expect(iterator.next()).rejects.toMatchObject({ code: 'CANCELLED', cause: 'enough' });
    await runtime.settle();
    expect(server.latest.all('CANCEL')).toEqual([{ kind: 'CANCEL', id: 0, reason: 'withdrawn' }]);
    server.latest.error(0, { code: 'CANCELLED', executed: 'yes' });
  });

  test('fails at once when its signal has fired before', async () => {
    const { server, runtime, chat } = await startLive();
    const items = chat.history(ROOM, { signal: AbortSignal.abort() });
    await expect(collect(items)).rejects.toMatchObject({ code: 'CANCELLED', executed: 'no' });
    await runtime.settle();
    expect(server.latest.all('CALL')).toEqual([]);
  });

  test('has the deadline that its caller gives, counted from its start', async () => {
    const { server, runtime, chat } = await startLive();
    const items = chat.history(ROOM, { deadlineMs: 5_000 });
    await runtime.advance(10_000);
    const all = collect(items);
    const failed = errorOf(all);
    await runtime.advance(4_999);
    expect(server.latest.last('CALL').deadlineMs).toBe(5_000);
    expect(await outcomeOf(all)).toBe('pending');
    await runtime.advance(1);
    expect(await failed).toMatchObject({ code: 'DEADLINE', executed: 'unknown' });
    expect(server.latest.all('CANCEL')).toEqual([]);
    server.latest.error(0, { code: 'DEADLINE', executed: 'yes' });
    await runtime.settle();
  });

  test('has the deadline of its contract where its caller gives none', async () => {
    const { server, runtime, chat } = await startLive();
    const failed = errorOf(collect(chat.brief()));
    await runtime.settle();
    expect(server.latest.last('CALL').deadlineMs).toBeUndefined();
    await runtime.advance(900);
    expect(await failed).toMatchObject({ code: 'DEADLINE', executed: 'unknown' });
    expect(server.latest.all('CANCEL')).toMatchObject([{ id: 0, reason: 'deadline' }]);
    server.latest.error(0, { code: 'DEADLINE', executed: 'yes' });
    await runtime.settle();
  });

  test('refuses options and listeners that do not exist', async () => {
    const { chat } = await startLive();
    const { signal } = new AbortController();
    expect(() => chat.history(ROOM, { singal: signal } as object)).toThrow(
      'chat.history: unknown option "singal": expected signal, deadlineMs',
    );
    await expect(chat.upload(undefined, [], { idempotencyKey: 'x' } as object)).rejects.toThrow(
      'chat.upload: unknown option "idempotencyKey"',
    );
    expect(() => chat.history(ROOM).subscribe({ items: () => {} } as object)).toThrow(
      'unknown listener "items": expected item, end, error',
    );
  });

  test('refuses a senseless deadline when it is made', async () => {
    const { chat } = await startLive();
    expect(() => chat.history(ROOM, { deadlineMs: -5 })).toThrow(TypeError);
  });

  test('is lost with its connection', async () => {
    const { server, runtime, network, chat } = await startLive();
    const all = collect(chat.history(ROOM));
    await runtime.settle();
    server.latest.item(0, 'a');
    await runtime.settle();
    network.latest.cut();
    await expect(all).rejects.toMatchObject({ code: 'STREAM_LOST', executed: 'unknown' });
  });

  test('that was never written goes out on the next connection', async () => {
    const { server, runtime, network, chat } = await startLive();
    const all = collect(chat.history(ROOM));
    network.latest.cut();
    await runtime.advance(1_000);
    server.latest.item(0, 'a');
    server.latest.end(0);
    await expect(all).resolves.toEqual(['a']);
  });

  test('is tried again after BUSY, unless an item has come', async () => {
    const { server, runtime, chat } = await startLive();
    const all = collect(chat.history(ROOM));
    await runtime.settle();
    server.latest.error(0, { code: 'BUSY' });
    await runtime.advance(500);
    server.latest.item(0, 'a');
    server.latest.error(0, { code: 'BUSY' });
    await expect(all).rejects.toMatchObject({ code: 'BUSY' });
    expect(server.latest.all('CALL')).toHaveLength(2);
  });

  test('fails when an item cannot be read, and the connection lives', async () => {
    const { server, runtime, client, chat } = await startLive();
    const all = collect(chat.history(ROOM));
    await runtime.settle();
    const bytes = new Uint8Array([7, 7]);
    server.latest.send({ kind: 'ITEM', id: 0, encoding: ENCODING.SUPERJSON, bytes });
    await expect(all).rejects.toMatchObject({ code: 'INTERNAL', executed: 'yes' });
    await runtime.settle();
    expect(server.latest.last('CANCEL').reason).toBe('stopped');
    expect(client.connection.state.status).toBe('live');
  });

  test('fails when the client is closed: it has not come to its end', async () => {
    const { server, runtime, client, chat } = await startLive();
    const ticks = chat.ticks();
    const all = collect(ticks);
    await runtime.settle();
    server.latest.item(0, 1);
    await runtime.settle();
    client.close();
    await expect(all).rejects.toMatchObject({ code: 'CANCELLED', executed: 'unknown' });
    await expect(ticks.output).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('a stream by callbacks', () => {
  test('gives items, then its end with the output', async () => {
    const { server, runtime, chat } = await startLive();
    const seen: unknown[] = [];
    chat.ticks().subscribe({
      item: (item) => seen.push(item),
      end: (output) => seen.push(output),
      error: (error) => seen.push(error),
    });
    await runtime.settle();
    for (let item = 0; item < 40; item++) server.latest.item(0, item);
    server.latest.end(0, { count: 40 });
    await runtime.settle();
    expect(seen).toEqual([...Array(40).keys(), { count: 40 }]);
    expect(server.latest.all('CREDIT')).toMatchObject([{ items: 96 }]);
  });

  test('calls nothing after it was stopped', async () => {
    const { server, runtime, chat } = await startLive();
    const seen: unknown[] = [];
    const ticks = chat.ticks();
    const stop = ticks.subscribe({
      item: (item) => {
        seen.push(item);
        stop();
      },
      end: () => seen.push('end'),
      error: () => seen.push('error'),
    });
    await runtime.settle();
    server.latest.item(0, 1);
    server.latest.item(0, 2);
    await runtime.settle();
    server.latest.error(0, { code: 'CANCELLED', executed: 'yes' });
    await runtime.settle();
    stop();
    expect(seen).toEqual([1]);
    expect(server.latest.all('CANCEL')).toHaveLength(1);
    await expect(ticks.output).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  test('tells its failure to the listener, else to the hook', async () => {
    const { server, runtime, chat, errors } = await startLive();
    const seen: string[] = [];
    chat.history(ROOM).subscribe({ error: ({ code }) => seen.push(code) });
    chat.history(ROOM).subscribe({});
    await runtime.settle();
    server.latest.error(0, { code: 'DENIED' });
    server.latest.error(2, { code: 'NOT_FOUND' });
    await runtime.settle();
    expect(seen).toEqual(['DENIED']);
    expect(errors).toMatchObject([{ code: 'NOT_FOUND' }]);
  });

  test('that fails at once tells it when the function that stops it is there', async () => {
    const { runtime, client, chat } = await startLive();
    client.close();
    const seen: string[] = [];
    const stop = chat.history(ROOM).subscribe({
      error: ({ code }) => {
        seen.push(code);
        stop();
      },
    });
    const silent = chat.history(ROOM).subscribe({ error: () => seen.push('never') });
    silent();
    expect(seen).toEqual([]);
    await runtime.settle();
    expect(seen).toEqual(['UNAVAILABLE']);
  });

  test('goes on when a listener throws, and the hook is told', async () => {
    const { server, runtime, chat, errors } = await startLive();
    const seen: unknown[] = [];
    chat.ticks().subscribe({
      item: (item) => {
        seen.push(item);
        if (item === 1) throw new Error('mine');
        return item === 2 ? Promise.reject(new Error('later')) : undefined;
      },
    });
    await runtime.settle();
    for (const item of [1, 2, 3]) server.latest.item(0, item);
    server.latest.end(0, { count: 3 });
    await runtime.settle();
    expect(seen).toEqual([1, 2, 3]);
    expect(errors.map(String)).toEqual(['Error: mine', 'Error: later']);
  });
});

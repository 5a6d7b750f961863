import { ENCODING } from '@trunkline/protocol';
import { describe, expect, test } from 'vitest';
import { start, startLive } from '../../tests/harness.js';
import { payload, ScriptedServer, welcomeWith } from '../../tests/scripted-server.js';
import { TrunklineError } from '../index.js';

const HELLO = { text: 'hello' };

describe('a call', () => {
  test('gives its output', async () => {
    const { server, runtime, chat } = start();
    const posted = chat.post(HELLO);
    await runtime.settle();
    expect(server.latest.input).toEqual(HELLO);
    server.latest.result(0, new Date(5));
    await expect(posted).resolves.toEqual(new Date(5));
  });

  test('is bound at first use, with numbers from 0', async () => {
    const { server, runtime, chat } = await startLive();
    const calls = [chat.post(HELLO), chat.ping(), chat.post(HELLO)];
    await runtime.settle();
    expect(server.latest.all('BIND')).toEqual([
      expect.objectContaining({ procedure: 0, procedureKind: 'call', name: 'chat.post' }),
      expect.objectContaining({ procedure: 1, procedureKind: 'call', name: 'chat.ping' }),
    ]);
    expect(server.latest.last('BIND')).toMatchObject({
      sendHash: '0000000000000000',
      receiveHash: '0000000000000000',
    });
    expect(server.latest.all('CALL').map(({ procedure }) => procedure)).toEqual([0, 1, 0]);
    for (const id of [0, 2, 4]) server.latest.result(id);
    await Promise.all(calls);
  });

  test('takes the smallest even id that is free', async () => {
    const { server, runtime, chat } = await startLive();
    const first = chat.ping();
    const second = chat.ping();
    await runtime.settle();
    server.latest.result(0);
    await first;
    const third = chat.ping();
    const fourth = chat.ping();
    await runtime.settle();
    expect(server.latest.all('CALL').map(({ id }) => id)).toEqual([0, 2, 0, 4]);
    for (const id of [0, 2, 4]) server.latest.result(id);
    await Promise.all([second, third, fourth]);
  });

  test('leaves in one batch with all others of its turn', async () => {
    const { server, runtime, chat } = await startLive();
    const before = server.latest.batches.length;
    const calls = [chat.ping(), chat.ping(), chat.ping()];
    await runtime.settle();
    expect(server.latest.batches).toHaveLength(before + 1);
    for (const id of [0, 2, 4]) server.latest.result(id);
    await Promise.all(calls);
  });

  test('without input carries none', async () => {
    const { server, runtime, chat } = await startLive();
    const pinged = chat.ping();
    await runtime.settle();
    expect(server.latest.last('CALL')).toMatchObject({ encoding: ENCODING.NONE });
    server.latest.result(0);
    await expect(pinged).resolves.toBeUndefined();
  });

  test('fails with a declared error and its data', async () => {
    const { server, runtime, chat } = await startLive();
    const posted = chat.post(HELLO);
    await runtime.settle();
    const error = { code: 'ROOM_CLOSED', executed: 'yes', message: 'the room is closed' } as const;
    server.latest.error(0, { ...error, ...payload({ room: 'lobby' }) });
    await expect(posted).rejects.toBeInstanceOf(TrunklineError);
    const data = { room: 'lobby' };
    await expect(posted).rejects.toMatchObject({ ...error, data, where: 'chat.post' });
  });

  test('gives its outcome as a value on request', async () => {
    const { server, runtime, chat } = await startLive();
    const good = chat.post.safe(HELLO);
    const bad = chat.post.safe(HELLO, { deadlineMs: 70 });
    await runtime.settle();
    server.latest.result(0, new Date(1));
    server.latest.error(2, { code: 'RATE', retryAfterMs: 70 });
    await expect(good).resolves.toEqual({ ok: true, value: new Date(1) });
    await expect(bad).resolves.toMatchObject({
      ok: false,
      error: { code: 'RATE', retryAfterMs: 70, executed: 'no' },
    });
  });

  test('fails with INTERNAL, executed yes, when its output cannot be read', async () => {
    const { server, runtime, client, chat } = await startLive();
    const posted = chat.post(HELLO);
    await runtime.settle();
    const bytes = new Uint8Array([1, 2, 3]);
    server.latest.send({ kind: 'RESULT', id: 0, encoding: ENCODING.SUPERJSON, bytes });
    await expect(posted).rejects.toMatchObject({ code: 'INTERNAL', executed: 'yes' });
    expect(client.connection.state.status).toBe('live');
  });

  test('keeps its error when the data cannot be read', async () => {
    const { server, runtime, chat } = await startLive();
    const posted = chat.post(HELLO);
    await runtime.settle();
    const bytes = new Uint8Array([1, 2, 3]);
    server.latest.error(0, { code: 'ROOM_CLOSED', encoding: ENCODING.SUPERJSON, bytes });
    await expect(posted).rejects.toMatchObject({ code: 'ROOM_CLOSED', data: undefined });
  });

  test('ignores answers to ids that nobody knows', async () => {
    const { server, runtime, client, chat } = await startLive();
    server.latest.result(8, 'late');
    server.latest.result(9, 'odd');
    server.latest.error(10, { code: 'BUSY' });
    const pinged = chat.ping();
    await runtime.settle();
    server.latest.result(0);
    await pinged;
    expect(client.connection.state.status).toBe('live');
  });
});

describe('what cannot be sent', () => {
  test('fails with INVALID_INPUT, executed no, and is not sent', async () => {
    const { server, runtime, chat } = await startLive();
    const posted = chat.post({ text: (() => {}) as never });
    await expect(posted).rejects.toMatchObject({ code: 'INVALID_INPUT', executed: 'no' });
    await expect(posted).rejects.toThrow('"text"');
    await runtime.settle();
    expect(server.latest.all('CALL')).toEqual([]);
  });

  test('fails with TOO_LARGE when it does not fit into a batch', async () => {
    const { chat } = start();
    const posted = chat.post({ text: 'x'.repeat(262_144) });
    await expect(posted).rejects.toMatchObject({ code: 'TOO_LARGE', executed: 'no' });
    await expect(posted).rejects.toThrow('at most 261888');
  });

  test('fails with TOO_LARGE when the server takes less', async () => {
    const server = new ScriptedServer();
    server.welcome = welcomeWith({ valueInBytes: 100 });
    const { runtime, chat } = start({}, server);
    const large = chat.post({ text: 'x'.repeat(100) });
    const small = chat.post({ text: 'x' });
    await expect(large).rejects.toMatchObject({ code: 'TOO_LARGE', executed: 'no' });
    await runtime.settle();
    server.latest.result(0);
    await small;
    expect(server.latest.all('CALL')).toHaveLength(1);
  });

  test('sends the largest value that fits into a batch', async () => {
    const { server, runtime, chat } = await startLive();
    const text = 'x'.repeat(261_888 - '{"json":{"text":""}}'.length - 4);
    const posted = chat.post({ text });
    await runtime.settle();
    expect(server.latest.input).toEqual({ text });
    server.latest.result(0);
    await posted;
  });

  test('is sent as it was when the call was made', async () => {
    const { server, runtime, chat } = await startLive();
    const bytes = new Uint8Array([1, 2]);
    const posted = chat.post(bytes as never);
    bytes.fill(9);
    await runtime.settle();
    expect(server.latest.input).toEqual(new Uint8Array([1, 2]));
    server.latest.result(0);
    await posted;
  });
});

describe('an AbortSignal', () => {
  test('withdraws a call that was not written, executed no', async () => {
    const { server, runtime, chat } = await startLive();
    const controller = new AbortController();
    const posted = chat.post(HELLO, { signal: controller.signal });
    controller.abort('enough');
    await expect(posted).rejects.toMatchObject({
      code: 'CANCELLED',
      executed: 'no',
      cause: 'enough',
    });
    await runtime.settle();
    expect(server.latest.all('CALL')).toEqual([]);
  });

  test('cancels a call that was written, and keeps its id taken until the last word', async () => {
    const { server, runtime, chat } = await startLive();
    const controller = new AbortController();
    const posted = chat.post(HELLO, { signal: controller.signal });
    await runtime.settle();
    controller.abort();
    await expect(posted).rejects.toMatchObject({ code: 'CANCELLED', executed: 'unknown' });
    const other = chat.ping();
    await runtime.settle();
    expect(server.latest.all('CANCEL')).toEqual([{ kind: 'CANCEL', id: 0, reason: 'withdrawn' }]);
    expect(server.latest.last('CALL').id).toBe(2);
    server.latest.error(0, { code: 'CANCELLED', executed: 'yes' });
    server.latest.result(2);
    await other;
    const third = chat.ping();
    await runtime.settle();
    expect(server.latest.last('CALL').id).toBe(0);
    server.latest.result(0);
    await third;
  });

  test('that has fired already fails the call at once', async () => {
    const { server, runtime, chat } = await startLive();
    const signal = AbortSignal.abort();
    await expect(chat.post(HELLO, { signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    await runtime.settle();
    expect(server.latest.all('BIND')).toEqual([]);
  });

  test('is not listened to any more when the call is settled', async () => {
    const { server, runtime, chat } = await startLive();
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    const good = chat.ping(undefined, { signal });
    const bad = chat.ping(undefined, { signal });
    await runtime.settle();
    // One for all: Node warns of more than ten.
    expect(listeners).toBe(1);
    server.latest.result(0);
    server.latest.error(2, { code: 'DENIED' });
    await good;
    await expect(bad).rejects.toMatchObject({ code: 'DENIED' });
    expect(listeners).toBe(0);
  });
});

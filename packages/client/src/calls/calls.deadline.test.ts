import { describe, expect, test } from 'vitest';
import { outcomeOf, start, startLive } from '../../tests/harness.js';
import { ScriptedServer } from '../../tests/scripted-server.js';

const HELLO = { text: 'hello' };

describe('a deadline', () => {
  test('travels as what remains of it where the caller names one', async () => {
    const { server, runtime, chat } = await startLive();
    const calls = [
      chat.ping(),
      chat.ping(undefined, { deadlineMs: 400 }),
      chat.ping(undefined, { deadlineMs: null }),
      chat.ping(undefined, { deadlineMs: Infinity }),
    ];
    await runtime.settle();
    const deadlines = server.latest.all('CALL').map(({ deadlineMs }) => deadlineMs);
    expect(deadlines).toEqual([undefined, 400, undefined, undefined]);
    for (const id of [0, 2, 4, 6]) server.latest.result(id);
    await Promise.all(calls);
  });

  test('that passes while the call was never written fails it, executed no', async () => {
    const { runtime, chat } = start({}, silentServer());
    const posted = chat.post(HELLO, { deadlineMs: 1_000 });
    await runtime.advance(999);
    expect(await outcomeOf(posted)).toBe('pending');
    await Promise.all([
      expect(posted).rejects.toMatchObject({ code: 'DEADLINE', executed: 'no' }),
      runtime.advance(1),
    ]);
  });

  test('that passes after the call was written fails it, executed unknown, and needs no CANCEL', async () => {
    const { server, runtime, chat } = await startLive();
    const posted = chat.post(HELLO, { deadlineMs: 1_000 });
    const later = chat.ping(undefined, { deadlineMs: 2_000 });
    await Promise.all([
      expect(posted).rejects.toMatchObject({ code: 'DEADLINE', executed: 'unknown' }),
      runtime.advance(1_000),
    ]);
    expect(server.latest.all('CANCEL')).toEqual([]);
    expect(await outcomeOf(later)).toBe('pending');
    await Promise.all([
      expect(later).rejects.toMatchObject({ code: 'DEADLINE' }),
      runtime.advance(1_000),
    ]);
  });

  test('that is shorter than an earlier one is kept', async () => {
    const { runtime, chat } = await startLive();
    const long = chat.ping();
    const short = chat.ping(undefined, { deadlineMs: 10 });
    await Promise.all([
      expect(short).rejects.toMatchObject({ code: 'DEADLINE' }),
      runtime.advance(10),
    ]);
    expect(await outcomeOf(long)).toBe('pending');
    await Promise.all([
      expect(long).rejects.toMatchObject({ code: 'DEADLINE' }),
      runtime.advance(30_000),
    ]);
  });

  test('that makes no sense is a TypeError', async () => {
    const { chat } = start();
    await expect(chat.ping(undefined, { deadlineMs: -1 })).rejects.toThrow(TypeError);
    await expect(chat.ping(undefined, { deadlineMs: NaN })).rejects.toThrow('"deadlineMs"');
  });

  test('that is misspelt is a TypeError that says what there is', async () => {
    const { chat } = start();
    const options = { deadlineMS: 5 } as object;
    await expect(chat.ping(undefined, options)).rejects.toThrow(TypeError);
    await expect(chat.ping.safe(undefined, options)).rejects.toThrow(
      'chat.ping: unknown option "deadlineMS": expected signal, deadlineMs, idempotencyKey',
    );
  });

  test('of the client replaces the default', async () => {
    const { server, runtime, chat } = await startLive({ deadlineMs: 700 });
    const pinged = chat.ping();
    await runtime.settle();
    expect(server.latest.last('CALL').deadlineMs).toBe(700);
    server.latest.result(0);
    await pinged;
  });

  test('of the contract stands before that of the client, and behind that of the caller', async () => {
    const { server, runtime, chat } = await startLive({ deadlineMs: 700 });
    const calls = [
      chat.hasty(),
      chat.hasty(undefined, {}),
      chat.hasty(undefined, { deadlineMs: 400 }),
      chat.hasty(undefined, { deadlineMs: null }),
    ];
    await runtime.settle();
    const deadlines = server.latest.all('CALL').map(({ deadlineMs }) => deadlineMs);
    expect(deadlines).toEqual([undefined, undefined, 400, undefined]);
    for (const id of [0, 2, 4, 6]) server.latest.result(id);
    await Promise.all(calls);
  });

  test('of the contract fails a call of a client that has none', async () => {
    const { runtime, chat } = await startLive({ deadlineMs: null });
    const late = chat.hasty();
    await runtime.advance(249);
    expect(await outcomeOf(late)).toBe('pending');
    await Promise.all([
      expect(late).rejects.toMatchObject({ code: 'DEADLINE', executed: 'unknown' }),
      runtime.advance(1),
    ]);
  });

  test('that nobody named is 30 s, and its end is told by a CANCEL', async () => {
    const { server, runtime, chat } = await startLive();
    const pinged = chat.ping();
    await runtime.advance(29_999);
    expect(await outcomeOf(pinged)).toBe('pending');
    await Promise.all([
      expect(pinged).rejects.toMatchObject({ code: 'DEADLINE', executed: 'unknown' }),
      runtime.advance(1),
    ]);
    expect(server.latest.last('CALL').deadlineMs).toBeUndefined();
    expect(server.latest.all('CANCEL')).toMatchObject([{ id: 0, reason: 'deadline' }]);
    server.latest.error(0, { code: 'DEADLINE', executed: 'unknown' });
    await runtime.settle();
  });

  test('that nobody named is told when the call had to wait', async () => {
    const { server, runtime, chat } = start();
    const first = chat.hasty();
    await runtime.settle();
    const again = chat.ping();
    await runtime.settle();
    server.latest.error(2, { code: 'BUSY' });
    await runtime.advance(100);
    expect(server.latest.all('CALL').map(({ deadlineMs }) => deadlineMs)).toEqual([
      250,
      undefined,
      expect.any(Number),
    ]);
    for (const id of [0, 2]) server.latest.result(id);
    await Promise.all([first, again]);
  });
});

function silentServer(): ScriptedServer {
  const server = new ScriptedServer();
  server.welcome = undefined;
  return server;
}

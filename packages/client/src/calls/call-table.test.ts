import { describe, expect, test } from 'vitest';
import { errorOf, outcomeOf, start, startLive } from '../../tests/harness.js';
import { ScriptedServer, welcomeWith } from '../../tests/scripted-server.js';

function serverWith(limits: Parameters<typeof welcomeWith>[0]): ScriptedServer {
  const server = new ScriptedServer();
  server.welcome = welcomeWith(limits);
  return server;
}

describe('calls in flight', () => {
  test('are at most as many as the server said; the others wait', async () => {
    const server = serverWith({ callsInFlight: 2 });
    const { runtime, chat } = start({}, server);
    const calls = [1, 2, 3, 4].map((n) => chat.post({ text: `${n}` }));
    await runtime.settle();
    const { latest } = server;
    expect(latest.all('CALL').map(({ id }) => id)).toEqual([0, 2]);
    latest.result(2);
    await runtime.settle();
    expect(latest.all('CALL').map(({ id }) => id)).toEqual([0, 2, 2]);
    expect(latest.input).toEqual({ text: '3' });
    latest.result(0);
    await runtime.settle();
    expect(latest.input).toEqual({ text: '4' });
    for (const id of [0, 2]) latest.result(id);
    await Promise.all(calls);
  });

  test('count until their final message, also when they were withdrawn', async () => {
    const server = serverWith({ callsInFlight: 1 });
    const { runtime, chat } = start({}, server);
    const controller = new AbortController();
    const first = chat.ping(undefined, { signal: controller.signal });
    const second = chat.ping();
    await runtime.settle();
    controller.abort();
    await expect(first).rejects.toMatchObject({ code: 'CANCELLED', executed: 'unknown' });
    await runtime.settle();
    expect(server.latest.all('CALL')).toHaveLength(1);
    server.latest.error(0, { code: 'CANCELLED', executed: 'yes' });
    await runtime.settle();
    expect(server.latest.all('CALL')).toHaveLength(2);
    server.latest.result(0);
    await second;
  });

  test('are passed by no later call, but pass a stream that waits', async () => {
    const server = serverWith({ streams: 1 });
    const { runtime, chat } = start({}, server);
    const first = chat.history({ room: '1' })[Symbol.asyncIterator]();
    const second = chat.history({ room: '2' })[Symbol.asyncIterator]();
    const items = [first.next(), second.next()];
    const pinged = chat.ping();
    await runtime.settle();
    const names = server.latest.all('BIND').map(({ name }) => name);
    expect(names).toEqual(['chat.history', 'chat.ping']);
    expect(server.latest.all('CALL').map(({ procedure }) => procedure)).toEqual([0, 1]);
    server.latest.end(0);
    server.latest.result(2);
    await runtime.settle();
    expect(server.latest.input).toEqual({ room: '2' });
    server.latest.end(0);
    await expect(Promise.all([...items, pinged])).resolves.toMatchObject([
      { done: true },
      { done: true },
      undefined,
    ]);
  });
});

test('a procedure beyond those that a session may use fails with BUSY, executed no', async () => {
  const server = serverWith({ boundProcedures: 1 });
  const { runtime, chat } = start({}, server);
  const calls = [chat.ping(), chat.post({ text: 'x' }), chat.ping()];
  await expect(calls[1]).rejects.toMatchObject({ code: 'BUSY', executed: 'no' });
  await runtime.settle();
  expect(server.latest.all('BIND')).toHaveLength(1);
  for (const id of [0, 2]) server.latest.result(id);
  await Promise.all([calls[0], calls[2]]);
});

describe('without a connection', () => {
  test('calls wait and leave in order when it is there', async () => {
    const server = new ScriptedServer();
    server.network.isDown = true;
    const { runtime, chat } = start({}, server);
    const calls = [chat.post({ text: '1' }), chat.ping(), chat.post({ text: '2' })];
    await runtime.advance(200);
    expect(server.connections).toHaveLength(0);
    server.network.isDown = false;
    await runtime.advance(1_000);
    expect(server.latest.all('CALL').map(({ procedure }) => procedure)).toEqual([0, 1, 0]);
    for (const id of [0, 2, 4]) server.latest.result(id);
    await Promise.all(calls);
  });

  test('more than 1,024 pending calls fail with BACKPRESSURE, executed no', async () => {
    const server = new ScriptedServer();
    server.network.isDown = true;
    const { client, chat } = start({}, server);
    const calls = Array.from({ length: 1_024 }, () => chat.ping().catch(() => 'ended'));
    await expect(chat.ping()).rejects.toMatchObject({ code: 'BACKPRESSURE', executed: 'no' });
    client.close();
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['ended']));
  });

  test('more bytes than the outbox holds fail with BACKPRESSURE, executed no', async () => {
    const server = new ScriptedServer();
    server.network.isDown = true;
    const { chat } = start({ limits: { outboxBytes: 1_000 } }, server);
    const first = chat.post({ text: 'x'.repeat(600) }, { deadlineMs: 50 });
    await expect(chat.post({ text: 'x'.repeat(600) })).rejects.toMatchObject({
      code: 'BACKPRESSURE',
      executed: 'no',
    });
    await Promise.all([
      expect(first).rejects.toMatchObject({ code: 'DEADLINE' }),
      server.runtime.advance(50),
    ]);
    const third = chat.post({ text: 'x'.repeat(600) });
    expect(await outcomeOf(third)).toBe('pending');
    server.network.isDown = false;
    await server.runtime.advance(20_000);
    server.latest.result(0);
    await third;
  });

  test('bytes that the socket does not take count too', async () => {
    const { server, runtime, network, chat } = await startLive({ limits: { outboxBytes: 5_000 } });
    network.latest.hold('client');
    const calls = [chat.post({ text: 'x'.repeat(3_000) })];
    await runtime.settle();
    await expect(chat.post({ text: 'x'.repeat(3_000) })).rejects.toMatchObject({
      code: 'BACKPRESSURE',
      executed: 'no',
    });
    network.latest.release('client');
    await runtime.settle();
    calls.push(chat.post({ text: 'x'.repeat(3_000) }));
    await runtime.settle();
    for (const id of [0, 2]) server.latest.result(id);
    await Promise.all(calls);
  });
});

describe('when the connection is lost', () => {
  test('a call that was written fails with SESSION_LOST, executed unknown', async () => {
    const { runtime, network, chat } = await startLive();
    const posted = chat.post({ text: 'x' });
    await runtime.settle();
    network.latest.cut();
    await expect(posted).rejects.toMatchObject({ code: 'SESSION_LOST', executed: 'unknown' });
  });

  test('calls that were never written leave on the next one, in order, bound anew', async () => {
    const server = serverWith({ callsInFlight: 1 });
    const { runtime, network, chat } = start({}, server);
    const calls = [1, 2, 3].map((n) => chat.post({ text: `${n}` }));
    await runtime.settle();
    network.latest.cut();
    await expect(calls[0]).rejects.toMatchObject({ code: 'SESSION_LOST', executed: 'unknown' });
    server.welcome = welcomeWith({});
    await runtime.advance(1_000);
    expect(server.connections).toHaveLength(2);
    const kinds = server.latest.received.map(({ kind }) => kind);
    expect(kinds).toEqual(['HELLO', 'BIND', 'CALL', 'CALL']);
    expect(server.latest.input).toEqual({ text: '3' });
    for (const id of [0, 2]) server.latest.result(id);
    await Promise.all(calls.slice(1));
  });

  test('a call that was queued in the turn of the cut is sent again', async () => {
    const { server, runtime, network, chat } = await startLive();
    const posted = chat.post({ text: 'x' });
    network.latest.cut();
    await runtime.advance(1_000);
    expect(server.connections[0]?.all('CALL')).toEqual([]);
    expect(server.latest.input).toEqual({ text: 'x' });
    server.latest.result(0);
    await posted;
  });

  test('what the socket had taken is unknown, also when nobody has read it', async () => {
    const { server, runtime, network, chat } = await startLive();
    network.latest.hold('client');
    const posted = chat.post({ text: 'x' });
    await runtime.settle();
    network.latest.cut();
    await expect(posted).rejects.toMatchObject({ code: 'SESSION_LOST', executed: 'unknown' });
    expect(server.latest.all('CALL')).toEqual([]);
  });
});

describe('BUSY, executed no', () => {
  test('is tried again by the client itself', async () => {
    const { server, runtime, chat } = await startLive();
    const posted = chat.post({ text: 'x' });
    await runtime.settle();
    server.latest.error(0, { code: 'BUSY' });
    await runtime.settle();
    expect(server.latest.all('CALL')).toHaveLength(1);
    await runtime.advance(200);
    expect(server.latest.all('CALL')).toHaveLength(2);
    expect(server.latest.input).toEqual({ text: 'x' });
    expect(server.latest.last('CALL').deadlineMs).toBeLessThan(30_000);
    server.latest.result(0, new Date(3));
    await expect(posted).resolves.toEqual(new Date(3));
  });

  test('is tried again not before the time that the server named', async () => {
    const { server, runtime, chat } = await startLive();
    const pinged = chat.ping();
    await runtime.settle();
    server.latest.error(0, { code: 'BUSY', retryAfterMs: 3_000 });
    await runtime.advance(2_999);
    expect(server.latest.all('CALL')).toHaveLength(1);
    // Others were told the same time.
    await runtime.advance(751);
    expect(server.latest.all('CALL')).toHaveLength(2);
    server.latest.result(0);
    await pinged;
  });

  test('is tried at most four times again', async () => {
    const { server, runtime, chat } = await startLive();
    const pinged = chat.ping();
    const settled = errorOf(pinged);
    for (let attempt = 1; attempt <= 5; attempt++) {
      await runtime.advance(2_000);
      expect(server.latest.all('CALL')).toHaveLength(attempt);
      server.latest.error(0, { code: 'BUSY' });
    }
    expect(await settled).toMatchObject({ code: 'BUSY', executed: 'no' });
    await runtime.advance(10_000);
    expect(server.latest.all('CALL')).toHaveLength(5);
  });

  test('of many calls stops the trying for all, until some succeed', async () => {
    const { server, runtime, chat } = await startLive();
    const calls = Array.from({ length: 8 }, () => chat.ping().catch(({ code }) => code as string));
    await runtime.settle();
    for (let id = 0; id < 16; id += 2) server.latest.error(id, { code: 'BUSY' });
    await runtime.advance(500);
    // Five refusals were within the budget.
    expect(server.latest.all('CALL')).toHaveLength(8 + 5);
    for (let id = 0; id < 10; id += 2) server.latest.result(id);
    const outcomes = await Promise.all(calls);
    expect(outcomes.filter((outcome) => outcome === 'BUSY')).toHaveLength(3);
  });

  test('ends with the deadline while it rests, executed no', async () => {
    const { server, runtime, chat } = await startLive();
    const pinged = chat.ping(undefined, { deadlineMs: 40 });
    await runtime.settle();
    server.latest.error(0, { code: 'BUSY' });
    await Promise.all([
      expect(pinged).rejects.toMatchObject({ code: 'DEADLINE', executed: 'no' }),
      runtime.advance(40),
    ]);
  });

  test('is final at once where the server names a time behind the deadline', async () => {
    const { server, runtime, chat } = await startLive();
    const pinged = errorOf(chat.ping(undefined, { deadlineMs: 1_000 }));
    await runtime.settle();
    server.latest.error(0, { code: 'BUSY', retryAfterMs: 5_000 });
    const error = { code: 'BUSY', executed: 'no', retryAfterMs: 5_000 };
    expect(await pinged).toMatchObject(error);
  });

  test('goes on with the next connection when this one is lost meanwhile', async () => {
    const { server, runtime, network, chat } = await startLive();
    const pinged = chat.ping();
    await runtime.settle();
    server.latest.error(0, { code: 'BUSY' });
    await runtime.settle();
    network.latest.cut();
    await runtime.advance(2_000);
    expect(server.connections).toHaveLength(2);
    server.latest.result(0);
    await pinged;
  });

  test('is not tried again when it may have run, and other codes never are', async () => {
    const { server, runtime, chat } = await startLive();
    const calls = [chat.ping(), chat.ping(), chat.ping()];
    await runtime.settle();
    server.latest.error(0, { code: 'BUSY', executed: 'unknown' });
    server.latest.error(2, { code: 'DENIED' });
    server.latest.error(4, { code: 'OVERLOADED', executed: 'yes' });
    const codes = ['BUSY', 'DENIED', 'OVERLOADED'];
    for (const [index, call] of calls.entries()) {
      await expect(call).rejects.toMatchObject({ code: codes[index] });
    }
    await runtime.advance(5_000);
    expect(server.latest.all('CALL')).toHaveLength(3);
  });
});

describe('closing the client', () => {
  test('fails what is pending with CANCELLED, truthfully', async () => {
    const server = serverWith({ callsInFlight: 1 });
    const { runtime, client, chat } = start({}, server);
    const written = chat.ping();
    const waiting = chat.ping();
    await runtime.settle();
    client.close();
    await expect(written).rejects.toMatchObject({ code: 'CANCELLED', executed: 'unknown' });
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED', executed: 'no' });
    await expect(chat.ping()).rejects.toMatchObject({ code: 'UNAVAILABLE', executed: 'no' });
  });

  test('in the turn of a call proves that it did not run', async () => {
    const { server, runtime, client, chat } = await startLive();
    const pinged = chat.ping();
    client.close();
    client.close();
    await expect(pinged).rejects.toMatchObject({ code: 'CANCELLED', executed: 'no' });
    await runtime.settle();
    expect(server.latest.all('CALL')).toEqual([]);
    expect(server.latest.closedWith).toEqual({ code: 1000, reason: '' });
  });

  test('ends a call that rests before it is tried again', async () => {
    const { server, runtime, client, chat } = await startLive();
    const pinged = chat.ping();
    await runtime.settle();
    server.latest.error(0, { code: 'BUSY' });
    await runtime.settle();
    client.close();
    await expect(pinged).rejects.toMatchObject({ code: 'CANCELLED', executed: 'no' });
  });
});

describe('a server that breaks the protocol', () => {
  test.each([
    ['an item for a call', { kind: 'ITEM', id: 0, encoding: 0, bytes: new Uint8Array(0) }],
    ['an END for a call', { kind: 'END', id: 0, encoding: 0, bytes: new Uint8Array(0) }],
    ['a call', { kind: 'CALL', id: 1, procedure: 0, encoding: 0, bytes: new Uint8Array(0) }],
    ['a HELLO', { kind: 'HELLO', features: 0, agent: '', token: '', revisions: [] }],
    ['an UNSUBSCRIBE', { kind: 'UNSUBSCRIBE', sub: 0 }],
    ['a second WELCOME', welcomeWith({})],
  ] as const)('by %s is left with 4400', async (_, message) => {
    const { server, runtime, client, chat } = await startLive();
    const pinged = chat.ping();
    await runtime.settle();
    server.latest.send(message);
    await expect(pinged).rejects.toMatchObject({ code: 'SESSION_LOST', executed: 'unknown' });
    await expect(chat.ping()).rejects.toMatchObject({ code: 'UNAVAILABLE', executed: 'no' });
    await runtime.settle();
    expect(server.latest.closedWith?.code).toBe(4400);
    expect(client.connection.state.status).toBe('closed');
  });
});

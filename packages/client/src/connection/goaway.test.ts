import { describe, expect, test } from 'vitest';
import { start, startLive, type Harness } from '../../tests/harness.js';
import { welcome, type ScriptedConnection } from '../../tests/scripted-server.js';

const GOAWAY = { kind: 'GOAWAY', reason: 'stopping', afterMs: 500, windowMs: 5_000 } as const;

/** A client that has moved from the first connection to the second, with a call left on the first. */
async function startMoved(): Promise<
  Harness & { first: ScriptedConnection; second: ScriptedConnection; left: Promise<unknown> }
> {
  const harness = await startLive();
  const { server, runtime, chat } = harness;
  const left = chat.post({ text: 'left' });
  await runtime.settle();
  const first = server.latest;
  first.send(GOAWAY);
  await runtime.advance(500);
  return { ...harness, first, second: server.latest, left };
}

describe('a client that is asked to leave', () => {
  test('stays live, and opens its next connection after exactly the time that was named', async () => {
    const { server, runtime, client } = await startLive();
    server.latest.send(GOAWAY);
    await runtime.advance(499);
    expect(server.connections).toHaveLength(1);
    await runtime.advance(1);
    expect(server.connections).toHaveLength(2);
    expect(client.connection.state.status).toBe('live');
    expect(server.connections[0]?.closedWith).toMatchObject({ code: 1000 });
  });

  test('takes the new times of a second GOAWAY', async () => {
    const { server, runtime } = await startLive();
    server.latest.send({ ...GOAWAY, afterMs: 10_000 });
    server.latest.send({ ...GOAWAY, afterMs: 20 });
    await runtime.advance(20);
    expect(server.connections).toHaveLength(2);
    await runtime.advance(10_000);
    expect(server.connections).toHaveLength(2);
  });

  test('ends its calls where they were begun, and begins new ones at the next server', async () => {
    const { first, second, left, chat, runtime } = await startMoved();
    const fresh = chat.post({ text: 'fresh' });
    await runtime.settle();
    expect(first.all('CALL')).toHaveLength(1);
    expect(second.input).toEqual({ text: 'fresh' });
    expect(first.closedWith).toBeUndefined();
    first.result(0);
    await left;
    await runtime.settle();
    expect(first.closedWith).toMatchObject({ code: 1000 });
    second.result(0);
    await fresh;
  });

  test('gives up no call that is cancelled, before its server has answered', async () => {
    const { server, runtime, chat } = await startLive();
    const controller = new AbortController();
    const call = chat.ping(undefined, { signal: controller.signal });
    await runtime.settle();
    const first = server.latest;
    first.send(GOAWAY);
    await runtime.advance(500);
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: 'CANCELLED', executed: 'unknown' });
    await runtime.settle();
    expect(first.all('CANCEL')).toHaveLength(1);
    expect(first.closedWith).toBeUndefined();
    first.error(0, { code: 'CANCELLED', executed: 'unknown' });
    await runtime.settle();
    expect(first.closedWith).toMatchObject({ code: 1000 });
  });

  test('subscribes at the next server, and takes nothing of the first one any more', async () => {
    const { server, runtime, chat } = await startLive();
    const seen: unknown[] = [];
    chat.news().subscribe({ message: (message) => seen.push(message) });
    const held = chat.ping();
    await runtime.settle();
    const first = server.latest;
    first.send(GOAWAY);
    await runtime.advance(500);
    expect(server.latest.all('SUBSCRIBE')).toHaveLength(1);
    expect(first.all('UNSUBSCRIBE')).toHaveLength(1);
    first.result(0);
    await held;
  });

  test('publishes at the next server only when the publishes before have ended', async () => {
    const { server, runtime, chat } = await startLive();
    const before = chat.typing({ room: 'a' }).publish('1');
    await runtime.settle();
    const first = server.latest;
    first.send(GOAWAY);
    await runtime.advance(500);
    const second = server.latest;
    const after = chat.typing({ room: 'a' }).publish('2');
    await runtime.settle();
    expect(second.all('CALL')).toHaveLength(0);
    const published = { epoch: '00', offset: 1, stored: 'node', duplicate: false } as const;
    first.result(0, undefined, { published });
    await before;
    await runtime.settle();
    expect(second.all('CALL')).toHaveLength(1);
    second.result(0, undefined, { published: { ...published, offset: 2 } });
    await after;
  });

  test('tries again when the next connection fails, and works on meanwhile', async () => {
    const { server, runtime, chat, client } = await startLive();
    const first = server.latest;
    const pinged = chat.ping();
    await runtime.settle();
    first.send(GOAWAY);
    server.welcome = undefined;
    await runtime.advance(500);
    expect(server.connections).toHaveLength(2);
    server.latest.close('DRAINING', '1000');
    await runtime.settle();
    expect(client.connection.state.status).toBe('live');
    first.result(0);
    await pinged;
    server.welcome = welcome();
    await runtime.advance(20_000);
    expect(server.connections).toHaveLength(3);
    expect(first.closedWith).toMatchObject({ code: 1000 });
  });
});

describe('4503 of a server that has ended a session', () => {
  test('fails what it had accepted and not answered, and sends the rest again', async () => {
    const { server, runtime, chat } = await startLive();
    const accepted = chat.post({ text: 'accepted' });
    await runtime.settle();
    const first = server.latest;
    // Acknowledges the BIND and the first CALL.
    first.send({ kind: 'CREDIT', id: 99, items: 1, bytes: 1 });
    const late = chat.post({ text: 'late' });
    await runtime.settle();
    first.close('DRAINING', '1000');
    await expect(accepted).rejects.toMatchObject({ code: 'SESSION_LOST', executed: 'unknown' });
    await runtime.advance(1_000);
    expect(server.connections).toHaveLength(2);
    expect(server.latest.input).toEqual({ text: 'late' });
    server.latest.result(0);
    await late;
  });

  test('is followed by the connection that is on its way', async () => {
    const { first, left, runtime, server, client } = await startMoved();
    first.error(0, { code: 'DRAINING', executed: 'unknown' });
    first.close('DRAINING', '9000');
    await expect(left).rejects.toMatchObject({ code: 'DRAINING', executed: 'unknown' });
    await runtime.settle();
    expect(client.connection.state.status).toBe('live');
    expect(server.connections).toHaveLength(2);
  });

  test('says why while the connection that is on its way is waited for', async () => {
    const { server, runtime, client } = await startLive();
    const first = server.latest;
    first.send(GOAWAY);
    server.welcome = undefined;
    await runtime.advance(500);
    expect(server.connections).toHaveLength(2);
    first.close('DRAINING', '9000');
    await runtime.settle();
    expect(client.connection.state).toMatchObject({
      status: 'connecting',
      reason: 'the server stops (4503)',
    });
  });

  test('changes nothing for a client that was not welcomed yet', async () => {
    const { runtime, server, client } = start();
    server.welcome = undefined;
    await runtime.settle();
    server.latest.close('DRAINING', '2000');
    await runtime.settle();
    expect(client.connection.state).toMatchObject({ status: 'waiting' });
    server.welcome = welcome();
    await runtime.advance(2_000);
    expect(client.connection.state.status).toBe('live');
  });
});

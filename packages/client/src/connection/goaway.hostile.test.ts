import { FEATURES, type GoawayMessage } from '@trunkline/protocol';
import { describe, expect, test } from 'vitest';
import { start, startLive, type Harness } from '../../tests/harness.js';
import { ScriptedServer, welcome } from '../../tests/scripted-server.js';

const GOAWAY: GoawayMessage = { kind: 'GOAWAY', reason: 'stopping', afterMs: 0, windowMs: 0 };
const KEPT = {
  features: FEATURES.RESUME,
  secret: new Uint8Array(32).fill(1),
  ttlMs: 120_000,
};

/** A client with a call at the first server, which has asked it to leave and lets nobody in again. */
async function startHeld(
  auth?: (told: { reason: string }) => string,
): Promise<Harness & { held: Promise<unknown> }> {
  const server = new ScriptedServer();
  server.welcome = welcome(KEPT);
  const harness = start(auth === undefined ? {} : { auth }, server);
  const { runtime, chat } = harness;
  await runtime.settle();
  const held = chat.ping(undefined, { deadlineMs: 600_000 }).catch((error: unknown) => error);
  await runtime.settle();
  server.latest.send(GOAWAY);
  server.welcome = undefined;
  await runtime.advance(1);
  return { ...harness, held };
}

describe('a client that is asked to leave in a way that makes no sense', () => {
  test('opens one connection, however often it is asked', async () => {
    const { server, runtime } = await startLive();
    const first = server.latest;
    for (let n = 0; n < 1_000; n++) first.send({ ...GOAWAY, afterMs: n });
    await runtime.advance(2_000);
    expect(server.connections).toHaveLength(2);
  });

  test.each([2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER])(
    'stays for as long as it is told, and a day at most: %i ms',
    async (afterMs) => {
      const { server, runtime } = await startLive();
      server.latest.send({ ...GOAWAY, afterMs, windowMs: afterMs });
      await runtime.advance(5_000);
      expect(server.connections).toHaveLength(1);
      expect(runtime.timers).toBeGreaterThan(0);
    },
  );

  test('closes when it is asked before it was welcomed', async () => {
    const { server, runtime } = start();
    server.welcome = undefined;
    await runtime.settle();
    server.latest.send(GOAWAY);
    await runtime.settle();
    expect(server.latest.closedWith).toMatchObject({ code: 4400 });
  });

  test('is in no hurry when each server sends it on at once', async () => {
    const { server, runtime, client } = await startLive();
    let sent = 0;
    const sendOn = (): void => {
      for (const connection of server.connections.slice(sent)) {
        if (connection.all('HELLO').length === 0) continue;
        connection.send(GOAWAY);
        sent++;
      }
    };
    for (let ms = 0; ms < 10_000; ms += 10) {
      sendOn();
      await runtime.advance(10);
    }
    expect(server.connections.length).toBeGreaterThan(3);
    expect(server.connections.length).toBeLessThan(20);
    expect(client.connection.state.status).toBe('live');
  });

  test('holds on to no more than eight servers that do not answer', async () => {
    const { server, runtime, chat } = await startLive();
    const lost: unknown[] = [];
    for (let n = 0; n < 12; n++) {
      const options = { deadlineMs: 600_000 };
      void chat.ping(undefined, options).catch((error: unknown) => lost.push(error));
      await runtime.settle();
      server.latest.send(GOAWAY);
      await runtime.advance(20_000);
    }
    const open = server.connections.filter(({ closedWith }) => closedWith === undefined);
    expect(open).toHaveLength(9);
    expect(lost).toHaveLength(4);
    expect(lost[0]).toMatchObject({ code: 'SESSION_LOST', executed: 'unknown' });
  });
});

describe('a client whose next connection does not come about', () => {
  test('comes no sooner than the next server says', async () => {
    const { server, runtime } = await startHeld();
    server.latest.close('DRAINING', '7000');
    await runtime.advance(6_990);
    expect(server.connections).toHaveLength(2);
    await runtime.advance(10_000);
    expect(server.connections.length).toBeGreaterThan(2);
  });

  test('asks for another token when the next server refuses the one that it had', async () => {
    const reasons: string[] = [];
    const { server, runtime } = await startHeld(({ reason }) => {
      reasons.push(reason);
      return 'token';
    });
    server.latest.close('TOKEN');
    server.welcome = welcome();
    await runtime.advance(1_000);
    expect(reasons).toEqual(['first', 'resume', 'rejected']);
    expect(server.latest.all('HELLO')).toHaveLength(1);
  });

  test('stays where it is when the next server never answers', async () => {
    const { server, runtime, client, held } = await startHeld();
    const [first] = server.connections;
    await runtime.advance(60_000);
    expect(server.connections.length).toBeGreaterThan(2);
    expect(client.connection.state.status).toBe('live');
    first?.result(0);
    expect(await held).toBeUndefined();
  });

  test('stays until its server closes when the next one does not serve it, and is told then', async () => {
    const { server, runtime, client } = await startHeld();
    const [first] = server.connections;
    server.latest.close('REFUSED', 'not you');
    await runtime.settle();
    expect(client.connection.state.status).toBe('live');
    first?.close('DRAINING', '0');
    await runtime.advance(1_000);
    server.latest.close('REFUSED', 'not you');
    await runtime.settle();
    expect(client.connection.state).toMatchObject({ status: 'denied' });
  });

  test('resumes its session when the present connection is cut meanwhile', async () => {
    const { server, runtime, network } = await startHeld();
    network.connections[0]?.cut();
    await runtime.advance(1_000);
    expect(server.connections[1]?.closedWith).toMatchObject({ code: 1000 });
    expect(server.latest.all('RESUME')).toHaveLength(1);
  });

  test('takes the one that is on its way when the server ends the session meanwhile', async () => {
    const { server, runtime, client, held } = await startHeld();
    server.connections[0]?.send({ kind: 'CREDIT', id: 99, items: 1, bytes: 1 });
    server.connections[0]?.close('DRAINING', '60000');
    await runtime.settle();
    expect(await held).toMatchObject({ code: 'SESSION_LOST', executed: 'unknown' });
    expect(client.connection.state.status).toBe('connecting');
    server.latest.send(welcome());
    await runtime.settle();
    expect(client.connection.state.status).toBe('live');
    expect(server.connections).toHaveLength(2);
  });

  test.each(['close', 'pause', 'reconnectNow'] as const)(
    'leaves nothing behind after %s',
    async (how) => {
      const { server, runtime, client, held } = await startHeld();
      if (how === 'close') client.close();
      else client.connection[how]();
      await runtime.settle();
      expect(server.connections.map(({ closedWith }) => closedWith !== undefined)).toEqual(
        server.connections.map((_one, place) => place < 2),
      );
      client.close();
      expect(await held).toMatchObject({ executed: 'unknown' });
    },
  );
});

test('a client that pauses while it moves has no connection any more', async () => {
  const { server, runtime, client, chat } = await startLive();
  const held = chat.ping(undefined, { deadlineMs: 600_000 }).catch((error: unknown) => error);
  await runtime.settle();
  server.latest.send(GOAWAY);
  server.welcome = undefined;
  await runtime.advance(1);
  client.connection.watch(({ status }) => {
    if (status === 'live') client.connection.pause();
  });
  server.latest.send(welcome());
  await runtime.settle();
  expect(client.connection.state.status).toBe('idle');
  expect(server.connections.map(({ closedWith }) => closedWith !== undefined)).toEqual([
    true,
    true,
  ]);
  client.close();
  expect(await held).toMatchObject({ executed: 'unknown' });
});

import { decodeBatch, FEATURES } from '@trunkline/protocol';
import { describe, expect, test } from 'vitest';
import { errorOf, outcomeOf, start, startLive, type TestOptions } from '../../tests/harness.js';
import { ScriptedServer, welcome } from '../../tests/scripted-server.js';
import type { ConnectionState } from '../index.js';

function down(): ScriptedServer {
  const server = new ScriptedServer();
  server.network.isDown = true;
  return server;
}

function watched(options: TestOptions = {}, server = new ScriptedServer()) {
  const harness = start(options, server);
  const states: ConnectionState[] = [];
  harness.client.connection.watch((state) => states.push(state));
  return { ...harness, states, statuses: () => states.map(({ status }) => status) };
}

describe('a connection', () => {
  test('is idle first, and tells who watches from the start of all that follows', async () => {
    const { runtime, client, states } = watched();
    expect(client.connection.state).toMatchObject({ status: 'idle', attempt: 0 });
    await runtime.settle();
    expect(states).toMatchObject([
      { status: 'connecting', attempt: 1 },
      { status: 'live', attempt: 0 },
    ]);
    expect(client.connection.state).toBe(states[1]);
  });

  test('sends HELLO first and alone, with agent, token and contracts', async () => {
    const server = new ScriptedServer();
    server.welcome = undefined;
    const { runtime, network, chat } = start({ auth: 'secret', agent: 'test 1.0' }, server);
    const pinged = chat.ping({} as never).catch(() => 'ended');
    await runtime.settle();
    expect(server.latest.batches).toEqual([
      [
        {
          kind: 'HELLO',
          features: 11,
          agent: 'test 1.0',
          token: 'secret',
          revisions: [{ name: 'chat', revision: '0123456789abcdef' }],
        },
      ],
    ]);
    server.latest.send(welcome());
    await runtime.settle();
    const [first, second] = network.latest.fromClient.map((bytes) => decodeBatch(bytes));
    expect(first).toMatchObject({ seq: undefined, ack: undefined });
    expect(second).toMatchObject({ seq: 1, messages: [{ kind: 'BIND' }, { kind: 'CALL' }] });
    server.latest.result(0);
    await pinged;
  });

  test('offers packed, then superjson, and the bare name to be told the versions', async () => {
    const server = new ScriptedServer();
    const offered: (readonly string[])[] = [];
    start(
      {
        dial: (url, subprotocols, sink) => {
          offered.push(subprotocols);
          return server.network.dial(url, subprotocols, sink);
        },
      },
      server,
    );
    await server.runtime.settle();
    expect(offered).toEqual([['trunkline.v1.packed', 'trunkline.v1.superjson', 'trunkline']]);
  });

  test('ends at once when nothing was sent yet', async () => {
    const { server, runtime, client, statuses } = watched();
    client.close();
    await runtime.settle();
    expect(statuses()).toEqual(['closed']);
    expect(server.connections).toHaveLength(0);
  });

  test('names the contracts that the server has otherwise or not at all', async () => {
    const server = new ScriptedServer();
    const { runtime, client } = start({}, server);
    await runtime.settle();
    expect(client.connection.state.staleContracts).toEqual(['chat']);
    server.welcome = welcome({ revisions: [{ name: 'chat', revision: '0123456789abcdef' }] });
    server.network.latest.cut();
    await runtime.advance(1_000);
    expect(client.connection.state).toMatchObject({ status: 'live', staleContracts: [] });
    server.welcome = welcome({ revisions: [{ name: 'chat', revision: 'ffffffffffffffff' }] });
    server.network.latest.cut();
    await runtime.advance(1_000);
    expect(client.connection.state).toMatchObject({ status: 'live', staleContracts: ['chat'] });
  });

  test('answers PING, before and after it is live', async () => {
    const { server, runtime } = await startLive();
    server.latest.send({ kind: 'PING', value: 77 });
    await runtime.settle();
    expect(server.latest.all('PONG')).toEqual([{ kind: 'PONG', value: 77 }]);
  });

  test('that is silent is taken for dead after 35 s, and made anew', async () => {
    const { server, runtime, network, client } = await startLive();
    network.latest.hold('server');
    await runtime.advance(36_000);
    expect(server.connections).toHaveLength(2);
    expect(client.connection.state.status).toBe('live');
  });

  test('that is silent while a call is outstanding is taken for dead after 8 s', async () => {
    const { server, runtime, network, chat } = await startLive();
    await runtime.advance(10_000);
    const pinged = chat.ping();
    await runtime.settle();
    network.latest.hold('server');
    await Promise.all([
      expect(pinged).rejects.toMatchObject({ code: 'SESSION_LOST', executed: 'unknown' }),
      runtime.advance(9_000),
    ]);
    expect(server.connections).toHaveLength(2);
  });

  test('lives through a long call because the server answers PING', async () => {
    const { server, runtime, chat } = await startLive();
    await runtime.advance(20_000);
    const pinged = chat.ping(undefined, { deadlineMs: null });
    await runtime.advance(60_000);
    expect(server.connections).toHaveLength(1);
    server.latest.result(0);
    await pinged;
  });
});

describe('connecting again', () => {
  test('happens after a delay between 250 ms and 500 ms, and starts anew when live for 10 s', async () => {
    const { server, runtime, network, client, states } = watched();
    await runtime.settle();
    for (let count = 0; count < 4; count++) {
      await runtime.advance(10_000);
      network.latest.cut();
      await runtime.settle();
      const { status, nextAttemptAt = 0, reason } = client.connection.state;
      expect(status).toBe('waiting');
      expect(reason).toBe('the connection was cut (1006)');
      const delay = nextAttemptAt - runtime.now();
      expect(delay).toBeGreaterThanOrEqual(250);
      expect(delay).toBeLessThan(500);
      await runtime.advance(delay);
      expect(client.connection.state.status).toBe('live');
    }
    expect(server.connections).toHaveLength(5);
    expect(states.filter(({ status }) => status === 'connecting')[4]).toMatchObject({ attempt: 1 });
  });

  test('waits for what a draining server names', async () => {
    const { server, runtime, client } = await startLive();
    server.latest.close('DRAINING', '6000');
    await runtime.settle();
    expect(client.connection.state.nextAttemptAt).toBe(runtime.now() + 6_000);
    await runtime.advance(5_999);
    expect(server.connections).toHaveLength(1);
    await runtime.advance(1);
    expect(server.connections).toHaveLength(2);
  });

  test('becomes unreachable after five attempts that never opened, with hints', async () => {
    const { server, runtime, client, states } = watched({}, down());
    await runtime.advance(30_000);
    const { status, hints, attempt, nextAttemptAt = 0 } = client.connection.state;
    expect(status).toBe('unreachable');
    expect(hints?.join(' ')).toContain('ws://test');
    expect(attempt).toBeGreaterThanOrEqual(5);
    expect(states.filter((state) => state.status === 'connecting')).toHaveLength(5);
    expect(nextAttemptAt - runtime.now()).toBeLessThanOrEqual(20_000);
    server.network.isDown = false;
    await runtime.advance(20_000);
    expect(client.connection.state).toMatchObject({ status: 'live', attempt: 0 });
    expect(client.connection.state.hints).toBeUndefined();
  });

  test('goes on from unreachable at 10 s to 20 s, staying unreachable all the time', async () => {
    const { runtime, client, states } = watched({}, down());
    await runtime.advance(20_000);
    const since = client.connection.state.since;
    const before = states.length;
    await runtime.advance(100_000);
    const later = states.slice(before);
    expect(new Set(later.map(({ status }) => status))).toEqual(new Set(['unreachable']));
    expect(client.connection.state.since).toBe(since);
    const attempts = later.filter(({ nextAttemptAt }) => nextAttemptAt === undefined);
    expect(attempts.length).toBeGreaterThanOrEqual(5);
    expect(attempts.length).toBeLessThanOrEqual(10);
    expect(attempts[0]?.hints?.length).toBeGreaterThan(0);
  });

  test('gives up an attempt that does not open within 10 s', async () => {
    const server = new ScriptedServer();
    const { runtime, states } = watched(
      { dial: () => ({ bufferedBytes: 0, write() {}, close() {}, abort() {} }) },
      server,
    );
    await runtime.advance(10_000);
    expect(states.at(-1)).toMatchObject({
      status: 'waiting',
      reason: 'the connection could not be opened (1006: it did not open in time)',
    });
  });

  test.each([
    ['SLOW', ''],
    ['LEAVING', ''],
    ['TOKEN', ''],
    ['TOO_MUCH', '0'],
  ] as const)('slows down where each WELCOME is followed by %s', async (code, reason) => {
    const { server, runtime } = await startLive({ auth: () => 'token' });
    for (let elapsed = 0; elapsed < 60_000; elapsed += 50) {
      if (server.latest.closedWith === undefined) server.latest.close(code, reason);
      await runtime.advance(50);
    }
    expect(server.connections.length).toBeGreaterThan(3);
    expect(server.connections.length).toBeLessThan(20);
  });

  test('waits for a WELCOME through silence, answers PING meanwhile, and watches then', async () => {
    const server = new ScriptedServer();
    server.welcome = undefined;
    const { runtime, network, client } = start({}, server);
    await runtime.advance(1_000);
    server.latest.send({ kind: 'PING', value: 5 });
    await runtime.advance(38_500);
    expect(server.latest.closedWith).toBeUndefined();
    server.latest.send(welcome());
    await runtime.settle();
    expect(client.connection.state.status).toBe('live');
    server.welcome = welcome();
    network.latest.hold('server');
    await runtime.advance(54_000);
    expect(server.connections).toHaveLength(2);
  });

  test('refuses a WELCOME behind a message that took a number', async () => {
    const server = new ScriptedServer();
    server.welcome = undefined;
    const { runtime } = start({}, server);
    await runtime.settle();
    server.latest.send({ kind: 'VOID' });
    await runtime.settle();
    expect(server.latest.closedWith).toBeUndefined();
    server.latest.send(welcome());
    await runtime.settle();
    expect(server.latest.closedWith?.code).toBe(4400);
  });

  test('gives up an attempt without WELCOME after 40 s', async () => {
    const server = new ScriptedServer();
    server.welcome = undefined;
    const { runtime, states } = watched({}, server);
    await runtime.advance(40_000);
    expect(states.at(-1)).toMatchObject({ status: 'waiting' });
    expect(states.at(-1)?.reason).toContain('no welcome came in time');
    expect(server.latest.closedWith?.code).toBe(1006);
  });

  test('ends for good when the client is closed while it waits', async () => {
    const { server, runtime, client } = start({}, down());
    await runtime.advance(400);
    client.close();
    server.network.isDown = false;
    await runtime.advance(60_000);
    expect(server.connections).toHaveLength(0);
    expect(client.connection.state).toMatchObject({
      status: 'closed',
      reason: 'the client was closed',
    });
  });
});

describe('pausing', () => {
  test('while a session is dialed for that has ended meanwhile fails what was sent in it', async () => {
    const server = new ScriptedServer();
    const terms = { features: FEATURES.RESUME, secret: new Uint8Array(32), ttlMs: 3_000 };
    server.welcome = welcome(terms);
    const { runtime, client, chat } = start({}, server);
    await runtime.settle();
    const failed = errorOf(chat.ticks()[Symbol.asyncIterator]().next());
    await runtime.settle();
    server.welcome = undefined;
    server.latest.transport.abort();
    await runtime.advance(4_000);
    expect(server.connections).toHaveLength(2);
    expect(client.connection.state.status).toBe('connecting');
    expect(await outcomeOf(failed)).toBe('pending');
    client.connection.pause();
    await runtime.settle();
    expect(await outcomeOf(failed)).toMatchObject({ value: { code: 'STREAM_LOST' } });
  });
});

describe('watching', () => {
  test('ends with the function that it gave', async () => {
    const { runtime, network, client } = await startLive();
    const seen: string[] = [];
    const stop = client.connection.watch(({ status }) => seen.push(status));
    network.latest.cut();
    await runtime.settle();
    stop();
    stop();
    await runtime.advance(1_000);
    expect(seen).toEqual(['waiting']);
  });

  test('goes on for others when a listener throws, and the hook is told', async () => {
    const { runtime, client, errors } = start();
    const seen: string[] = [];
    client.connection.watch(() => {
      throw new Error('mine');
    });
    client.connection.watch(({ status }) => seen.push(status));
    await runtime.settle();
    expect(seen).toEqual(['connecting', 'live']);
    expect(errors.map(String)).toEqual(['Error: mine', 'Error: mine']);
  });

  test.each(['connecting', 'live', 'waiting'] as const)(
    'may close the client when it is %s',
    async (wanted) => {
      const { server, runtime, client, chat } = start();
      client.connection.watch(({ status }) => {
        if (status === wanted) client.close();
      });
      const pinged = chat.ping();
      const failed = errorOf(pinged);
      await runtime.settle();
      if (wanted === 'waiting') server.network.latest.cut();
      expect(await failed).toMatchObject({ code: 'CANCELLED' });
      expect(client.connection.state.status).toBe('closed');
    },
  );

  test('is not needed to wait until it is live', async () => {
    const { runtime, client } = start();
    const live = client.connection.live();
    await runtime.settle();
    await expect(live).resolves.toBeUndefined();
    await expect(client.connection.live()).resolves.toBeUndefined();
    client.close();
    await expect(client.connection.live()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

import type { Message } from '@trunkline/protocol';
import { FEATURES } from '@trunkline/protocol';
import { describe, expect, it } from 'vitest';
import { errorOf, start, startLive, type Harness } from '../../packages/client/tests/harness.js';
import { ScriptedServer, welcome } from '../../packages/client/tests/scripted-server.js';
import { reactionTo } from './reactions.js';

const GOAWAY = { kind: 'GOAWAY', reason: 'stopping', afterMs: 500, windowMs: 5_000 } as const;
const HOUR_MS = 3_600_000;

/** A client that is asked to leave while a call of its own runs. */
async function startLeaving(change: Partial<Message> = {}): Promise<Harness & Left> {
  const harness = await startLive();
  const { server, runtime, chat } = harness;
  const left = chat.ping();
  left.catch(() => undefined);
  await runtime.settle();
  const first = server.latest;
  first.send({ ...GOAWAY, ...change } as Message);
  await runtime.settle();
  return { ...harness, first, left };
}
interface Left {
  readonly first: ScriptedServer['latest'];
  readonly left: Promise<unknown>;
}

describe('our client, at GOAWAY,', () => {
  it.each(['stopping', 'old', 'spread'] as const)(
    'opens the next connection, for the reason %s',
    async (reason) => {
      expect(reactionTo('GOAWAY', /^otherwise, whatever the reason/)).toBe(
        'opens the next connection after afterMs; this one goes on meanwhile',
      );
      const { server, runtime, first, left } = await startLeaving({ reason } as Partial<Message>);
      await runtime.advance(499);
      expect(server.connections).toHaveLength(1);
      await runtime.advance(1);
      expect(server.connections).toHaveLength(2);
      expect(first.closedWith).toBeUndefined();
      first.result(0);
      await left;
    },
  );

  it('takes the times of a second one, if it has not begun to move', async () => {
    expect(reactionTo('GOAWAY', /second one on a connection/)).toMatch(/^takes the new times/);
    const { server, runtime, first, left } = await startLeaving({ afterMs: 60_000 });
    first.send({ ...GOAWAY, afterMs: 20 });
    await runtime.advance(20);
    expect(server.connections).toHaveLength(2);
    first.send({ ...GOAWAY, afterMs: 20 });
    await runtime.advance(20);
    expect(server.connections).toHaveLength(2);
    first.result(0);
    await left;
  });

  it('ignores one on a connection that it is about to leave', async () => {
    expect(reactionTo('GOAWAY', /about to leave/)).toBe('ignores it');
    const { server, runtime, first, left } = await startLeaving();
    await runtime.advance(500);
    expect(server.connections).toHaveLength(2);
    first.send({ ...GOAWAY, afterMs: 1 });
    await runtime.advance(1_000);
    expect(server.connections).toHaveLength(2);
    expect(first.closedWith).toBeUndefined();
    first.result(0);
    await left;
  });

  it('moves on later from a connection to which it has just moved', async () => {
    expect(reactionTo('GOAWAY', /has just moved/)).toMatch(/growing delays, if that is later$/);
    const { server, runtime } = await startLive();
    server.latest.send({ ...GOAWAY, afterMs: 0 });
    await runtime.advance(1);
    expect(server.connections).toHaveLength(2);
    server.latest.send({ ...GOAWAY, afterMs: 0 });
    await runtime.advance(1);
    expect(server.connections).toHaveLength(2);
    await runtime.advance(20_000);
    expect(server.connections.length).toBeGreaterThan(2);
  });

  it('tries again when the next connection fails', async () => {
    expect(reactionTo('GOAWAY', /next connection fails/)).toMatch(/^opens another one/);
    const { server, runtime, client, first, left } = await startLeaving();
    server.welcome = undefined;
    await runtime.advance(500);
    server.latest.transport.abort();
    await runtime.settle();
    expect(client.connection.state.status).toBe('live');
    server.welcome = welcome();
    first.result(0);
    await left;
    await runtime.advance(20_000);
    expect(server.connections).toHaveLength(3);
    expect(first.closedWith).toMatchObject({ code: 1000 });
  });

  it('waits for the next connection where this one ends by 4503', async () => {
    expect(reactionTo('GOAWAY', /ends by 4503 while/)).toBe('waits for that one');
    const { server, runtime, client, first, left } = await startLeaving();
    server.welcome = undefined;
    await runtime.advance(500);
    first.close('DRAINING', '9000');
    expect(await errorOf(left)).toMatchObject({ code: 'SESSION_LOST' });
    server.latest.send(welcome());
    await runtime.settle();
    expect(client.connection.state.status).toBe('live');
    expect(server.connections).toHaveLength(2);
  });

  it('drops the next connection where this one is cut, and resumes', async () => {
    expect(reactionTo('GOAWAY', /ends otherwise while/)).toBe(
      'drops that one, and resumes the session',
    );
    const server = new ScriptedServer();
    const secret = new Uint8Array(32);
    server.welcome = welcome({ features: FEATURES.RESUME, secret, ttlMs: HOUR_MS });
    const { runtime } = start({ reconnect: { minMs: 1, maxMs: 2 } }, server);
    await runtime.settle();
    const first = server.latest;
    first.send(GOAWAY);
    server.welcome = undefined;
    await runtime.advance(500);
    const next = server.latest;
    expect(next).not.toBe(first);
    first.transport.abort();
    await runtime.advance(10);
    expect(next.closedWith).toBeDefined();
    expect(server.latest.received).toMatchObject([{ kind: 'RESUME', session: 's' }]);
  });

  it('takes the session of a connection that it has left for lost', async () => {
    expect(reactionTo('GOAWAY', /when it was left/)).toBe('takes its session for lost');
    const { runtime, first, left } = await startLeaving();
    await runtime.advance(500);
    first.transport.abort();
    expect(await errorOf(left)).toMatchObject({ code: 'SESSION_LOST', executed: 'unknown' });
  });
});

describe('our client, at AUTHED,', () => {
  async function startExpiring(): Promise<ScriptedServer> {
    const server = new ScriptedServer();
    server.welcome = welcome({ features: FEATURES.AUTH, expiresInMs: HOUR_MS });
    const { runtime } = start({ auth: () => 'token' }, server);
    await runtime.settle();
    return server;
  }

  async function pass({ runtime, latest }: ScriptedServer, ms: number): Promise<void> {
    const end = runtime.now() + ms;
    while (runtime.now() < end) {
      latest.send({ kind: 'PING', value: 0 });
      await runtime.advance(Math.min(15_000, end - runtime.now()));
    }
  }

  it('ignores one that no AUTH waits for', async () => {
    expect(reactionTo('AUTHED', /no AUTH waits/)).toBe('ignores it');
    const server = await startExpiring();
    server.latest.send({ kind: 'AUTHED', expiresInMs: 1_000 });
    await pass(server, 60_000);
    expect(server.latest.all('AUTH')).toEqual([]);
    expect(server.latest.closedWith).toBeUndefined();
  });

  it('takes the new end', async () => {
    expect(reactionTo('AUTHED', /^otherwise$/)).toBe('takes the new end');
    const server = await startExpiring();
    await pass(server, HOUR_MS * 0.86);
    expect(server.latest.all('AUTH')).toHaveLength(1);
    server.latest.send({ kind: 'AUTHED', expiresInMs: HOUR_MS });
    await pass(server, HOUR_MS * 0.74);
    expect(server.latest.all('AUTH')).toHaveLength(1);
    await pass(server, HOUR_MS * 0.12);
    expect(server.latest.all('AUTH')).toHaveLength(2);
  });
});

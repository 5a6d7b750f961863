import { VirtualRuntime } from '@trunkline/protocol/testing';
import { describe, expect, it } from 'vitest';
import { SERVER_LIMITS } from './limits/limits.js';
import {
  Sessions,
  type DetachedLimit,
  type EndReason,
  type KnownSession,
  type SessionsOptions,
} from './sessions.js';

/** A session of which only the table is looked at. */
class FakeSession implements KnownSession {
  readonly ends: EndReason[] = [];
  readonly limits: DetachedLimit[] = [];
  heldBytes = 0;
  rx = 0;

  readonly id: string;
  readonly principal: string | undefined;
  readonly secretHash: string;
  readonly #sessions: Sessions<FakeSession>;

  constructor(
    sessions: Sessions<FakeSession>,
    { id, principal, secretHash }: Pick<KnownSession, 'id' | 'principal' | 'secretHash'>,
  ) {
    this.#sessions = sessions;
    this.id = id;
    this.principal = principal;
    this.secretHash = secretHash;
  }

  end(reason: EndReason): void {
    this.ends.push(reason);
    this.#sessions.ended(this, reason);
  }

  crowdOut(limit: DetachedLimit): void {
    this.limits.push(limit);
    this.end('expired');
  }
}

function openSessions(limits: Partial<SessionsOptions['limits']> = {}) {
  const runtime = new VirtualRuntime();
  const values = Object.entries(SERVER_LIMITS).map(([name, { value }]) => [name, value] as const);
  const all = Object.fromEntries(values) as unknown as SessionsOptions['limits'];
  const sessions = new Sessions<FakeSession>({ runtime, limits: { ...all, ...limits } });
  let count = 0;
  const open = (principal?: string) => {
    const { secret, hash } = sessions.createSecret();
    const session = new FakeSession(sessions, { id: `s-${count++}`, principal, secretHash: hash });
    sessions.add(session);
    return { session, secret };
  };
  const leave = (principal?: string): FakeSession => {
    const { session } = open(principal);
    sessions.detach(session);
    return session;
  };
  return { runtime, sessions, open, leave };
}

/** Ids of the sessions that the table has ended. */
function endedOf(all: readonly FakeSession[]): string[] {
  return all.filter(({ ends }) => ends.length > 0).map(({ id }) => id);
}

describe('a table of sessions', () => {
  it('finds a session by its secret, whether it has a connection or not', () => {
    const { sessions, open } = openSessions();
    const { session, secret } = open();
    expect(secret).toHaveLength(32);
    expect(sessions.find(session.id, secret)).toBe(session);
    sessions.detach(session);
    expect(sessions.find(session.id, secret)).toBe(session);
    sessions.close();
  });

  it.each<[string, (id: string, secret: Uint8Array) => readonly [string, Uint8Array]]>([
    ['a wrong id', (_id, secret) => ['s-99', secret]],
    ['a wrong secret', (id) => [id, new Uint8Array(32)]],
    ['no secret', (id) => [id, new Uint8Array(0)]],
    ['a shorter secret', (id, secret) => [id, secret.subarray(1)]],
  ])('finds nothing for %s, of one that lives and of one that has ended', (_what, change) => {
    const { sessions, open } = openSessions();
    const { session, secret } = open();
    const [id, other] = change(session.id, secret);
    expect(sessions.find(id, other)).toBeUndefined();
    session.end('expired');
    expect(sessions.find(id, other)).toBeUndefined();
    sessions.close();
  });

  it('finds nobody who has no secret, whatever is guessed', () => {
    const { sessions } = openSessions();
    const session = new FakeSession(sessions, { id: 's-a', principal: undefined, secretHash: '' });
    sessions.add(session);
    for (const guess of [new Uint8Array(0), new Uint8Array(32)]) {
      expect(sessions.find('s-a', guess)).toBeUndefined();
    }
    session.end('drained');
    expect(sessions.find('s-a', new Uint8Array(32))).toBeUndefined();
  });

  it('keeps no secret, but what proves it', () => {
    const { sessions } = openSessions();
    const { secret, hash } = sessions.createSecret();
    expect(Buffer.from(hash, 'latin1')).toHaveLength(32);
    expect(hash).not.toContain(Buffer.from(secret).toString('latin1'));
  });

  it('ends a session that stays without a connection for too long', async () => {
    const { runtime, sessions, leave } = openSessions({ detachedMs: 1_000 });
    const session = leave('ada');
    await runtime.advance(999);
    expect(session.ends).toEqual([]);
    expect(sessions.detached).toBe(1);
    await runtime.advance(1);
    expect(session.ends).toEqual(['expired']);
    expect([sessions.detached, runtime.timers]).toEqual([0, 0]);
  });

  it('ends none that has a connection again', async () => {
    const { runtime, sessions, leave } = openSessions({ detachedMs: 1_000 });
    const session = leave('ada');
    await runtime.advance(900);
    sessions.attach(session);
    expect(runtime.timers).toBe(0);
    await runtime.advance(5_000);
    expect(session.ends).toEqual([]);
    sessions.detach(session);
    await runtime.advance(999);
    expect(session.ends).toEqual([]);
    sessions.close();
  });

  it('gives no end to time between two connections of a session', () => {
    const { runtime, sessions, leave } = openSessions();
    const session = leave();
    for (let n = 0; n < 10; n++) {
      sessions.attach(session);
      sessions.detach(session);
    }
    expect([sessions.detached, runtime.timers]).toEqual([1, 1]);
    sessions.close();
    expect(runtime.timers).toBe(0);
  });
});

describe('sessions without a connection', () => {
  it('end from the oldest on where one principal has too many', () => {
    const { sessions, leave } = openSessions({ principalDetached: 2 });
    const ada = [leave('ada'), leave('ada')];
    const bob = [leave('bob'), leave('bob')];
    ada.push(leave('ada'));
    expect(endedOf([...ada, ...bob])).toEqual(['s-0']);
    expect(ada[0]?.limits).toEqual(['principalDetached']);
    const [, second] = ada as [FakeSession, FakeSession, FakeSession];
    sessions.attach(second);
    ada.push(leave('ada'));
    expect(endedOf(ada)).toEqual(['s-0']);
    sessions.close();
  });

  it('of nobody are bounded by the node alone', () => {
    const { sessions, leave } = openSessions({ principalDetached: 1, detachedSessions: 3 });
    const all = Array.from({ length: 5 }, () => leave());
    expect(endedOf(all)).toEqual(['s-0', 's-1']);
    expect(sessions.detached).toBe(3);
    sessions.close();
  });

  it('end from the oldest on where a node has too many', () => {
    const { sessions, leave } = openSessions({ detachedSessions: 2 });
    const all = [leave('ada'), leave('bob'), leave('cy')];
    expect(endedOf(all)).toEqual(['s-0']);
    expect(all[0]).toMatchObject({ ends: ['expired'], limits: ['detachedSessions'] });
    sessions.close();
  });

  it('end from the oldest on where too much waits for all of them', () => {
    const { sessions, leave } = openSessions({ detachedBytes: 1_000 });
    const all = [leave(), leave(), leave()];
    for (const session of all) {
      session.heldBytes = 400;
      sessions.weigh(session);
    }
    expect(endedOf(all)).toEqual(['s-0']);
    const [, second, third] = all as [FakeSession, FakeSession, FakeSession];
    third.heldBytes = 600;
    sessions.weigh(third);
    expect(endedOf(all)).toEqual(['s-0']);
    second.heldBytes = 401;
    sessions.weigh(second);
    expect(endedOf(all)).toEqual(['s-0', 's-1']);
    sessions.close();
  });

  it('end themselves when what waits for one of them is too much alone', () => {
    const { sessions, open, runtime } = openSessions({ detachedBytes: 1_000 });
    const { session } = open();
    session.heldBytes = 1_001;
    sessions.detach(session);
    expect(session.ends).toEqual(['expired']);
    expect([sessions.detached, runtime.timers]).toEqual([0, 0]);
  });

  it('give back what they held when they have a connection again, or end', () => {
    const { sessions, leave } = openSessions({ detachedBytes: 1_000 });
    const first = leave();
    const second = leave();
    for (const session of [first, second]) {
      session.heldBytes = 500;
      sessions.weigh(session);
    }
    sessions.attach(first);
    second.end('overflow');
    const third = leave();
    third.heldBytes = 1_000;
    sessions.weigh(third);
    expect(endedOf([first, third])).toEqual([]);
    // What waits for a client that is there is not weighed here.
    first.heldBytes = 5_000;
    sessions.weigh(first);
    expect(endedOf([first, third])).toEqual([]);
    sessions.close();
  });
});

describe('a session that has ended', () => {
  it('is remembered with its last number and why it ended', () => {
    const { runtime, sessions, open } = openSessions();
    const { session, secret } = open('ada');
    session.rx = 45;
    session.end('overflow');
    const found = sessions.find(session.id, secret);
    expect(found).toMatchObject({ reason: 'overflow', rx: 45 });
    expect(found).not.toBe(session);
    expect([...sessions.all]).toEqual([]);
    expect(runtime.timers).toBe(0);
  });

  it('is not remembered where its client has left', () => {
    const { sessions, open } = openSessions();
    const { session, secret } = open();
    sessions.ended(session, undefined);
    expect(sessions.find(session.id, secret)).toBeUndefined();
  });

  it('is forgotten after a while', async () => {
    const { runtime, sessions, open } = openSessions({ tombstoneMs: 1_000 });
    const { session, secret } = open();
    session.end('expired');
    await runtime.advance(999);
    expect(sessions.find(session.id, secret)).toMatchObject({ reason: 'expired' });
    await runtime.advance(1);
    expect(sessions.find(session.id, secret)).toBeUndefined();
    expect(runtime.timers).toBe(0);
  });

  it('is forgotten where too many are remembered, the oldest first', () => {
    const { sessions, open } = openSessions({ tombstones: 2 });
    const all = [open(), open(), open()];
    for (const { session } of all) session.end('expired');
    const found = all.map(({ session, secret }) => sessions.find(session.id, secret));
    expect(found.map((one) => one !== undefined)).toEqual([false, true, true]);
  });

  it('keeps its first reason', () => {
    const { sessions, open } = openSessions();
    const { session, secret } = open();
    session.end('principal');
    session.end('expired');
    expect(sessions.find(session.id, secret)).toMatchObject({ reason: 'principal' });
  });

  it('comes to an end when a session that ends makes another one hold more', () => {
    const { sessions, leave } = openSessions({ detachedBytes: 100 });
    const first = leave();
    const second = leave();
    let endings = 0;
    first.end = () => {
      if (endings++ > 0) return;
      second.heldBytes = 200;
      sessions.weigh(second);
      sessions.ended(first, 'expired');
    };
    first.heldBytes = 101;
    sessions.weigh(first);
    expect([endings, second.ends, sessions.detached]).toEqual([1, ['expired'], 0]);
    sessions.close();
  });
});

describe('a table that is closed', () => {
  it('ends all, remembers nothing and leaves no timer', () => {
    const { runtime, sessions, open, leave } = openSessions();
    const { session, secret } = open();
    const detached = leave('ada');
    sessions.close();
    expect([session.ends, detached.ends]).toEqual([['drained'], ['drained']]);
    expect(sessions.find(session.id, secret)).toBeUndefined();
    expect([sessions.detached, [...sessions.all], runtime.timers]).toEqual([0, [], 0]);
  });
});

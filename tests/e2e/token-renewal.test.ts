import { FEATURES, Violation } from '@trunkline/protocol';
import { createTopics, implement, MemoryBroker, type Authenticate } from '@trunkline/server';
import { call as callOf, contract, topic } from '@trunkline/contract';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createDeferred, type Deferred } from '../support/deferred.js';
import { bind, call, subscribe } from '../support/messages.js';
import { openRawHost, type RawHost, type RawPeer } from '../support/raw-peer.js';

const AUTH = FEATURES.AUTH | FEATURES.RESUME;
/** Less than the time after which a silent peer is taken for dead. */
const LIFE_MS = 8_000;

const hall = contract('hall', {
  who: callOf({ output: z.string() }),
  wait: callOf({ output: z.string() }),
  news: topic({ params: z.object({ room: z.string() }), message: z.string(), publish: 'server' }),
});

type Verdict = Awaited<ReturnType<Authenticate>>;

/** Authentications that a test settles one by one, but for those of known tokens. */
function openHall(limits = {}) {
  const waiting: { readonly token: string; readonly verdict: Deferred<Verdict> }[] = [];
  const known = new Map<string, Verdict>();
  const asked: string[] = [];
  const answer = createDeferred<string>();
  const broker = new MemoryBroker();
  const service = implement(hall, {
    who: (_input, { user }) => `${(user as unknown as { name: string }).name}`,
    wait: () => answer.promise,
    news: {
      authorize: ({ room }, { user }) => {
        asked.push(`${room} ${(user as unknown as { name: string }).name}`);
        return (user as unknown as { rooms?: string[] }).rooms?.includes(room) !== false;
      },
    },
  });
  const authenticate: Authenticate = ({ token }) => {
    if (known.has(token)) return known.get(token);
    const verdict = createDeferred<Verdict>();
    waiting.push({ token, verdict });
    return verdict.promise;
  };
  const host = openRawHost({ services: [service], authenticate, broker, limits });
  const news = createTopics(hall, broker).news;
  return { host, known, waiting, answer, news, asked };
}

/** Somebody with this name, whose token ends after a time. */
function identity(
  { runtime }: RawHost,
  { principal = 'ada', lastsMs = LIFE_MS, ...user }: Record<string, unknown> = {},
): Verdict {
  const expiresAt = new Date(runtime.wallNow() + (lastsMs as number));
  return { principal: principal as string, expiresAt, user: { name: 'one', ...user } as never };
}

async function attach(host: RawHost, token = 'first', features = AUTH): Promise<RawPeer> {
  const peer = host.connect();
  await peer.hello(token, features);
  return peer;
}

const ask = (token: string) => ({ kind: 'AUTH', token }) as const;

describe('a token within a session', () => {
  it('is offered to clients that take the answer, by servers that authenticate', async () => {
    const { host, known } = openHall();
    await using _ = host;
    known.set('first', identity(host));
    const able = await attach(host);
    const unable = await attach(host, 'first', FEATURES.RESUME);
    expect((able.of('WELCOME')[0]?.features ?? 0) & FEATURES.AUTH).toBe(FEATURES.AUTH);
    expect((unable.of('WELCOME')[0]?.features ?? 0) & FEATURES.AUTH).toBe(0);
    await unable.send(ask('first'));
    expect(unable.closed).toMatchObject({
      code: 4400,
      reason: new Violation('NOT_OFFERED').reason,
    });
  });

  it('is not taken by a server that authenticates nobody', async () => {
    await using host = openRawHost({
      anonymous: true,
      services: [
        implement(hall, { who: () => '', wait: () => '', news: { authorize: () => true } }),
      ],
    });
    const peer = await attach(host, '');
    expect((peer.of('WELCOME')[0]?.features ?? 0) & FEATURES.AUTH).toBe(0);
    await peer.send(ask('any'));
    expect(peer.closed).toMatchObject({ code: 4400 });
  });

  it('moves the end of the authentication, and the session loses nothing', async () => {
    const { host, known, answer } = openHall();
    await using _ = host;
    known.set('first', identity(host));
    const peer = await attach(host);
    expect(peer.of('WELCOME')[0]?.expiresInMs).toBe(LIFE_MS);
    await peer.send(bind(0, 'hall.wait'), call(0, 0));
    await host.runtime.advance(LIFE_MS - 1_000);
    known.set('second', identity(host));
    await peer.send(ask('second'));
    expect(peer.of('AUTHED')).toEqual([{ kind: 'AUTHED', expiresInMs: LIFE_MS }]);
    await host.runtime.advance(LIFE_MS - 1_000);
    await peer.acknowledge();
    expect(peer.closed).toBeUndefined();
    answer.resolve('done');
    await host.runtime.settle();
    expect(peer.of('RESULT')).toHaveLength(1);
    await host.runtime.advance(1_000);
    expect(peer.closed).toMatchObject({ code: 4401, reason: 'expired' });
  });

  it('may be one without an end', async () => {
    const { host, known } = openHall();
    await using _ = host;
    known.set('first', identity(host));
    known.set('second', { principal: 'ada', user: {} as never });
    const peer = await attach(host);
    await peer.send(ask('second'));
    expect(peer.of('AUTHED')).toMatchObject([{ expiresInMs: 0 }]);
    await host.runtime.advance(LIFE_MS);
    expect(peer.closed).toBeUndefined();
  });

  it('gives later handlers the user that it stands for', async () => {
    const { host, known } = openHall();
    await using _ = host;
    known.set('first', identity(host, { name: 'before' }));
    known.set('second', identity(host, { name: 'after' }));
    const peer = await attach(host);
    await peer.send(bind(0, 'hall.who'), call(0, 0));
    await peer.send(ask('second'));
    await peer.send(call(2, 0));
    const results = peer.of('RESULT').map(({ bytes }) => Buffer.from(bytes).toString());
    expect(results[0]).toContain('before');
    expect(results[1]).toContain('after');
  });

  it('is answered in the order in which it came, one after the other', async () => {
    const { host, known, waiting } = openHall();
    await using _ = host;
    known.set('first', identity(host));
    const peer = await attach(host);
    await peer.send(ask('a'), ask('b'));
    await peer.send(ask('c'));
    expect(waiting.map(({ token }) => token)).toEqual(['a']);
    for (const [index, lastsMs] of [1_000, 2_000, 3_000].entries()) {
      waiting[index]?.verdict.resolve(identity(host, { lastsMs }));
      await host.runtime.settle();
    }
    expect(waiting.map(({ token }) => token)).toEqual(['a', 'b', 'c']);
    expect(peer.of('AUTHED').map(({ expiresInMs }) => expiresInMs)).toEqual([1_000, 2_000, 3_000]);
  });

  it('of somebody else ends the session, which is not given back', async () => {
    const { host, known } = openHall();
    await using _ = host;
    known.set('first', identity(host));
    known.set('theirs', identity(host, { principal: 'bob' }));
    const peer = await attach(host);
    await peer.send(bind(0, 'hall.wait'), call(0, 0));
    await peer.send(ask('theirs'));
    expect(peer.closed).toMatchObject({ code: 4410 });
    expect(peer.of('AUTHED')).toEqual([]);
    const again = host.connect();
    await again.send(resumeOf(peer));
    expect(again.of('GONE')).toEqual([{ kind: 'GONE', reason: 'principal', rx: 2 }]);
  });

  it.each([
    ['is refused', undefined],
    ['has expired', { principal: 'ada', user: {}, expiresAt: new Date(0) }],
    ['has expired, of somebody else', { principal: 'bob', user: {}, expiresAt: new Date(0) }],
  ])('that %s closes with 4401, and the session stays for a better one', async (_, verdict) => {
    const { host, known } = openHall();
    await using __ = host;
    known.set('first', identity(host));
    known.set('bad', verdict as never);
    const peer = await attach(host);
    await peer.send(ask('bad'));
    expect(peer.closed).toMatchObject({ code: 4401 });
    const again = host.connect();
    await again.send(resumeOf(peer));
    expect(again.of('RESUMED')).toMatchObject([{ expiresInMs: LIFE_MS }]);
  });

  it('that could not be decided on leaves all as it was, and tells so', async () => {
    const { host, known, waiting } = openHall({ authMs: 5_000 });
    await using _ = host;
    known.set('first', identity(host));
    const peer = await attach(host);
    await peer.send(ask('a'), ask('b'));
    await host.runtime.advance(1_000);
    waiting[0]?.verdict.reject(new Error('the database is down'));
    // The second one never settles, and waits no longer than any.
    await host.runtime.advance(5_000);
    expect(peer.of('AUTHED').map(({ expiresInMs }) => expiresInMs)).toEqual([
      LIFE_MS - 1_000,
      LIFE_MS - 6_000,
    ]);
    expect(peer.closed).toBeUndefined();
    expect(host.failures.map(({ where }) => where)).toEqual(['authenticate', 'authenticate']);
    waiting[1]?.verdict.resolve(identity(host));
    await host.runtime.advance(LIFE_MS);
    expect(peer.closed).toMatchObject({ code: 4401 });
  });

  it('asks guards of connections, one of which may turn the client away', async () => {
    const { host, known } = openHall();
    await using _ = host;
    await using strict = openRawHost({
      services: [
        implement(hall, { who: () => '', wait: () => '', news: { authorize: () => true } }),
      ],
      authenticate: ({ token }) => ({ principal: 'ada', user: { token } as never }),
      guards: [({ user }) => (user as unknown as { token: string }).token !== 'bad'],
    });
    expect(known.size).toBe(0);
    const peer = await attach(strict);
    await peer.send(ask('bad'));
    expect(peer.closed).toMatchObject({ code: 4403 });
  });

  it('is not looked at any more when the connection has ended', async () => {
    const { host, known, waiting } = openHall();
    await using _ = host;
    known.set('first', identity(host));
    const peer = await attach(host);
    await peer.send(ask('a'), ask('b'));
    await peer.cut();
    waiting[0]?.verdict.resolve(identity(host, { principal: 'bob' }));
    await host.runtime.settle();
    expect(waiting.map(({ token }) => token)).toEqual(['a']);
    expect(host.server.counts).toMatchObject({ sessions: 1, detached: 1 });
    const again = host.connect();
    await again.send(resumeOf(peer));
    expect(again.of('RESUMED')).toHaveLength(1);
    expect(again.of('AUTHED')).toEqual([]);
  });

  it('that ends while another one is decided on closes the connection', async () => {
    const { host, known, waiting } = openHall();
    await using _ = host;
    known.set('first', identity(host, { lastsMs: 5_000 }));
    const peer = await attach(host);
    await peer.send(ask('late'));
    await host.runtime.advance(5_000);
    expect(peer.closed).toMatchObject({ code: 4401, reason: 'expired' });
    waiting[0]?.verdict.resolve(identity(host));
    await host.runtime.settle();
    expect(peer.of('AUTHED')).toEqual([]);
  });
});

describe('too many tokens', () => {
  it('close with 4429 when more wait than may, and the session stays', async () => {
    const { host, known, waiting } = openHall({ authPending: 4 });
    await using _ = host;
    known.set('first', identity(host));
    const peer = await attach(host);
    await peer.send(ask('1'), ask('2'), ask('3'), ask('4'));
    expect(peer.closed).toBeUndefined();
    await peer.send(ask('5'));
    expect(peer.closed).toMatchObject({ code: 4429, reason: '5000' });
    expect(waiting).toHaveLength(1);
    waiting[0]?.verdict.resolve(identity(host));
    await host.runtime.settle();
    expect(host.server.counts).toMatchObject({ detached: 1, connections: 0 });
  });

  it('close with 4429 when they come too fast, each good or not', async () => {
    const { host, known } = openHall({ faultRate: 1, faultBurst: 10 });
    await using _ = host;
    known.set('first', identity(host));
    const peer = await attach(host);
    for (let count = 0; count < 10; count++) await peer.send(ask('first'));
    expect(peer.of('AUTHED')).toHaveLength(10);
    await peer.send(ask('first'));
    expect(peer.closed).toMatchObject({ code: 4429 });
  });

  it('that are too long are malformed', async () => {
    const { host, known } = openHall();
    await using _ = host;
    known.set('first', identity(host));
    known.set('x'.repeat(4_096), identity(host));
    const peer = await attach(host);
    await peer.send(ask('x'.repeat(4_096)));
    expect(peer.of('AUTHED')).toHaveLength(1);
    await peer.send(ask('x'.repeat(4_097)));
    expect(peer.closed).toMatchObject({ code: 4400, reason: 'field out of range' });
  });

  it('before WELCOME close with 4400', async () => {
    const { host, waiting } = openHall();
    await using _ = host;
    const peer = await attach(host);
    await peer.send(ask('second'));
    waiting[0]?.verdict.resolve(identity(host));
    await host.runtime.settle();
    expect(peer.closed).toMatchObject({ code: 4400 });
    expect(waiting).toHaveLength(1);
  });
});

describe('a token that stands for another user', () => {
  it('has what is subscribed decided on anew', async () => {
    const { host, known, news, asked } = openHall();
    await using _ = host;
    const user = { name: 'x', rooms: ['a', 'b'] };
    known.set('first', { principal: 'ada', user: user as never });
    known.set('same', { principal: 'ada', user: user as never });
    known.set('less', identity(host, { name: 'y', rooms: ['b'] }));
    const peer = await attach(host);
    await peer.send(
      subscribe(0, 'hall.news', { params: { room: 'a' } }),
      subscribe(1, 'hall.news', { params: { room: 'b' } }),
    );
    await peer.send(ask('same'));
    expect(asked).toEqual(['a x', 'b x']);
    await peer.send(ask('less'));
    expect(asked).toEqual(['a x', 'b x', 'a y', 'b y']);
    expect(peer.of('ENDED')).toMatchObject([{ sub: 0, code: 'DENIED' }]);
    await news({ room: 'a' }).publish('to nobody');
    await news({ room: 'b' }).publish('to ada');
    await host.runtime.settle();
    expect(peer.of('MESSAGE')).toHaveLength(1);
  });

  it('has it decided on once in a second, however many come, and by the last of them', async () => {
    const { host, known, asked } = openHall();
    await using _ = host;
    known.set('first', identity(host));
    const peer = await attach(host);
    await peer.send(subscribe(0, 'hall.news', { params: { room: 'a' } }));
    for (let count = 0; count < 20; count++) {
      known.set('next', identity(host, { name: String(count), rooms: count < 19 ? ['a'] : [] }));
      await peer.send(ask('next'));
    }
    expect(peer.of('AUTHED')).toHaveLength(20);
    expect(asked).toEqual(['a one', 'a 0']);
    await host.runtime.advance(1_000);
    expect(asked).toEqual(['a one', 'a 0', 'a 19']);
    expect(peer.of('ENDED')).toMatchObject([{ sub: 0, code: 'DENIED' }]);
  });
});

function resumeOf(peer: RawPeer) {
  const { session = '', secret = new Uint8Array(0) } = peer.of('WELCOME')[0] ?? {};
  const hello = { features: AUTH, token: 'first', revisions: [] };
  return { kind: 'RESUME', ...hello, session, secret, attach: 2, rx: peer.rx, first: 1 } as const;
}

import { call as callOf, contract, topic } from '@trunkline/contract';
import { FEATURES } from '@trunkline/protocol';
import {
  createTopics,
  implement,
  MemoryBroker,
  type Authenticate,
  type ServerOptions,
  type SessionClosed,
} from '@trunkline/server';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createDeferred, type Deferred } from '../support/deferred.js';
import { bind, call, subscribe } from '../support/messages.js';
import { openRawHost, type RawHost, type RawPeer } from '../support/raw-peer.js';

const LIFE_MS = 8_000;

const hall = contract('hall', {
  touch: callOf({ output: z.null() }),
  wait: callOf({ output: z.null() }),
  once: callOf({ output: z.null(), idempotent: true }),
  news: topic({ message: z.string(), publish: 'client', public: true }),
});

type Options = Omit<Partial<ServerOptions>, 'runtime' | 'onError'>;

/** A hall whose guard of `touch`, and whose decisions on publishing, a test lets through. */
function openHall({ lastsMs, ...options }: Options & { lastsMs?: number } = {}) {
  const started: string[] = [];
  const signals: AbortSignal[] = [];
  const gates: Deferred<boolean>[] = [];
  const closed: SessionClosed[] = [];
  const broker = new MemoryBroker();
  const wait = (signal: AbortSignal) => {
    signals.push(signal);
    return new Promise<null>((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason as Error)),
    );
  };
  const gate = () => {
    const deferred = createDeferred<boolean>();
    gates.push(deferred);
    return deferred.promise;
  };
  const service = implement(
    hall,
    {
      touch: () => (started.push('touch'), null),
      wait: (_input, { signal }) => wait(signal),
      once: (_input, { signal }) => wait(signal),
      news: { authorizePublish: gate },
    },
    {
      guards: [
        (context) => !('procedure' in context && context.procedure === 'hall.touch') || gate(),
      ],
    },
  );
  const host = openRawHost({
    services: [service],
    broker,
    authenticate: ({ token }): Awaited<ReturnType<Authenticate>> => {
      if (token === '') return undefined;
      const expiresAt = new Date(host.runtime.wallNow() + (lastsMs ?? 0));
      const user = {} as never;
      return { principal: token, user, ...(lastsMs !== undefined && { expiresAt }) };
    },
    onClose: (one) => closed.push(one),
    ...options,
  });
  return {
    host,
    started,
    signals,
    gates,
    closed,
    news: createTopics(hall, broker).news(),
  };
}

async function attach(host: RawHost, token = 'ada'): Promise<RawPeer> {
  const peer = host.connect();
  await peer.hello(token, FEATURES.RESUME);
  return peer;
}

function resumeOf(peer: RawPeer, token = 'ada') {
  const { session = '', secret = new Uint8Array(0) } = peer.of('WELCOME')[0] ?? {};
  const rest = { features: FEATURES.RESUME, token, revisions: [], attach: 2, first: peer.tx + 1 };
  return { kind: 'RESUME', session, secret, rx: peer.rx, ...rest } as const;
}

/** Sets the wall clock of a host. */
function setClock({ runtime }: RawHost, aheadMs: number): void {
  const wallNow = runtime.wallNow.bind(runtime);
  runtime.wallNow = () => wallNow() + aheadMs;
}

describe('at the end of an authentication', () => {
  it('the connection closes with 4401, and the session goes on with another token', async () => {
    const { host, signals } = openHall({ lastsMs: LIFE_MS });
    await using _ = host;
    const peer = await attach(host);
    await peer.send(bind(0, 'hall.wait'), call(0, 0));
    await host.runtime.advance(LIFE_MS);
    expect(peer.closed).toMatchObject({ code: 4401, reason: 'expired' });
    expect(signals[0]?.aborted).toBe(false);
    const again = host.connect();
    await again.send(resumeOf(peer));
    expect(again.of('RESUMED')).toMatchObject([{ expiresInMs: LIFE_MS }]);
  });

  it('no handler starts whose guards were asked before', async () => {
    const { host, gates, started } = openHall({ lastsMs: LIFE_MS });
    await using _ = host;
    const peer = await attach(host);
    await peer.send(bind(0, 'hall.touch'), call(0, 0));
    await host.runtime.advance(LIFE_MS);
    gates[0]?.resolve(true);
    await host.runtime.settle();
    expect(started).toEqual([]);
    const again = host.connect();
    await again.send(resumeOf(peer));
    expect(again.of('ERROR')).toMatchObject([{ id: 0, code: 'UNAUTHENTICATED', executed: 'no' }]);
  });

  it('a handler starts whose guards were asked before, when there is another token', async () => {
    const { host, gates, started } = openHall({ lastsMs: LIFE_MS });
    await using _ = host;
    const peer = await attach(host);
    await peer.send(bind(0, 'hall.touch'), call(0, 0));
    await host.runtime.advance(LIFE_MS);
    const again = host.connect();
    await again.send(resumeOf(peer));
    gates[0]?.resolve(true);
    await host.runtime.settle();
    expect(started).toEqual(['touch']);
    expect(again.of('RESULT')).toHaveLength(1);
  });

  it('nothing is published that was being decided on', async () => {
    const { host, gates } = openHall({ lastsMs: LIFE_MS });
    await using _ = host;
    const reader = await attach(host, 'bob');
    const peer = await attach(host);
    await reader.send(subscribe(0, 'hall.news'));
    await peer.send(bind(0, 'hall.news', 'publish'), call(0, 0, { message: 'late' }));
    await host.runtime.advance(LIFE_MS);
    gates[0]?.resolve(true);
    await host.runtime.settle();
    const again = host.connect();
    await again.send(resumeOf(peer));
    expect(again.of('ERROR')).toMatchObject([{ code: 'UNAUTHENTICATED', executed: 'no' }]);
    expect(reader.of('MESSAGE')).toEqual([]);
  });

  it('nothing is delivered any more', async () => {
    const { host, news } = openHall({ lastsMs: LIFE_MS });
    await using _ = host;
    const peer = await attach(host);
    await peer.send(subscribe(0, 'hall.news'));
    await news.publish('before');
    await host.runtime.advance(LIFE_MS - 1);
    expect(peer.of('MESSAGE')).toHaveLength(1);
    void news.publish('in the last moment');
    await host.runtime.advance(1);
    const count = peer.of('MESSAGE').length;
    await news.publish('after');
    await host.runtime.settle();
    expect(peer.of('MESSAGE')).toHaveLength(count);
  });

  it('what comes is not taken though nobody has looked at the clock, and comes again', async () => {
    const { host, gates, started } = openHall({ lastsMs: LIFE_MS });
    await using _ = host;
    const peer = await attach(host);
    await peer.send(bind(0, 'hall.touch'));
    setClock(host, LIFE_MS);
    await peer.send(call(0, 0));
    expect(peer.closed).toMatchObject({ code: 4401, reason: 'expired' });
    expect(gates).toEqual([]);
    const again = host.connect();
    again.tx = 1;
    await again.send({ ...resumeOf(peer), first: 2 });
    expect(again.of('RESUMED')).toMatchObject([{ rx: 1 }]);
    await again.send(call(0, 0));
    gates[0]?.resolve(true);
    await host.runtime.settle();
    expect(started).toEqual(['touch']);
  });

  it('nothing is delivered a second after the clock was set forward', async () => {
    const { host, news } = openHall({ lastsMs: LIFE_MS });
    await using _ = host;
    const peer = await attach(host);
    await peer.send(subscribe(0, 'hall.news'));
    setClock(host, LIFE_MS);
    await host.runtime.advance(1_000);
    expect(peer.closed).toMatchObject({ code: 4401 });
    await news.publish('after');
    await host.runtime.settle();
    expect(peer.of('MESSAGE')).toEqual([]);
  });

  it('years ahead, a token that has an end is told how long it holds', async () => {
    const lastsMs = 100 * 365 * 86_400_000;
    const { host } = openHall({ lastsMs });
    await using _ = host;
    const peer = await attach(host);
    expect(peer.of('WELCOME')).toMatchObject([{ expiresInMs: lastsMs }]);
    await host.runtime.advance(5_000);
    expect(peer.closed).toBeUndefined();
  });
});

describe('revoke', () => {
  it('ends the sessions of a principal and no others', async () => {
    const { host, closed } = openHall();
    await using _ = host;
    const [one, two, other] = [await attach(host), await attach(host), await attach(host, 'bob')];
    expect(host.server.revoke('ada')).toBe(2);
    expect(host.server.counts.sessions).toBe(1);
    expect(host.server.revoke('ada')).toBe(0);
    await host.runtime.settle();
    expect(one.closed).toMatchObject({ code: 4401, reason: 'revoked' });
    expect(two.closed).toMatchObject({ code: 4401 });
    expect(other.closed).toBeUndefined();
    expect(closed).toMatchObject([
      { principal: 'ada', code: 4401, reason: 'revoked' },
      { principal: 'ada', code: 4401, reason: 'revoked' },
    ]);
  });

  it('that is final closes with 4403', async () => {
    const { host, closed } = openHall();
    await using _ = host;
    const peer = await attach(host);
    expect(host.server.revoke('ada', { final: true })).toBe(1);
    await host.runtime.settle();
    expect(peer.closed).toMatchObject({ code: 4403, reason: 'revoked' });
    expect(closed).toMatchObject([{ code: 4403 }]);
  });

  it('fires the signals of handlers that run, those with an idempotency key too', async () => {
    const { host, signals } = openHall();
    await using _ = host;
    const peer = await attach(host);
    const key = new Uint8Array(16);
    await peer.send(bind(0, 'hall.wait'), bind(1, 'hall.once'), call(0, 0), {
      ...call(2, 1),
      idempotencyKey: key,
    });
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
    host.server.revoke('ada');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    await host.runtime.settle();
    expect(host.server.counts.calls).toBe(0);
  });

  it('lets no handler start whose guards are being asked, nor its publish', async () => {
    const { host, gates, started, news } = openHall();
    await using _ = host;
    const reader = await attach(host, 'bob');
    await reader.send(subscribe(0, 'hall.news'));
    const peer = await attach(host);
    await peer.send(
      bind(0, 'hall.touch'),
      bind(1, 'hall.news', 'publish'),
      call(0, 0),
      call(2, 1, { message: 'late' }),
    );
    expect(gates).toHaveLength(2);
    host.server.revoke('ada');
    for (const gate of gates) gate.resolve(true);
    await host.runtime.settle();
    expect(started).toEqual([]);
    expect(reader.of('MESSAGE')).toEqual([]);
    await news.publish('from the server');
    await host.runtime.settle();
    expect(reader.of('MESSAGE')).toHaveLength(1);
  });

  it('delivers nothing any more, not even in the same turn', async () => {
    const { host, news } = openHall();
    await using _ = host;
    const peer = await attach(host);
    await peer.send(subscribe(0, 'hall.news'));
    const published = news.publish('in this turn');
    host.server.revoke('ada');
    await published;
    await news.publish('later');
    await host.runtime.settle();
    expect(peer.of('MESSAGE')).toEqual([]);
  });

  it('ends sessions without a connection, whose clients are told so', async () => {
    const { host, signals } = openHall();
    await using _ = host;
    const peer = await attach(host);
    await peer.send(bind(0, 'hall.wait'), call(0, 0));
    await peer.cut();
    expect(host.server.revoke('ada')).toBe(1);
    expect(signals[0]?.aborted).toBe(true);
    expect(host.server.counts).toMatchObject({ sessions: 0, detached: 0 });
    const again = host.connect();
    await again.send(resumeOf(peer));
    expect(again.of('GONE')).toEqual([{ kind: 'GONE', reason: 'revoked', rx: 2 }]);
    await again.hello('ada');
    expect(again.of('WELCOME')).toHaveLength(1);
  });

  it('may come from a handler of the session itself', async () => {
    const started: string[] = [];
    const service = implement(hall, {
      touch: () => {
        started.push('touch');
        host.server.revoke('ada');
        return null;
      },
      wait: () => null,
      once: () => null,
      news: { authorizePublish: () => true },
    });
    const host: RawHost = openRawHost({
      services: [service],
      authenticate: () => ({ principal: 'ada', user: {} as never }),
    });
    await using _ = host;
    const peer = await attach(host);
    // The second call stands in the same batch, behind the end of its session.
    await peer.send(bind(0, 'hall.touch'), call(0, 0), call(2, 0));
    expect(started).toEqual(['touch']);
    expect(peer.closed).toMatchObject({ code: 4401, reason: 'revoked' });
    expect(peer.of('RESULT')).toEqual([]);
    expect(host.failures).toEqual([]);
  });

  it.each([
    ['', {}],
    [undefined, {}],
    ['ada', { final: 1 }],
  ])('refuses %j with %j', async (principal, options) => {
    const { host } = openHall();
    await using _ = host;
    expect(() => host.server.revoke(principal as string, options as never)).toThrow(TypeError);
  });
});

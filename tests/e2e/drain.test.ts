import { FEATURES, type Message } from '@trunkline/protocol';
import type { Server, ServerOptions } from '@trunkline/server';
import type { DrainReport } from '@trunkline/server/operations';
import { describe, expect, it } from 'vitest';
import { chatService, createProbe } from '../support/chat-service.js';
import { createDeferred } from '../support/deferred.js';
import { bind, call } from '../support/messages.js';
import { openRawHost, type RawHost, type RawPeer } from '../support/raw-peer.js';

const MOVING = FEATURES.GOAWAY | FEATURES.RESUME;
// Short, so that peers which answer no PING are not taken for dead.
const WINDOW_MS = 4_000;

function openHost(options: Partial<ServerOptions> = {}) {
  const probe = createProbe();
  const base = { services: [chatService(probe)], anonymous: true } as const;
  const host = openRawHost({ ...base, ...options });
  return Object.assign(host, { probe });
}

async function enter(host: RawHost, features: number): Promise<RawPeer> {
  const peer = host.connect();
  await peer.hello('', features);
  return peer;
}

async function enterAll(host: RawHost, count: number, features: number): Promise<RawPeer[]> {
  const peers: RawPeer[] = [];
  while (peers.length < count) peers.push(await enter(host, features));
  return peers;
}

/** Begins a drain, and keeps its report when there is one. */
function drain(server: Server, windowMs = WINDOW_MS) {
  const result: { report?: DrainReport } = {};
  const done = server.drain({ windowMs }).then((report) => (result.report = report));
  return Object.assign(result, { done });
}

/** RESUME of the session of a peer. */
function resumeOf(peer: RawPeer, attach = 2): Message {
  const { session = '', secret = new Uint8Array(0) } = peer.of('WELCOME')[0] ?? {};
  const { rx } = peer;
  const rest = { attach, secret, rx, first: 1, revisions: [] };
  return { kind: 'RESUME', features: MOVING, token: '', session, ...rest };
}

describe('a server that drains', () => {
  it('tells each client a time of its own, evenly over the time for moving', async () => {
    await using host = openHost();
    const peers = await enterAll(host, 30, MOVING);
    drain(host.server, 20_000);
    await host.runtime.settle();
    const times = peers.map((peer) => peer.of('GOAWAY')[0]?.afterMs);
    expect(times).toEqual(peers.map((_peer, place) => place * 500));
    expect(peers[0]?.of('GOAWAY')).toMatchObject([{ reason: 'stopping', windowMs: 19_200 }]);
  });

  it('moves nobody so late that the window would end before', async () => {
    await using host = openHost();
    const peers = await enterAll(host, 4, MOVING);
    drain(host.server, 1_000);
    await host.runtime.settle();
    expect(peers.map((peer) => peer.of('GOAWAY')[0]?.afterMs)).toEqual([0, 200, 400, 600]);
  });

  it('is ready until then, and from that moment not any more', async () => {
    await using host = openHost();
    await enter(host, MOVING);
    const { server, runtime } = host;
    expect([server.ready(), server.phase]).toEqual([true, 'serving']);
    drain(server);
    expect([server.ready(), server.phase]).toEqual([false, 'draining']);
    expect(() => server.mount({} as never)).toThrow('the server is draining');
    await runtime.advance(WINDOW_MS);
    expect([server.ready(), server.phase]).toEqual([false, 'closed']);
  });

  it('lets nobody in any more, and says when to come again', async () => {
    await using host = openHost();
    await enter(host, MOVING);
    drain(host.server);
    const late = await enter(host, MOVING);
    expect(late.received).toEqual([]);
    expect(late.closed).toMatchObject({ code: 4503 });
    const ms = Number(late.closed?.reason);
    expect(ms >= 500 && ms <= 2_000).toBe(true);
  });

  it('lets nobody in who was being authenticated when it began', async () => {
    const asked = createDeferred<{ principal: string; user: never }>();
    await using host = openRawHost({
      services: [chatService()],
      authenticate: () => asked.promise,
    });
    const peer = await enter(host, MOVING);
    drain(host.server);
    asked.resolve({ principal: 'ada', user: {} as never });
    await host.runtime.settle();
    expect(peer.received).toEqual([]);
    expect(peer.closed).toMatchObject({ code: 4503 });
  });

  it('closes when the last client has left, without waiting for the window', async () => {
    await using host = openHost();
    const peers = await enterAll(host, 2, MOVING);
    const result = drain(host.server);
    await host.runtime.advance(10);
    for (const peer of peers) await peer.close('DONE');
    await host.runtime.advance(40);
    expect(result.report).toEqual({
      sessions: 2,
      moved: 2,
      finished: 0,
      unknown: 0,
      refused: 0,
      tookMs: 50,
    });
  });

  it('gives the same promise again', async () => {
    await using host = openHost();
    await enter(host, MOVING);
    expect(host.server.drain()).toBe(host.server.drain({ windowMs: 1 }));
  });

  it('refuses a window that is none', async () => {
    await using host = openHost();
    for (const windowMs of [-1, Number.NaN, Infinity, '5' as never]) {
      expect(() => host.server.drain({ windowMs })).toThrow('"windowMs" must be milliseconds');
    }
    expect(host.server.ready()).toBe(true);
  });
});

describe('a call at a server that drains', () => {
  it('may end within the window, and new ones may begin', async () => {
    await using host = openHost();
    const peer = await enter(host, MOVING);
    await peer.send(bind(0, 'chat.wait'), call(0, 0));
    const result = drain(host.server);
    await host.runtime.advance(2_000);
    await peer.send(call(2, 0));
    expect(host.probe.started).toBe(2);
    host.probe.answer.resolve('in time');
    await host.runtime.settle();
    expect(peer.of('RESULT').map(({ id }) => id)).toEqual([0, 2]);
    await peer.close('DONE');
    await host.runtime.advance(50);
    expect(result.report).toMatchObject({ moved: 1, finished: 2, unknown: 0 });
  });

  it('is broken off at the end, told so, and acknowledged before the close', async () => {
    await using host = openHost();
    const peer = await enter(host, MOVING);
    await peer.send(bind(0, 'chat.wait'), call(0, 0));
    const result = drain(host.server);
    await host.runtime.advance(3_599);
    expect(peer.of('ERROR')).toEqual([]);
    await host.runtime.advance(1);
    expect(peer.of('ERROR')).toMatchObject([{ id: 0, code: 'DRAINING', executed: 'unknown' }]);
    expect(host.probe.signals[0]?.reason).toMatchObject({ code: 'DRAINING' });
    await host.runtime.advance(50);
    expect(peer.closed).toEqual({ code: 4503, reason: '0' });
    expect(result.report).toMatchObject({ sessions: 1, moved: 0, finished: 0, unknown: 1 });
  });

  it('is not accepted in the last part of the window, nor ever acknowledged', async () => {
    await using host = openHost();
    const peer = await enter(host, MOVING);
    await peer.send(bind(0, 'chat.wait'), call(0, 0));
    drain(host.server);
    await host.runtime.advance(3_400);
    await peer.send(call(2, 0));
    await peer.send(call(4, 0), { kind: 'CANCEL', id: 0, reason: 'withdrawn' });
    await host.runtime.advance(600);
    expect(host.probe.started).toBe(1);
    expect(peer.of('ERROR').map(({ id }) => id)).toEqual([0]);
    expect(peer.closed).toMatchObject({ code: 4503 });
    expect(peer.acked).toBe(2);
  });

  it('of a stream is broken off the same way', async () => {
    await using host = openHost();
    const peer = await enter(host, MOVING);
    await peer.send(bind(0, 'chat.sum', 'stream'), call(0, 0));
    const result = drain(host.server);
    await host.runtime.advance(WINDOW_MS);
    expect(peer.of('ERROR')).toMatchObject([{ id: 0, code: 'DRAINING', executed: 'unknown' }]);
    expect(result.report).toMatchObject({ unknown: 1 });
  });

  it('is told to have not run when a guard still holds it', async () => {
    await using host = openHost({
      guards: [({ kind }) => kind === 'connect' || createDeferred<boolean>().promise],
    });
    const peer = await enter(host, MOVING);
    await peer.send(bind(0, 'chat.wait'), call(0, 0));
    const result = drain(host.server);
    await host.runtime.advance(WINDOW_MS);
    expect(peer.of('ERROR')).toMatchObject([{ id: 0, code: 'DRAINING', executed: 'no' }]);
    expect(result.report).toMatchObject({ unknown: 0, refused: 1 });
  });
});

describe('a client at the end of a drain', () => {
  it('is cut when it could not be told what was accepted', async () => {
    await using host = openHost();
    const peer = await enter(host, MOVING);
    await peer.send(bind(0, 'chat.echo'), bind(1, 'chat.wait'));
    // From now on it reads nothing.
    host.network.latest.hold('server');
    for (let id = 0; id < 20; id += 2) await peer.send(call(id, 0, 'x'.repeat(30_000)));
    await peer.send(call(20, 1));
    const result = drain(host.server);
    await host.runtime.advance(WINDOW_MS);
    host.network.latest.release('server');
    await host.runtime.settle();
    expect(peer.closed).toMatchObject({ code: 1006 });
    expect(result.report).toMatchObject({ sessions: 1, unknown: 1 });
  });

  it('gains nothing by a storm of attempts', async () => {
    await using host = openHost();
    const peer = await enter(host, MOVING);
    drain(host.server);
    const storm = await enterAll(host, 200, MOVING);
    expect(storm.every(({ closed }) => closed?.code === 4503)).toBe(true);
    expect(storm.flatMap(({ received }) => received)).toEqual([]);
    expect(host.server.counts).toMatchObject({ connections: 1, sessions: 1 });
    expect(peer.closed).toBeUndefined();
  });
});

describe('a client that cannot be told to move', () => {
  it('is sent away at its own time when nothing of its runs', async () => {
    await using host = openHost();
    const peers = await enterAll(host, 3, FEATURES.RESUME);
    const result = drain(host.server);
    for (const count of [1, 2, 3]) {
      await host.runtime.advance(count === 1 ? 100 : 1_066);
      expect(peers.filter(({ closed }) => closed !== undefined)).toHaveLength(count);
    }
    expect(peers.flatMap((peer) => peer.of('GOAWAY'))).toEqual([]);
    await host.runtime.advance(50);
    expect(result.report).toMatchObject({ moved: 3 });
  });

  it('is sent away later when something of its runs', async () => {
    await using host = openHost();
    const peer = await enter(host, 0);
    await peer.send(bind(0, 'chat.wait'), call(0, 0));
    drain(host.server);
    await host.runtime.advance(2_000);
    expect(peer.closed).toBeUndefined();
    host.probe.answer.resolve('late');
    await host.runtime.advance(100);
    expect(peer.of('RESULT')).toHaveLength(1);
    expect(peer.closed).toMatchObject({ code: 4503 });
  });
});

describe('a session without a connection at a server that drains', () => {
  it('may go on, and is told again when to move', async () => {
    await using host = openHost();
    await enter(host, MOVING);
    const peer = await enter(host, MOVING);
    await peer.send(bind(0, 'chat.wait'), call(0, 0));
    await peer.cut();
    drain(host.server);
    await host.runtime.advance(500);
    host.probe.answer.resolve('kept');
    await host.runtime.settle();
    const again = host.connect();
    await again.send(resumeOf(peer));
    expect(again.of('RESUMED')).toHaveLength(1);
    expect(again.of('RESULT')).toHaveLength(1);
    expect(again.of('GOAWAY')).toMatchObject([{ afterMs: 1_100, windowMs: 3_340 }]);
  });

  it('keeps the server until its handlers are broken off, and then is told what had come', async () => {
    await using host = openHost();
    const held = await enter(host, MOVING);
    await held.send(bind(0, 'chat.wait'), call(0, 0));
    const peer = await enter(host, MOVING);
    await peer.send(bind(0, 'chat.wait'), call(0, 0));
    await peer.cut();
    await held.cut();
    const result = drain(host.server);
    await host.runtime.advance(3_400);
    const again = host.connect();
    await again.send(resumeOf(held));
    expect(again.of('RESUMED')).toHaveLength(1);
    await host.runtime.advance(200);
    const other = host.connect();
    await other.send(resumeOf(peer));
    expect(other.of('GONE')).toMatchObject([{ reason: 'drained', rx: 2 }]);
    await host.runtime.advance(400);
    expect(again.of('ERROR')).toMatchObject([{ code: 'DRAINING' }]);
    expect(result.report).toMatchObject({ sessions: 2, moved: 0, unknown: 2 });
  });
});

describe('a server that closes while it drains', () => {
  it('ends at once, and the report says what was done by then', async () => {
    await using host = openHost();
    const peer = await enter(host, MOVING);
    await peer.send(bind(0, 'chat.wait'), call(0, 0));
    const result = drain(host.server);
    await host.runtime.advance(100);
    await host.server.close();
    await result.done;
    await host.runtime.settle();
    expect(result.report).toMatchObject({ sessions: 1, moved: 0, finished: 0, tookMs: 100 });
    expect(peer.closed).toMatchObject({ code: 1001 });
  });

  it('has nothing to drain afterwards', async () => {
    await using host = openHost();
    await host.server.close();
    const result = drain(host.server);
    await host.runtime.advance(1);
    expect(result.report).toMatchObject({ sessions: 0, tookMs: 0 });
  });
});

it('a drain without any time answers what runs, and closes', async () => {
  await using host = openHost();
  const peer = await enter(host, MOVING);
  await peer.send(bind(0, 'chat.wait'), call(0, 0));
  drain(host.server, 0);
  await host.runtime.advance(2);
  await host.runtime.settle();
  expect(peer.of('ERROR')).toMatchObject([{ code: 'DRAINING', executed: 'unknown' }]);
  expect(peer.closed).toMatchObject({ code: 4503 });
});

it('a server listens to signals once, until that is undone', async () => {
  await using host = openHost();
  const undo = host.server.drainOnSignal({ signals: ['SIGUSR2'] });
  expect(() => host.server.drainOnSignal()).toThrow('drainOnSignal was called already');
  undo();
  host.server.drainOnSignal({ signals: ['SIGUSR2'] })();
  expect(process.listenerCount('SIGUSR2')).toBe(0);
});

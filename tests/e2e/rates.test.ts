import { connect } from '@trunkline/client';
import { call as callOf, contract, stream, topic } from '@trunkline/contract';
import type { Message } from '@trunkline/protocol';
import { implement, type ServerOptions } from '@trunkline/server';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { bind, call } from '../support/messages.js';
import { openRawHost, type RawPeer } from '../support/raw-peer.js';

const shop = contract('shop', {
  order: callOf({ rate: '2/s', cost: 5 }),
  look: callOf({ input: z.string().optional() }),
  feed: stream({ down: z.int(), rate: { perSecond: 1, burst: 1 } }),
  notes: topic({ message: z.string(), publish: 'client', public: true, rate: '1/s' }),
});

const RESUMES = 1;

function openShop(options: Partial<ServerOptions> = {}) {
  let started = 0;
  const service = implement(shop, {
    order: () => void started++,
    look: () => void started++,
    feed: () => [1],
    notes: { authorizePublish: () => true },
  });
  const host = openRawHost({
    authenticate: ({ token }) => ({ principal: token, user: undefined }),
    services: [service],
    ...options,
  });
  return { host, started: () => started };
}

async function enter(peer: RawPeer, token = 'ann'): Promise<RawPeer> {
  await peer.hello(token, RESUMES);
  await peer.send(
    bind(0, 'shop.order'),
    bind(1, 'shop.look'),
    bind(2, 'shop.feed', 'stream'),
    bind(3, 'shop.notes', 'publish'),
  );
  return peer;
}

function refusals(peer: RawPeer) {
  return peer.of('ERROR').map(({ id, code, executed, retryAfterMs, message }) => {
    return { id, code, executed, retryAfterMs, message };
  });
}

const RATE = { code: 'RATE', executed: 'no' } as const;

describe('a rate of a contract', () => {
  it('refuses what comes too fast, which never runs, and says when to come again', async () => {
    const { host, started } = openShop();
    await using _ = host;
    const peer = await enter(host.connect());
    await peer.send(...[0, 2, 4, 6].map((id) => call(id, 0)));
    const message = '"shop.order" is called too often';
    expect(refusals(peer)).toEqual([
      { id: 4, ...RATE, retryAfterMs: 500, message },
      { id: 6, ...RATE, retryAfterMs: 500, message },
    ]);
    expect(started()).toBe(2);
    await host.runtime.advance(499);
    await peer.send(call(4, 0));
    expect(refusals(peer)[2]).toMatchObject({ id: 4, ...RATE, retryAfterMs: 1 });
    await host.runtime.advance(1);
    await peer.send(call(4, 0));
    expect(peer.of('RESULT')).toHaveLength(3);
  });

  it('holds for the starts of a stream, and for what clients publish', async () => {
    const { host } = openShop();
    await using _ = host;
    const peer = await enter(host.connect());
    await peer.send(call(0, 2), call(2, 2));
    const publish = (id: number): Message => call(id, 3, { message: 'x' });
    await peer.send(publish(4), publish(6));
    expect(refusals(peer)).toMatchObject([
      { id: 2, ...RATE, retryAfterMs: 1_000, message: '"shop.feed" is called too often' },
      { id: 6, ...RATE, retryAfterMs: 1_000, message: '"shop.notes" is called too often' },
    ]);
    expect(peer.of('END')).toHaveLength(1);
    expect(peer.of('RESULT')).toMatchObject([{ id: 4, published: { offset: 1 } }]);
  });

  it('is one for all sessions of a principal, and no reconnect begins it anew', async () => {
    const { host } = openShop();
    await using _ = host;
    const first = await enter(host.connect());
    await first.send(call(0, 0), call(2, 0));
    await first.close('DONE');
    const second = await enter(host.connect());
    await second.send(call(0, 0));
    expect(refusals(second)).toMatchObject([{ id: 0, ...RATE, retryAfterMs: 500 }]);
    const other = await enter(host.connect(), 'bob');
    await other.send(call(0, 0));
    expect(other.of('RESULT')).toHaveLength(1);
  });

  it('goes on with a session of nobody over its next connection', async () => {
    const { host } = openShop({ authenticate: undefined as never, anonymous: true });
    await using _ = host;
    const peer = await enter(host.connect(), '');
    await peer.send(call(0, 0), call(2, 0));
    const [welcome] = peer.of('WELCOME');
    await peer.cut();
    const again = host.connect();
    await host.runtime.settle();
    again.tx = peer.tx;
    again.rx = peer.rx;
    const { session = '', secret = new Uint8Array(0) } = welcome ?? {};
    const resume = { features: RESUMES, token: '', session, secret, attach: 2, revisions: [] };
    await again.send({ kind: 'RESUME', ...resume, rx: peer.rx, first: peer.tx + 1 });
    await again.send(call(4, 0));
    expect(refusals(again)).toMatchObject([{ id: 4, ...RATE, retryAfterMs: 500 }]);
  });

  it('costs nothing where the call is refused for another reason', async () => {
    const { host } = openShop({ limits: { valueInBytes: 1 } });
    await using _ = host;
    const peer = await enter(host.connect());
    await peer.send(...[0, 2, 4].map((id) => call(id, 0, 'too large')));
    await peer.send(call(0, 0), call(2, 0));
    expect(refusals(peer).map(({ code }) => code)).toEqual(Array(3).fill('TOO_LARGE'));
    expect(peer.of('RESULT')).toHaveLength(2);
  });
});

describe('the rate of all calls of a server', () => {
  it('counts each call as its cost', async () => {
    const { host } = openShop({ limits: { callRate: 10, callBurst: 6 } });
    await using _ = host;
    const peer = await enter(host.connect());
    await peer.send(call(0, 0), call(2, 1), call(4, 1), call(6, 0));
    const message = 'too many calls';
    expect(refusals(peer)).toEqual([
      { id: 4, ...RATE, retryAfterMs: 100, message },
      { id: 6, ...RATE, retryAfterMs: 500, message },
    ]);
    await host.runtime.advance(500);
    await peer.send(call(6, 0));
    expect(peer.of('RESULT')).toHaveLength(3);
  });

  it('does not boot with a procedure that nobody could ever call', () => {
    expect(() => openShop({ limits: { callRate: 10, callBurst: 4 } })).toThrow(
      '"shop.order" costs 5: expected at most the limit callBurst, which is "4"',
    );
  });
});

describe('a client that does not wait', () => {
  it('may be too fast for a while, and is closed with 4429 when it goes on', async () => {
    const { host, started } = openShop({ limits: { faultRate: 10, faultBurst: 50 } });
    await using _ = host;
    const peer = await enter(host.connect());
    const flood = (count: number) =>
      peer.send(...Array.from({ length: count }, (_, n) => call(2 * n, 0)));
    await flood(102);
    expect(refusals(peer)).toHaveLength(100);
    expect(peer.closed).toBeUndefined();
    await peer.acknowledge();
    await flood(1);
    expect(peer.closed).toEqual({ code: 4429, reason: '5000' });
    expect(started()).toBe(2);
  });

  it('spends nothing of what its cancels and its own faults may take', async () => {
    const { host } = openShop({ limits: { faultRate: 10, faultBurst: 3 } });
    await using _ = host;
    const peer = await enter(host.connect());
    await peer.send(...[0, 2, 4, 6, 8].map((id) => call(id, 0)));
    expect(refusals(peer).map(({ code }) => code)).toEqual(['RATE', 'RATE', 'RATE']);
    const wrong = [0, 2, 4].map((id) => call(id, 1, 17));
    await peer.send(...wrong);
    expect(peer.closed).toBeUndefined();
    await peer.send(call(0, 1, 17));
    expect(peer.closed).toEqual({ code: 4429, reason: '5000' });
  });
});

describe('a client of calls with a rate', () => {
  const quick = contract('quick', { tick: callOf({ input: z.int(), rate: '20/s' }) });

  function openQuick() {
    const ran = new Map<number, number>();
    const service = implement(quick, {
      tick: (n) => void ran.set(n, (ran.get(n) ?? 0) + 1),
    });
    const host = openRawHost({ anonymous: true, services: [service] });
    const { runtime, network } = host;
    const options = { contracts: { quick }, runtime, dial: network.dial };
    return { host, ran, connect: () => connect('ws://memory', options) };
  }

  it('makes them again by itself as fast as they are taken, each once', async () => {
    const { host, ran, connect: open } = openQuick();
    await using _ = host;
    const client = open();
    const calls = Array.from({ length: 100 }, (__, n) => client.quick.tick.safe(n));
    await host.runtime.advance(3_000);
    expect(ran.size).toBeLessThanOrEqual(20 + 3 * 20);
    expect(ran.size).toBeGreaterThan(50);
    await host.runtime.advance(7_000);
    const outcomes = await Promise.all(calls);
    expect(outcomes.filter(({ ok }) => !ok)).toEqual([]);
    expect([...ran.values()]).toEqual(Array(100).fill(1));
    client.close();
  });

  it('fails those at once whose deadline is too near, and says when to come again', async () => {
    const { host, ran, connect: open } = openQuick();
    await using _ = host;
    const client = open();
    await host.runtime.settle();
    const calls = Array.from({ length: 30 }, (__, n) =>
      client.quick.tick.safe(n, { deadlineMs: 300 }),
    );
    await host.runtime.settle();
    await host.runtime.advance(300);
    const outcomes = await Promise.all(calls);
    const failed = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.error]));
    expect(failed.length).toBeGreaterThan(0);
    for (const error of failed) {
      expect(error).toMatchObject({ code: 'RATE', executed: 'no' });
      expect(error.retryAfterMs).toBeGreaterThan(0);
    }
    expect(ran.size).toBe(30 - failed.length);
    client.close();
  });

  it('takes no more than its share from others who are as fast', async () => {
    const { host, ran, connect: open } = openQuick();
    await using _ = host;
    const clients = [open(), open(), open()];
    const calls = clients.flatMap((client, who) =>
      Array.from({ length: 40 }, (__, n) => client.quick.tick.safe(100 * who + n)),
    );
    await host.runtime.advance(10_000);
    for (const outcome of await Promise.all(calls)) expect(outcome.ok).toBe(true);
    expect(ran.size).toBe(120);
    for (const client of clients) client.close();
  });
});

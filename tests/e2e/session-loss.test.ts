import { connect, type ConnectionState } from '@trunkline/client';
import { call, contract, stream } from '@trunkline/contract';
import { FEATURES, type Message } from '@trunkline/protocol';
import { MemoryNetwork, VirtualRuntime } from '@trunkline/protocol/testing';
import { createServer, implement, type ServerOptions } from '@trunkline/server';
import type { Observed } from '@trunkline/server/operations';
import { acceptInMemory } from '@trunkline/server/testing';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createDeferred } from '../support/deferred.js';
import { NOTHING_OPEN } from '../support/nothing-open.js';
import { openRawHost } from '../support/raw-peer.js';

const desk = contract('desk', {
  wait: call({ output: z.string() }),
  echo: call({ input: z.string(), output: z.string() }),
  order: call({ input: z.string(), output: z.string(), idempotent: true }),
  count: stream({ down: z.int() }),
});
const contracts = { desk };

type LimitHit = Observed<'limitHit'>;

const TTL_MS = 120_000;
const LONG = { deadlineMs: 10 * TTL_MS };

function openHost(options: Partial<ServerOptions> = {}, auth?: () => string) {
  const runtime = new VirtualRuntime();
  const network = new MemoryNetwork(runtime);
  const probe = { started: [] as string[], aborted: [] as unknown[] };
  const answer = createDeferred<string>();
  const service = implement(desk, {
    wait: (_input, { signal }) => {
      probe.started.push('wait');
      signal.addEventListener('abort', () => probe.aborted.push(signal.reason));
      return answer.promise;
    },
    echo: (input) => {
      probe.started.push(input);
      return input;
    },
    order: (input) => {
      probe.started.push(input);
      return answer.promise;
    },
    async *count(_input, { signal }) {
      yield 0;
      yield 1;
      await new Promise((_resolve, reject) => signal.addEventListener('abort', reject));
    },
  });
  const create = () => {
    const server = createServer({
      ...(options.authenticate === undefined ? { anonymous: true } : {}),
      services: [service],
      runtime,
      ...options,
    });
    acceptInMemory(server, network);
    return server;
  };
  const servers = [create()];
  const states: ConnectionState[] = [];
  const client = connect('ws://memory', {
    contracts,
    runtime,
    dial: network.dial,
    ...(auth && { auth }),
  });
  client.connection.watch((state) => void states.push(state));
  return {
    runtime,
    network,
    probe,
    answer,
    client,
    states,
    get server() {
      return servers.at(-1) as (typeof servers)[0];
    },
    cut: () => network.latest.cut(),
    /** Another process takes the place of the server, which is killed. */
    restart: () => {
      network.latest.cut();
      servers.push(create());
    },
    async [Symbol.asyncDispose]() {
      client.close();
      answer.resolve('nobody waits');
      for (const server of servers) await server.close();
      await runtime.settle();
      for (const { counts } of servers) expect(counts).toEqual(NOTHING_OPEN);
      expect(runtime.timers).toBe(0);
    },
  };
}

const failed = (error: unknown): unknown => error;

describe('a session that has ended while its client was away', () => {
  it('fails what may have run, and sends again what surely did not', async () => {
    await using host = openHost({ limits: { detachedSessions: 0 } });
    const { client, runtime, network, probe } = host;
    const lost = client.desk.wait(undefined, LONG).catch(failed);
    await runtime.settle();
    // What is written from now on never arrives.
    network.latest.hold('client');
    const repeated = client.desk.echo('again', LONG);
    await runtime.settle();
    host.cut();
    await runtime.settle();
    expect(probe.aborted).toMatchObject([{ code: 'SESSION_LOST' }]);
    await runtime.advance(25_000);
    expect(await lost).toMatchObject({ code: 'SESSION_LOST', executed: 'unknown' });
    expect(await repeated).toBe('again');
    expect(probe.started).toEqual(['wait', 'again']);
  });

  it('fails a stream once, and says how many items have come', async () => {
    await using host = openHost({ limits: { detachedSessions: 0 } });
    const items: number[] = [];
    const lost = (async () => {
      for await (const item of host.client.desk.count()) items.push(item);
    })().catch(failed);
    await expect.poll(() => items).toEqual([0, 1]);
    host.cut();
    await host.runtime.advance(25_000);
    const data = { items: 2 };
    expect(await lost).toMatchObject({ code: 'STREAM_LOST', executed: 'unknown', data });
  });

  it('ended since its running handlers hold more than all who are away may', async () => {
    const met: LimitHit[] = [];
    const observers = [{ limitHit: (hit: LimitHit) => void met.push(hit) }];
    await using host = openHost({ limits: { detachedBytes: 10_000 }, observers });
    const { client, runtime } = host;
    for (const bytes of [10, 20_000]) {
      void client.desk.order('x'.repeat(bytes), LONG).catch(failed);
      await runtime.settle();
      host.cut();
      await runtime.settle();
      expect(host.server.counts.sessions).toBe(bytes === 10 ? 1 : 0);
      await runtime.advance(25_000);
    }
    expect(met).toEqual([
      { limit: 'detachedBytes', reaction: 'GONE expired', session: expect.any(String) as string },
    ]);
  });

  it('is given up by a client that has no connection for as long', async () => {
    await using host = openHost();
    const { client, runtime, network } = host;
    const lost = client.desk.wait(undefined, LONG).catch(failed);
    await runtime.settle();
    network.isDown = true;
    host.cut();
    await runtime.advance(TTL_MS - 1);
    expect(host.server.counts).toMatchObject({ sessions: 1, detached: 1, calls: 1 });
    await runtime.advance(1);
    expect(await lost).toMatchObject({ code: 'SESSION_LOST', executed: 'unknown' });
    expect(host.server.counts).toMatchObject({ sessions: 0, detached: 0 });
  });

  it('is unknown to another process: what was written is unknown, and the client goes on', async () => {
    await using host = openHost();
    const { client, runtime } = host;
    const lost = client.desk.wait(undefined, LONG).catch(failed);
    await runtime.settle();
    host.restart();
    await runtime.advance(25_000);
    expect(await lost).toMatchObject({ code: 'SESSION_LOST', executed: 'unknown' });
    expect(await client.desk.echo('next')).toBe('next');
  });
});

describe('an idempotent call', () => {
  it('may start once more at another process, which knows nothing of its key', async () => {
    await using host = openHost();
    const { client, runtime, probe, answer } = host;
    const order = client.desk.order('tea', LONG);
    await runtime.settle();
    host.restart();
    await runtime.advance(25_000);
    answer.resolve('done');
    expect(await order).toBe('done');
    expect(probe.started).toEqual(['tea', 'tea']);
  });
});

describe('a token at the return to a session', () => {
  const user = {};
  const tokens: Record<string, { principal: string; user: object }> = {
    ann: { principal: 'ann', user },
    bob: { principal: 'bob', user },
  };
  const authenticate = ({ token }: { token: string }) => tokens[token] as never;

  it('is that of somebody else: the session ends', async () => {
    let token = 'ann';
    await using host = openHost({ authenticate }, () => token);
    const { client, runtime, probe } = host;
    const lost = client.desk.wait(undefined, LONG).catch(failed);
    await runtime.settle();
    token = 'bob';
    host.cut();
    await runtime.advance(25_000);
    expect(await lost).toMatchObject({ code: 'SESSION_LOST', executed: 'unknown' });
    expect(probe.aborted).toMatchObject([{ code: 'SESSION_LOST' }]);
    expect(await client.desk.echo('as bob')).toBe('as bob');
    expect(host.server.counts).toMatchObject({ sessions: 1, detached: 0 });
  });

  it('is refused: the session waits for a good one', async () => {
    let token = 'ann';
    await using host = openHost({ authenticate }, () => token);
    const { client, runtime, states, answer } = host;
    const waiting = client.desk.wait(undefined, LONG);
    await runtime.settle();
    host.cut();
    token = 'old';
    client.connection.watch(({ reason = '' }) => {
      if (reason.includes('4401')) token = 'ann';
    });
    await runtime.advance(25_000);
    expect(states.map(({ reason = '' }) => reason).join()).toContain('4401');
    answer.resolve('done');
    expect(await waiting).toBe('done');
  });

  it('is asked for when the last one has ended, and nothing is lost by that', async () => {
    const expires = (runtime: VirtualRuntime) => new Date(runtime.wallNow() + 60_000);
    const box: { runtime?: VirtualRuntime } = {};
    const signIn = () => {
      const { runtime } = box;
      const until = runtime && { expiresAt: expires(runtime) };
      return { principal: 'ann', user, ...until } as never;
    };
    await using host = openHost({ authenticate: signIn }, () => 'ann');
    box.runtime = host.runtime;
    const waiting = host.client.desk.wait(undefined, LONG);
    await host.runtime.advance(200_000);
    host.answer.resolve('done');
    expect(await waiting).toBe('done');
    expect(host.probe.started).toEqual(['wait']);
  });
});

describe('RESUME', () => {
  const HELLO: Message = {
    kind: 'HELLO',
    features: FEATURES.RESUME,
    agent: '',
    token: '',
    revisions: [],
  };

  async function openSession(limits: ServerOptions['limits'] = {}) {
    const service = implement(desk, {
      wait: () => createDeferred<string>().promise,
      echo: (input) => input,
      order: (input) => input,
      *count() {},
    });
    const host = openRawHost({ anonymous: true, services: [service], limits });
    const first = host.connect();
    await first.send(HELLO);
    const [welcome] = first.of('WELCOME');
    const { session = '', secret = new Uint8Array(0) } = welcome ?? {};
    const resume = (more: object = {}): Message => ({
      kind: 'RESUME',
      features: FEATURES.RESUME,
      token: '',
      session,
      attach: 2,
      secret,
      rx: 0,
      first: 1,
      revisions: [],
      ...more,
    });
    return { host, first, welcome, resume };
  }

  it('is possible for who says so in HELLO, with a secret of 32 bytes', async () => {
    const { host, first, welcome } = await openSession();
    await using _ = host;
    expect(welcome).toMatchObject({ ttlMs: TTL_MS });
    expect(welcome?.secret).toHaveLength(32);
    expect((welcome?.features ?? 0) & FEATURES.RESUME).not.toBe(0);
    await first.send({ kind: 'PING', value: 1 });
  });

  it('takes the session from a connection that is still open', async () => {
    const { host, first, resume } = await openSession();
    await using _ = host;
    const second = host.connect();
    await second.send(resume());
    expect(second.of('RESUMED')).toMatchObject([{ rx: 0, ttlMs: TTL_MS }]);
    expect(first.closed).toMatchObject({ code: 4409 });
    expect(second.closed).toBeUndefined();
  });

  it.each([1, 2])(
    'with the old attach %i is closed with 4409, and changes nothing',
    async (attach) => {
      const { host, resume } = await openSession();
      await using _ = host;
      const second = host.connect();
      await second.send(resume());
      const late = host.connect();
      await late.send(resume({ attach }));
      expect(late.closed).toMatchObject({ code: 4409 });
      expect(second.closed).toBeUndefined();
      expect(host.server.counts).toMatchObject({ connections: 1, sessions: 1 });
    },
  );

  it.each([
    ['a wrong secret', { secret: new Uint8Array(32) }],
    ['no secret', { secret: new Uint8Array(0) }],
    ['an id that nobody knows', { session: 'nobody' }],
  ])('with %s is told GONE unknown, and the session stays', async (_what, more) => {
    const { host, first, resume } = await openSession();
    await using _ = host;
    const stranger = host.connect();
    await stranger.send(resume(more));
    expect(stranger.of('GONE')).toEqual([{ kind: 'GONE', reason: 'unknown', rx: undefined }]);
    expect(first.closed).toBeUndefined();
    await stranger.send(HELLO);
    expect(stranger.of('WELCOME')).toHaveLength(1);
  });

  it.each([
    ['rx above what was sent', { rx: 1 }],
    ['first above what has come', { first: 2 }],
  ])('with %s ends the session, and the tombstone says so again', async (_what, more) => {
    const { host, first, resume } = await openSession();
    await using _ = host;
    const second = host.connect();
    await second.send(resume(more));
    expect(second.of('GONE')).toEqual([{ kind: 'GONE', reason: 'overflow', rx: 0 }]);
    expect(first.closed).toMatchObject({ code: 4410 });
    const third = host.connect();
    await third.send(resume({ attach: 3 }));
    expect(third.of('GONE')).toEqual([{ kind: 'GONE', reason: 'overflow', rx: 0 }]);
  });

  it('is told of an end in the past until the tombstone goes', async () => {
    const { host, first, resume } = await openSession({ detachedMs: 1_000, tombstoneMs: 5_000 });
    await using _ = host;
    expect(first.closed).toBeUndefined();
    host.network.latest.cut();
    await host.runtime.advance(2_000);
    const early = host.connect();
    await early.send(resume());
    expect(early.of('GONE')).toEqual([{ kind: 'GONE', reason: 'expired', rx: 0 }]);
    await host.runtime.advance(5_000);
    const late = host.connect();
    await late.send(resume());
    expect(late.of('GONE')).toEqual([{ kind: 'GONE', reason: 'unknown', rx: undefined }]);
  });

  it('is told that a page has gone which said so with 1001', async () => {
    const { host, first, resume } = await openSession();
    await using _ = host;
    await first.close('LEAVING');
    expect(host.server.counts).toMatchObject({ sessions: 0, detached: 0 });
    const second = host.connect();
    await second.send(resume());
    expect(second.of('GONE')).toEqual([{ kind: 'GONE', reason: 'expired', rx: 0 }]);
  });

  it('is followed by nothing until RESUMED', async () => {
    const { host, resume } = await openSession();
    await using _ = host;
    const second = host.connect();
    void second.send(resume());
    await second.send({ kind: 'PING', value: 1 });
    expect(second.closed).toMatchObject({ code: 4400 });
  });
});

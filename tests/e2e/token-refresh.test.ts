import { connect } from '@trunkline/client';
import { call, contract, stream, topic } from '@trunkline/contract';
import { systemRuntime } from '@trunkline/protocol';
import { MemoryNetwork, VirtualRuntime } from '@trunkline/protocol/testing';
import { createServer, createTopics, implement, MemoryBroker } from '@trunkline/server';
import { acceptInMemory } from '@trunkline/server/testing';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createDeferred } from '../support/deferred.js';
import { NOTHING_OPEN } from '../support/nothing-open.js';

const MINUTE_MS = 60_000;

const hall = contract('hall', {
  who: call({ output: z.string() }),
  wait: call({ output: z.string() }),
  ticks: stream({ down: z.int() }),
  news: topic({ message: z.string(), publish: 'server', keep: { count: 100, ageMs: 60_000 } }),
});

/** A hall whose tokens last for a minute, unless a test says otherwise. */
function hallService(runtime: { wallNow(): number }) {
  const tokens: string[] = [];
  const answer = createDeferred<string>();
  const paused = createDeferred();
  const broker = new MemoryBroker();
  const rule = { enters: (_token: string): boolean => true, mayRead: true, lastsMs: MINUTE_MS };
  const service = implement(hall, {
    who: (_input, { user }) => (user as unknown as { token: string }).token,
    wait: () => answer.promise,
    async *ticks() {
      yield 1;
      await paused.promise;
      yield 2;
    },
    news: { authorize: () => rule.mayRead },
  });
  const options = {
    services: [service],
    broker,
    authenticate: ({ token }: { readonly token: string }) => {
      tokens.push(token);
      if (!rule.enters(token)) return undefined;
      const expiresAt = new Date(runtime.wallNow() + rule.lastsMs);
      return { principal: 'ada', user: { token } as never, expiresAt };
    },
  };
  const news = createTopics(hall, broker).news();
  return { options, rule, tokens, answer, paused, news };
}

function openHall() {
  const runtime = new VirtualRuntime();
  const network = new MemoryNetwork(runtime);
  const { options, ...rest } = hallService(runtime);
  const server = createServer({ ...options, runtime });
  acceptInMemory(server, network);
  const reasons: string[] = [];
  const client = connect('ws://memory', {
    contracts: { hall },
    auth: ({ reason }) => `${reason} ${reasons.push(reason)}`,
    runtime,
    dial: network.dial,
  });
  const statuses: string[] = [];
  client.connection.watch(({ status }) => statuses.push(status));
  return {
    ...rest,
    runtime,
    network,
    server,
    client,
    reasons,
    statuses,
    async [Symbol.asyncDispose]() {
      client.close();
      await server.close();
      await runtime.settle();
      expect(server.counts).toEqual(NOTHING_OPEN);
      expect(runtime.timers).toBe(0);
    },
  };
}

describe('a token that ends', () => {
  it('is renewed without a cut: calls, streams and subscriptions go on', async () => {
    await using open = openHall();
    const { runtime, client, reasons, statuses, answer, paused, news } = open;
    const waiting = client.hall.wait(undefined, { deadlineMs: 600_000 });
    const ticks = client.hall.ticks()[Symbol.asyncIterator]();
    const seen: string[] = [];
    const subscription = client.hall
      .news()
      .subscribe({ message: (message) => void seen.push(message) });
    await runtime.settle();
    expect(await ticks.next()).toMatchObject({ value: 1 });
    await news.publish('before');
    await runtime.advance(4 * MINUTE_MS);
    expect(reasons[0]).toBe('first');
    expect(new Set(reasons.slice(1))).toEqual(new Set(['expiring']));
    expect(reasons.length).toBeGreaterThan(4);
    expect(await client.hall.who()).toBe(`expiring ${reasons.length}`);
    await news.publish('after');
    answer.resolve('done');
    paused.resolve();
    await runtime.settle();
    expect(seen).toEqual(['before', 'after']);
    expect(await waiting).toBe('done');
    expect(await ticks.next()).toMatchObject({ value: 2 });
    expect(statuses).toEqual(['connecting', 'live']);
    expect(open.network.connections).toHaveLength(1);
    subscription.close();
  });

  it('is renewed over a WebSocket as well', async () => {
    const { options, rule, tokens } = hallService(systemRuntime);
    rule.lastsMs = 1_300;
    const server = createServer(options);
    const { port } = await server.listen({ port: 0, host: '127.0.0.1' });
    const reasons: string[] = [];
    const client = connect(`ws://127.0.0.1:${port}`, {
      contracts: { hall },
      auth: ({ reason }) => `${reason} ${reasons.push(reason)}`,
    });
    expect(await client.hall.who()).toBe('first 1');
    await expect.poll(() => tokens.length, { timeout: 10_000 }).toBe(3);
    expect(reasons).toEqual(['first', 'expiring', 'expiring']);
    expect(server.counts).toMatchObject({ connections: 1, sessions: 1 });
    client.close();
    await server.close();
  });

  it('that nobody renews in time costs a connection, and no call', async () => {
    await using open = openHall();
    const { runtime, client, reasons, rule, answer } = open;
    const waiting = client.hall.wait(undefined, { deadlineMs: 600_000 });
    await runtime.settle();
    rule.enters = (token) => !token.startsWith('expiring');
    await runtime.advance(2 * MINUTE_MS);
    expect(reasons.slice(0, 3)).toEqual(['first', 'expiring', 'rejected']);
    answer.resolve('done');
    await runtime.settle();
    expect(await waiting).toBe('done');
    expect(client.connection.state.status).toBe('live');
  });

  it('of another user ends the session, and the next one is that of the user', async () => {
    const runtime = new VirtualRuntime();
    const network = new MemoryNetwork(runtime);
    const { options } = hallService(runtime);
    const server = createServer({
      ...options,
      authenticate: ({ token }) => ({
        principal: token,
        user: { token } as never,
        expiresAt: new Date(runtime.wallNow() + MINUTE_MS),
      }),
      runtime,
    });
    acceptInMemory(server, network);
    let user = 'ada';
    const client = connect('ws://memory', {
      contracts: { hall },
      auth: () => user,
      runtime,
      dial: network.dial,
    });
    const lost = client.hall.wait.safe(undefined, { deadlineMs: 600_000 });
    await runtime.settle();
    user = 'bob';
    await runtime.advance(MINUTE_MS);
    expect(await lost).toMatchObject({
      ok: false,
      error: { code: 'SESSION_LOST', executed: 'unknown' },
    });
    expect(await client.hall.who()).toBe('bob');
    client.close();
    await server.close();
  });
});

describe('a client whose rights are taken back', () => {
  it('comes back with another token, and is told what has become of its calls', async () => {
    await using open = openHall();
    const { runtime, client, server, reasons } = open;
    const lost = client.hall.wait.safe(undefined, { deadlineMs: 600_000 });
    const seen: string[] = [];
    const subscription = client.hall
      .news()
      .subscribe({ message: (message) => void seen.push(message) });
    await runtime.settle();
    expect(server.revoke('ada')).toBe(1);
    await runtime.advance(1_000);
    expect(reasons).toEqual(['first', 'rejected']);
    expect(await lost).toMatchObject({ error: { code: 'SESSION_LOST', executed: 'unknown' } });
    expect(client.connection.state.status).toBe('live');
    await open.news.publish('again');
    await runtime.settle();
    expect(seen).toEqual(['again']);
    subscription.close();
  });

  it('shows that it needs a login when there is no other token', async () => {
    await using open = openHall();
    const { runtime, client, server, reasons, rule } = open;
    await runtime.settle();
    rule.enters = () => false;
    server.revoke('ada');
    await runtime.advance(1_000);
    expect(reasons).toEqual(['first', 'rejected']);
    expect(client.connection.state).toMatchObject({ status: 'denied', refusal: 'token' });
    await expect(client.hall.who()).rejects.toMatchObject({ code: 'UNAVAILABLE', executed: 'no' });
  });

  it('is denied when that is final, and asks for nothing', async () => {
    await using open = openHall();
    const { runtime, client, server, reasons } = open;
    await runtime.settle();
    server.revoke('ada', { final: true });
    await runtime.advance(MINUTE_MS);
    expect(reasons).toEqual(['first']);
    expect(client.connection.state).toMatchObject({ status: 'denied', refusal: 'denied' });
    expect(client.connection.state.reason).toBe('not served (4403: revoked)');
  });

  it('hears that a subscription has ended', async () => {
    await using open = openHall();
    const { runtime, client, server, rule } = open;
    const errors: unknown[] = [];
    const subscription = client.hall.news().subscribe({
      state: ({ error }) => void (error && errors.push(error)),
    });
    await runtime.settle();
    rule.mayRead = false;
    expect(await server.recheck({ topic: 'hall.news' })).toEqual({ checked: 1, ended: 1 });
    await runtime.settle();
    expect(errors).toMatchObject([{ code: 'DENIED' }]);
    expect(client.connection.state.status).toBe('live');
    subscription.close();
  });
});

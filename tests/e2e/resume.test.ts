import { call, contract, stream, topic } from '@trunkline/contract';
import { createTopics, implement, MemoryBroker, type ServerOptions } from '@trunkline/server';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { createDeferred } from '../support/deferred.js';
import { describeTransports } from '../support/peers.js';

const desk = contract('desk', {
  wait: call({ input: z.string(), output: z.string() }),
  echo: call({ input: z.string(), output: z.string() }),
  count: stream({ input: z.int(), down: z.int() }),
  sum: stream({ up: z.int(), output: z.int() }),
  news: topic({
    params: z.object({}),
    message: z.string(),
    public: true,
    publish: 'server',
    keep: { count: 100, ageMs: 60_000 },
  }),
});

function deskService() {
  const started: string[] = [];
  const aborted: string[] = [];
  const answer = createDeferred<string>();
  const paused = createDeferred();
  const broker = new MemoryBroker();
  const news = createTopics(desk, broker).news({});
  const service = implement(desk, {
    wait: (input, { signal }) => {
      started.push(input);
      signal.addEventListener('abort', () => aborted.push(input));
      return answer.promise;
    },
    echo: (input) => input,
    async *count(to) {
      for (let n = 0; n < to; n++) {
        if (n === 10) await paused.promise;
        yield n;
      }
    },
    async sum(_input, { items }) {
      let sum = 0;
      for await (const item of items) sum += item;
      return sum;
    },
  });
  return { service, started, aborted, answer, paused, broker, news };
}

type Options = Omit<ServerOptions, 'runtime' | 'onError' | 'services' | 'anonymous'>;

describeTransports('a session that is resumed', (open) => {
  async function openDesk(options: Options = {}) {
    const { service, broker, ...rest } = deskService();
    const peers = await open({ anonymous: true, services: [service], broker, ...options });
    return { peers, ...rest, client: peers.connect({ contracts: { desk } }) };
  }

  it('gives the result of a handler that ran while its caller was away', async () => {
    const { peers, client, started, aborted, answer } = await openDesk();
    await using _ = peers;
    const waiting = client.desk.wait('one');
    await expect.poll(() => started).toEqual(['one']);
    peers.cut();
    await expect.poll(() => peers.server.counts.detached).toBe(1);
    answer.resolve('done');
    await peers.restore();
    expect(await waiting).toBe('done');
    expect([started, aborted]).toEqual([['one'], []]);
    expect(peers.server.counts).toMatchObject({ sessions: 1, detached: 0 });
  });

  it('sends what was called while there was no connection', async () => {
    const { peers, client } = await openDesk();
    await using _ = peers;
    await client.desk.echo('first');
    peers.cut();
    const calls = ['a', 'b', 'c'].map((text) => client.desk.echo(text));
    await peers.restore();
    expect(await Promise.all(calls)).toEqual(['a', 'b', 'c']);
  });

  it('goes on with a stream at the item where it was', async () => {
    const { peers, client, paused } = await openDesk();
    await using _ = peers;
    const items: number[] = [];
    const all = (async () => {
      for await (const item of client.desk.count(500)) items.push(item);
    })();
    await expect.poll(() => items.length).toBe(10);
    peers.cut();
    await expect.poll(() => peers.server.counts.detached).toBe(1);
    paused.resolve();
    await peers.restore();
    await all;
    expect(items).toEqual(Array.from({ length: 500 }, (_item, n) => n));
  });

  it('goes on with items to the server, each once', async () => {
    const { peers, client } = await openDesk();
    await using _ = peers;
    const gate = createDeferred();
    async function* numbers() {
      for (let n = 1; n <= 500; n++) {
        if (n === 20) await gate.promise;
        yield n;
      }
    }
    const sum = client.desk.sum(undefined, numbers());
    await expect.poll(() => peers.server.counts.calls).toBe(1);
    peers.cut();
    gate.resolve();
    await expect.poll(() => peers.server.counts.detached).toBe(1);
    await peers.restore();
    expect(await sum).toBe(125_250);
  });

  it('recovers its subscriptions without a gap', async () => {
    const { peers, client, news } = await openDesk();
    await using _ = peers;
    const seen: string[] = [];
    const states: string[] = [];
    const subscription = client.desk.news({}).subscribe({
      message: (message) => void seen.push(message),
      gap: () => void states.push('gap'),
      state: ({ status, joined }) => {
        if (status === 'live') states.push(joined?.kind ?? '');
      },
    });
    await expect.poll(() => states).toEqual(['fresh']);
    await news.publish('before');
    await expect.poll(() => seen).toEqual(['before']);
    peers.cut();
    await expect.poll(() => peers.server.counts.detached).toBe(1);
    await news.publish('away');
    await peers.restore();
    await expect.poll(() => seen).toEqual(['before', 'away']);
    expect(states).toEqual(['fresh', 'recovered']);
    subscription.close();
  });

  it('survives one cut after the other', async () => {
    const { peers, client, started, answer } = await openDesk();
    await using _ = peers;
    const waiting = client.desk.wait('one', { deadlineMs: 300_000 });
    await expect.poll(() => started).toEqual(['one']);
    for (let cut = 0; cut < 5; cut++) {
      peers.cut();
      await expect.poll(() => peers.server.counts.detached).toBe(1);
      await peers.restore();
      expect(await client.desk.echo(`${cut}`)).toBe(`${cut}`);
    }
    answer.resolve('done');
    expect(await waiting).toBe('done');
    expect(started).toEqual(['one']);
  });

  it('never runs a call that was withdrawn while there was no connection', async () => {
    const { peers, client, started } = await openDesk();
    await using _ = peers;
    await client.desk.echo('ready');
    peers.cut();
    const withdrawal = new AbortController();
    const call = client.desk.wait('never', { signal: withdrawal.signal }).catch((e: unknown) => e);
    withdrawal.abort();
    expect(await call).toMatchObject({ code: 'CANCELLED' });
    await peers.restore();
    expect(await client.desk.echo('after')).toBe('after');
    expect(started).toEqual([]);
  });

  it('ends with its client', async () => {
    const { peers, client, started, aborted } = await openDesk();
    await using _ = peers;
    const call = client.desk.wait('one').catch((e: unknown) => e);
    await expect.poll(() => started).toEqual(['one']);
    client.close();
    expect(await call).toMatchObject({ code: 'CANCELLED', executed: 'unknown' });
    await expect.poll(() => aborted).toEqual(['one']);
    expect(peers.server.counts).toMatchObject({ sessions: 0, detached: 0 });
  });
});

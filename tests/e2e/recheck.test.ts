import { contract, topic } from '@trunkline/contract';
import { TrunklineError } from '@trunkline/protocol';
import { createTopics, implement, MemoryBroker } from '@trunkline/server';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createDeferred, type Deferred } from '../support/deferred.js';
import { subscribe } from '../support/messages.js';
import { openRawHost, type RawHost, type RawPeer } from '../support/raw-peer.js';

const hall = contract('hall', {
  news: topic({
    params: z.object({
      room: z.string(),
      floor: z.int().default(0),
      quiet: z.boolean().optional(),
    }),
    message: z.string(),
    publish: 'server',
  }),
  bell: topic({ message: z.string(), publish: 'server' }),
});

/** A hall whose authorizers ask a test, and remember what they were asked. */
function openHall(limits = {}) {
  const asked: string[] = [];
  /** What is answered; a test may change it. */
  const rule: { answer: (what: string) => boolean | Promise<boolean> } = { answer: () => true };
  const decide = (params: unknown, principal: string | undefined) => {
    const what = `${principal} ${JSON.stringify(params)}`;
    asked.push(what);
    return rule.answer(what);
  };
  const broker = new MemoryBroker();
  const host = openRawHost({
    broker,
    limits,
    services: [
      implement(
        hall,
        {
          news: { authorize: (params, { principal }) => decide(params, principal) },
          bell: { authorize: (params, { principal }) => decide(params, principal) },
        },
        { guards: [({ kind }) => kind === 'connect' || !rule.answer.name.startsWith('guarded')] },
      ),
    ],
    authenticate: ({ token }) => ({ principal: token, user: {} as never }),
  });
  const topics = createTopics(hall, broker);
  return { host, asked, rule, topics };
}

async function attach(host: RawHost, token: string, ...rooms: string[]): Promise<RawPeer> {
  const peer = host.connect();
  await peer.hello(token);
  for (const [sub, room] of rooms.entries()) {
    await peer.send(subscribe(sub, 'hall.news', { params: { room } }));
  }
  return peer;
}

describe('recheck', () => {
  it('ends what an authorizer refuses now, and nothing else', async () => {
    const { host, rule, topics } = openHall();
    await using _ = host;
    const peer = await attach(host, 'ada', 'a', 'b');
    rule.answer = (what) => !what.includes('"a"');
    expect(await host.server.recheck()).toEqual({ checked: 2, ended: 1 });
    await host.runtime.settle();
    expect(peer.of('ENDED')).toMatchObject([{ sub: 0, code: 'DENIED', message: 'denied' }]);
    expect(host.server.counts).toMatchObject({ subscriptions: 1, topics: 1 });
    await topics.news({ room: 'a' }).publish('to nobody');
    await topics.news({ room: 'b' }).publish('to ada');
    await host.runtime.settle();
    expect(peer.of('MESSAGE')).toHaveLength(1);
    expect(await host.server.recheck()).toEqual({ checked: 1, ended: 0 });
  });

  it('lets others have their turn while very many are decided on', async () => {
    const { host, asked } = openHall();
    await using _ = host;
    const rooms = Array.from({ length: 1_000 }, (_room, index) => `r${index}`);
    await attach(host, 'ada', ...rooms);
    asked.length = 0;
    const turns: number[] = [];
    const rechecked = host.server.recheck();
    for (let turn = 0; turn < 3; turn++) {
      await new Promise<void>((resolve) => host.runtime.endOfTurn(resolve));
      turns.push(asked.length);
    }
    expect(turns).toEqual([256, 512, 768]);
    expect(await rechecked).toEqual({ checked: 1_000, ended: 0 });
  });

  it('tells authorizers the same params as at first, with defaults', async () => {
    const { host, asked } = openHall();
    await using _ = host;
    const peer = await attach(host, 'ada', 'ä "b" {c}');
    await peer.send(
      subscribe(1, 'hall.news', { params: { room: 'x', floor: -3, quiet: true } }),
      subscribe(2, 'hall.bell'),
    );
    await host.server.recheck();
    const sorted = (text = '') => text.split('').sort().join('');
    expect(asked).toHaveLength(6);
    for (const index of [0, 1, 2]) expect(sorted(asked[index + 3])).toBe(sorted(asked[index]));
    expect(asked[5]).toBe('ada undefined');
  });

  it('is of one principal, or of one topic', async () => {
    const { host, asked, rule } = openHall();
    await using _ = host;
    const peer = await attach(host, 'ada', 'a');
    await peer.send(subscribe(1, 'hall.bell'));
    await attach(host, 'bob', 'a');
    rule.answer = () => false;
    asked.length = 0;
    expect(await host.server.recheck({ principal: 'eve' })).toEqual({ checked: 0, ended: 0 });
    expect(await host.server.recheck({ topic: 'hall.bell' })).toEqual({ checked: 1, ended: 1 });
    expect(await host.server.recheck({ principal: 'bob' })).toEqual({ checked: 1, ended: 1 });
    expect(asked).toEqual(['ada undefined', 'bob {"floor":0,"room":"a"}']);
    expect(await host.server.recheck({ principal: 'ada', topic: 'hall.news' })).toEqual({
      checked: 1,
      ended: 1,
    });
  });

  it('asks guards as well', async () => {
    const { host, rule } = openHall();
    await using _ = host;
    const peer = await attach(host, 'ada', 'a');
    rule.answer = function guarded() {
      return true;
    };
    expect(await host.server.recheck()).toEqual({ checked: 1, ended: 1 });
    await host.runtime.settle();
    expect(peer.of('ENDED')).toMatchObject([{ code: 'DENIED' }]);
  });

  it('passes on what an authorizer throws', async () => {
    const { host, rule } = openHall();
    await using _ = host;
    const peer = await attach(host, 'ada', 'a');
    rule.answer = () => {
      throw new TrunklineError('UNAUTHENTICATED', 'log in again');
    };
    await host.server.recheck();
    await host.runtime.settle();
    expect(peer.of('ENDED')).toMatchObject([{ code: 'UNAUTHENTICATED', message: 'log in again' }]);
    expect(host.failures).toEqual([]);
  });

  it('delivers until there is a decision, and nothing that is published after a no', async () => {
    const { host, rule, topics } = openHall();
    await using _ = host;
    const peer = await attach(host, 'ada', 'a');
    await attach(host, 'bob', 'a');
    const verdict = createDeferred<boolean>();
    rule.answer = (what) => (what.startsWith('ada') ? verdict.promise : true);
    const rechecking = host.server.recheck();
    await topics.news({ room: 'a' }).publish('meanwhile');
    await host.runtime.settle();
    expect(peer.of('MESSAGE')).toHaveLength(1);
    verdict.resolve(false);
    await host.runtime.settle();
    // Beside a subscriber that goes on.
    await topics.news({ room: 'a' }).publish('later');
    expect(await rechecking).toEqual({ checked: 2, ended: 1 });
    await host.runtime.settle();
    expect(peer.of('MESSAGE')).toHaveLength(1);
    expect(peer.received.at(-1)).toMatchObject({ kind: 'ENDED', sub: 0 });
  });

  it('that could not be decided ends such that the client subscribes again', async () => {
    const { host, rule } = openHall();
    await using _ = host;
    const peer = await attach(host, 'ada', 'a');
    rule.answer = () => Promise.reject(new Error('the database is down'));
    expect(await host.server.recheck()).toEqual({ checked: 1, ended: 1 });
    await host.runtime.settle();
    expect(peer.of('ENDED')).toMatchObject([{ code: 'UNAVAILABLE', retryAfterMs: 1_000 }]);
    expect(host.failures).toMatchObject([{ where: 'hall.news' }]);
  });

  it('takes an authorizer that never answers for one that could not', async () => {
    const { host, rule } = openHall({ authMs: 3_000 });
    await using _ = host;
    const peer = await attach(host, 'ada', 'a');
    rule.answer = () => new Promise(() => {});
    const rechecking = host.server.recheck();
    await host.runtime.advance(3_000);
    expect(await rechecking).toEqual({ checked: 1, ended: 1 });
    expect(peer.of('ENDED')).toMatchObject([{ code: 'UNAVAILABLE' }]);
    expect(host.failures).toMatchObject([
      { error: { message: 'the authorizer has not decided within 3000 ms' } },
    ]);
  });

  it('asks no more at a time than authenticate may be', async () => {
    const { host, rule, asked } = openHall({ authRunning: 2 });
    await using _ = host;
    await attach(host, 'ada', 'a', 'b', 'c', 'd', 'e');
    const verdicts: Deferred<boolean>[] = [];
    rule.answer = () => {
      const verdict = createDeferred<boolean>();
      verdicts.push(verdict);
      return verdict.promise;
    };
    asked.length = 0;
    const rechecking = host.server.recheck();
    for (let done = 0; done < 5; done++) {
      await host.runtime.settle();
      expect(asked).toHaveLength(Math.min(5, done + 2));
      verdicts[done]?.resolve(true);
    }
    expect(await rechecking).toEqual({ checked: 5, ended: 0 });
  });

  it('has a subscribe decided on again that was being decided on', async () => {
    const { host, rule, asked } = openHall();
    await using _ = host;
    const verdicts = [createDeferred<boolean>(), createDeferred<boolean>()];
    rule.answer = () => verdicts[asked.length - 1]?.promise as Promise<boolean>;
    const peer = await attach(host, 'ada', 'a');
    expect(await host.server.recheck()).toEqual({ checked: 0, ended: 0 });
    // What it was told is older than the recheck.
    verdicts[0]?.resolve(true);
    await host.runtime.settle();
    expect(asked).toHaveLength(2);
    expect(peer.of('SUBSCRIBED')).toEqual([]);
    verdicts[1]?.resolve(false);
    await host.runtime.settle();
    expect(peer.of('ENDED')).toMatchObject([{ sub: 0, code: 'DENIED' }]);
  });

  it('forgets what was unsubscribed, and who has left, while it was decided', async () => {
    const { host, rule } = openHall();
    await using _ = host;
    const [ada, bob] = [await attach(host, 'ada', 'a'), await attach(host, 'bob', 'a')];
    const verdict = createDeferred<boolean>();
    rule.answer = () => verdict.promise;
    const rechecking = host.server.recheck();
    await ada.send({ kind: 'UNSUBSCRIBE', sub: 0 });
    await bob.cut();
    verdict.resolve(false);
    expect(await rechecking).toEqual({ checked: 0, ended: 0 });
    await host.runtime.settle();
    expect(ada.of('ENDED')).toEqual([]);
  });

  it('resolves when the server closes', async () => {
    const { host, rule } = openHall();
    await attach(host, 'ada', 'a');
    rule.answer = () => new Promise(() => {});
    const rechecking = host.server.recheck();
    await host[Symbol.asyncDispose]();
    expect(await rechecking).toEqual({ checked: 0, ended: 0 });
    expect(host.failures).toEqual([]);
  });

  it.each([
    [{ topic: 'hall.nothing' }, 'hall.nothing'],
    [{ principal: '' }, 'not empty'],
    [{ topics: 'hall.news' }, 'recheck: unknown option "topics": did you mean "topic"?'],
  ])('refuses %j', async (options, text) => {
    const { host } = openHall();
    await using _ = host;
    await expect(host.server.recheck(options as never)).rejects.toThrow(text);
  });
});

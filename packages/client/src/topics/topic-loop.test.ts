import { describe, expect, test } from 'vitest';
import { startLive } from '../../tests/harness.js';
import { loopOver, record } from '../../tests/readers.js';
import { ended, EPOCH, gap, publish, subscribed } from '../../tests/topic-server.js';
import type { Gap, TopicOptions } from '../index.js';

const LOBBY = { room: 'lobby' };

describe('a loop', () => {
  test('fails with GAP at a gap, after what came before it', async () => {
    const { server, runtime, chat } = await startLive();
    const { taken, finished } = loopOver(chat.messages(LOBBY));
    await runtime.settle();
    subscribed(server.latest);
    publish(server.latest, 1, 'a');
    gap(server.latest, { from: 2, to: 5, reason: 'overflow' });
    publish(server.latest, 6, 'f');
    await expect(finished).rejects.toMatchObject({
      code: 'GAP',
      data: { epoch: EPOCH, from: 2, to: 5, reason: 'overflow' },
    });
    expect(taken).toEqual(['a']);
    await runtime.settle();
    expect(server.latest.all('UNSUBSCRIBE')).toHaveLength(1);
  });

  test('goes on with onGap, which is told what is missing', async () => {
    const { server, runtime, client, chat } = await startLive();
    const gaps: Gap[] = [];
    const onGap = (missing: Gap) => gaps.push(missing);
    const { taken, finished } = loopOver(chat.messages(LOBBY, { onGap }));
    await runtime.settle();
    subscribed(server.latest);
    publish(server.latest, 1, 'a');
    gap(server.latest, { from: 2, to: 5 });
    publish(server.latest, 6, 'f');
    await runtime.settle();
    expect(taken).toEqual(['a', 'f']);
    expect(gaps).toMatchObject([{ from: 2, to: 5 }]);
    client.close();
    await finished;
  });

  test('that is too slow is told exactly what it has missed', async () => {
    const { server, runtime, client, chat } = await startLive({
      limits: { subscriptionMessages: 3 },
    });
    const gaps: Gap[] = [];
    const onGap = (missing: Gap) => gaps.push(missing);
    const slow = chat.typing(LOBBY, { onGap })[Symbol.asyncIterator]();
    const fast = record(chat.typing(LOBBY));
    const first = slow.next();
    await runtime.settle();
    subscribed(server.latest);
    for (let offset = 1; offset <= 10; offset++) publish(server.latest, offset, `${offset}`);
    await runtime.settle();
    await expect(first).resolves.toMatchObject({ value: '1' });
    await expect(slow.next()).resolves.toMatchObject({ value: '8' });
    expect(gaps).toEqual([{ epoch: EPOCH, from: 2, to: 7, reason: 'slow' }]);
    expect(fast.messages).toHaveLength(10);
    expect(fast.gaps).toEqual([]);
    client.close();
    await expect(slow.next()).resolves.toMatchObject({ done: true });
  });

  test('that is too slow fails with GAP where nobody asked for gaps', async () => {
    const { server, runtime, chat } = await startLive({ limits: { subscriptionBytes: 100 } });
    const slow = chat.typing(LOBBY)[Symbol.asyncIterator]();
    const first = slow.next();
    await runtime.settle();
    subscribed(server.latest);
    publish(server.latest, 1, 'a');
    for (const offset of [2, 3, 4]) publish(server.latest, offset, 'x'.repeat(30));
    await first;
    await runtime.settle();
    await expect(slow.next()).rejects.toMatchObject({
      code: 'GAP',
      data: { from: 2, to: 2, reason: 'slow' },
    });
    await expect(slow.next()).resolves.toMatchObject({ done: true });
  });

  test('fails with the error that ends the subscription, after what came before', async () => {
    const { server, runtime, chat } = await startLive();
    const { taken, finished } = loopOver(chat.messages(LOBBY));
    await runtime.settle();
    subscribed(server.latest);
    publish(server.latest, 1, 'a');
    ended(server.latest, { code: 'DENIED', message: 'no longer yours' });
    await expect(finished).rejects.toMatchObject({ code: 'DENIED', message: 'no longer yours' });
    expect(taken).toEqual(['a']);
  });
});

describe('a loop that is too slow over a topic that is kept', () => {
  const limits = { subscriptionMessages: 3 };

  /** A loop that has taken the first of five messages, and holds the next three. */
  async function slowLoop(options: TopicOptions = {}) {
    const harness = await startLive({ limits });
    const { server, runtime, chat } = harness;
    const loop = chat.kept(LOBBY, options)[Symbol.asyncIterator]();
    const first = loop.next();
    await runtime.settle();
    subscribed(server.latest);
    for (let offset = 1; offset <= 5; offset++) publish(server.latest, offset, `${offset}`);
    await expect(first).resolves.toMatchObject({ value: '1' });
    await runtime.settle();
    return { ...harness, loop };
  }

  test('leaves the topic while it is behind, and asks for the rest when it has come to it', async () => {
    const { server, runtime, client, loop } = await slowLoop();
    expect(server.latest.all('UNSUBSCRIBE')).toHaveLength(1);
    expect(server.latest.all('SUBSCRIBE')).toHaveLength(1);
    for (const value of ['2', '3', '4'])
      await expect(loop.next()).resolves.toMatchObject({ value });
    expect(server.latest.all('SUBSCRIBE')).toHaveLength(1);
    const next = loop.next();
    await runtime.settle();
    expect(server.latest.last('SUBSCRIBE').cursor).toEqual({ epoch: EPOCH, offset: 4 });
    subscribed(server.latest, { state: 'recovered', offset: 4, top: 6 });
    publish(server.latest, 5, '5');
    await expect(next).resolves.toMatchObject({ value: '5' });
    client.close();
    await expect(loop.next()).resolves.toMatchObject({ done: true });
  });

  test('is told of a gap only where the topic has not kept enough', async () => {
    const gaps: Gap[] = [];
    const { server, runtime, client, loop } = await slowLoop({ onGap: (one) => gaps.push(one) });
    for (let count = 0; count < 3; count++) await loop.next();
    const next = loop.next();
    await runtime.settle();
    subscribed(server.latest, { state: 'gap', offset: 8, top: 9 });
    gap(server.latest, { from: 5, to: 8 });
    publish(server.latest, 9, '9');
    await expect(next).resolves.toMatchObject({ value: '9' });
    expect(gaps).toEqual([{ epoch: EPOCH, from: 5, to: 8, reason: 'expired' }]);
    client.close();
  });

  test('does not hold up others, who get nothing twice', async () => {
    const { server, runtime, client, chat } = await startLive({ limits });
    const fast = record(chat.kept(LOBBY));
    const slow = chat.kept(LOBBY)[Symbol.asyncIterator]();
    const first = slow.next();
    await runtime.settle();
    subscribed(server.latest);
    for (let offset = 1; offset <= 6; offset++) publish(server.latest, offset, `${offset}`);
    await first;
    await runtime.settle();
    expect(server.latest.all('UNSUBSCRIBE')).toEqual([]);
    for (let count = 0; count < 3; count++) await slow.next();
    const next = slow.next();
    await runtime.settle();
    expect(server.latest.last('SUBSCRIBE').cursor).toEqual({ epoch: EPOCH, offset: 4 });
    subscribed(server.latest, { state: 'recovered', offset: 4, top: 6 });
    for (const offset of [5, 6, 7]) publish(server.latest, offset, `${offset}`);
    await expect(next).resolves.toMatchObject({ value: '5' });
    expect(fast.messages).toEqual(['1', '2', '3', '4', '5', '6', '7']);
    expect(fast.gaps).toEqual([]);
    client.close();
    await slow.return?.();
  });

  test('comes back over another connection from where it was', async () => {
    const { server, runtime, client, loop } = await slowLoop();
    server.latest.close('LEAVING');
    await runtime.advance(1_000);
    expect(server.latest.all('SUBSCRIBE')).toEqual([]);
    for (let count = 0; count < 3; count++) await loop.next();
    const next = loop.next();
    await runtime.settle();
    expect(server.latest.last('SUBSCRIBE').cursor).toEqual({ epoch: EPOCH, offset: 4 });
    subscribed(server.latest, { state: 'recovered', offset: 4, top: 5 });
    publish(server.latest, 5, '5');
    await expect(next).resolves.toMatchObject({ value: '5' });
    client.close();
  });

  test('goes on when there is a connection again', async () => {
    const { server, runtime, client, loop } = await slowLoop();
    for (let count = 0; count < 3; count++) await loop.next();
    server.latest.close('LEAVING');
    await runtime.settle();
    const next = loop.next();
    await runtime.advance(1_000);
    expect(server.latest.last('SUBSCRIBE').cursor).toEqual({ epoch: EPOCH, offset: 4 });
    subscribed(server.latest, { state: 'recovered', offset: 4, top: 5 });
    publish(server.latest, 5, '5');
    await expect(next).resolves.toMatchObject({ value: '5' });
    client.close();
  });

  test('ends with its client', async () => {
    const { runtime, client, loop } = await slowLoop();
    client.close();
    await runtime.settle();
    await expect(loop.next()).resolves.toMatchObject({ done: true });
  });

  test('lets the last one that takes something decide', async () => {
    const { server, runtime, client, chat } = await startLive({ limits });
    const fast = record(chat.kept(LOBBY));
    const slow = chat.kept(LOBBY)[Symbol.asyncIterator]();
    void slow.next();
    await runtime.settle();
    subscribed(server.latest);
    for (let offset = 1; offset <= 5; offset++) publish(server.latest, offset, `${offset}`);
    await runtime.settle();
    expect(server.latest.all('UNSUBSCRIBE')).toEqual([]);
    fast.subscription.close();
    await runtime.settle();
    expect(server.latest.all('UNSUBSCRIBE')).toHaveLength(1);
    client.close();
    await slow.return?.();
  });
});

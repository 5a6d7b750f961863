import { describe, expect, test } from 'vitest';
import { startLive } from '../tests/harness.js';
import { decoded } from '../tests/scripted-server.js';
import { ended, EPOCH, gap, OTHER_EPOCH, publish, subscribed } from '../tests/topic-server.js';
import type { DownStream, Gap, SubscriptionState, Topic } from './index.js';

const LOBBY = { room: 'lobby' };

/** A loop over something, with what it has taken so far and how it ended. */
function loopOver<Item>(items: Topic<Item> | DownStream<Item>) {
  const taken: Item[] = [];
  const finished = (async () => {
    for await (const item of items) taken.push(item);
  })();
  return { taken, finished };
}

/** A subscription by callbacks, with all that was called. */
function record<Item>(topic: Topic<Item>) {
  const messages: Item[] = [];
  const gaps: Gap[] = [];
  const states: SubscriptionState[] = [];
  const subscription = topic.subscribe({
    message: (message) => messages.push(message),
    gap: (missing) => gaps.push(missing),
    state: (state) => states.push(state),
  });
  return { messages, gaps, states, subscription };
}

describe('subscribing', () => {
  test('sends nothing before somebody reads', async () => {
    const { server, runtime, chat } = await startLive();
    chat.messages(LOBBY);
    await runtime.settle();
    expect(server.latest.all('SUBSCRIBE')).toEqual([]);
  });

  test('names the topic with its params, and what is wanted', async () => {
    const { server, runtime, chat } = await startLive();
    const first = record(chat.messages(LOBBY, { last: 20 })).subscription;
    const second = record(chat.news()).subscription;
    const cursor = { epoch: EPOCH, offset: 4 };
    const third = record(chat.messages({ room: 'b' }, { from: cursor })).subscription;
    await runtime.settle();
    const none = { payloadHash: '0000000000000000', cursor: undefined, last: undefined };
    const asked = server.latest.all('SUBSCRIBE');
    expect(asked).toMatchObject([
      { ...none, sub: 0, name: 'chat.messages', last: 20 },
      { ...none, sub: 1, name: 'chat.news', params: { encoding: 0 } },
      { ...none, sub: 2, name: 'chat.messages', cursor },
    ]);
    expect(asked.map(({ params }) => decoded(params))).toEqual([LOBBY, undefined, { room: 'b' }]);
    for (const subscription of [first, second, third]) subscription.close();
  });

  test('gives topic messages by callbacks, with the cursor of each', async () => {
    const { server, runtime, chat } = await startLive();
    const seen: unknown[] = [];
    const subscription = chat.messages(LOBBY).subscribe({
      message: (message) => seen.push([message, subscription.cursor?.offset]),
    });
    expect(subscription.state).toEqual({ status: 'joining' });
    expect(subscription.cursor).toBeUndefined();
    await runtime.settle();
    subscribed(server.latest, { offset: 3 });
    await runtime.settle();
    expect(subscription.state).toEqual({ status: 'live', joined: { kind: 'fresh' } });
    expect(subscription.cursor).toEqual({ epoch: EPOCH, offset: 3 });
    publish(server.latest, 4, 'a');
    publish(server.latest, 7, 'b', { skipped: 2 });
    await runtime.settle();
    expect(seen).toEqual([
      ['a', 4],
      ['b', 7],
    ]);
    subscription.close();
  });

  test('gives topic messages to a loop until it is left', async () => {
    const { server, runtime, chat } = await startLive();
    const loop = (async () => {
      const seen: string[] = [];
      for await (const message of chat.messages(LOBBY)) {
        if (seen.push(message) === 2) break;
      }
      return seen;
    })();
    await runtime.settle();
    subscribed(server.latest);
    publish(server.latest, 1, 'a');
    publish(server.latest, 2, 'b');
    publish(server.latest, 3, 'c');
    await expect(loop).resolves.toEqual(['a', 'b']);
    await runtime.settle();
    expect(server.latest.all('UNSUBSCRIBE')).toEqual([{ kind: 'UNSUBSCRIBE', sub: 0 }]);
  });

  test('may be done several times over with one handle', async () => {
    const { server, runtime, client, chat } = await startLive();
    const lobby = chat.messages(LOBBY);
    const loops = [loopOver(lobby), loopOver(lobby)];
    await runtime.settle();
    subscribed(server.latest);
    publish(server.latest, 1, 'a');
    await runtime.settle();
    expect(loops.map(({ taken }) => taken)).toEqual([['a'], ['a']]);
    client.close();
    await Promise.all(loops.map(({ finished }) => finished));
  });

  test('and calling afterwards asks in this order, so that nothing is missed', async () => {
    const { server, runtime, chat } = await startLive();
    const { subscription } = record(chat.messages(LOBBY));
    const pinged = chat.ping();
    await runtime.settle();
    const kinds = server.latest.received.map(({ kind }) => kind);
    expect(kinds).toEqual(['HELLO', 'SUBSCRIBE', 'BIND', 'CALL']);
    server.latest.result(0);
    await pinged;
    subscription.close();
  });

  test('ends with the signal, quietly', async () => {
    const { server, runtime, chat } = await startLive();
    const controller = new AbortController();
    const options = { signal: controller.signal };
    const loop = loopOver(chat.messages(LOBBY, options));
    const { subscription, states } = record(chat.messages(LOBBY, options));
    await runtime.settle();
    subscribed(server.latest);
    await runtime.settle();
    controller.abort();
    await loop.finished;
    expect(subscription.state).toEqual({ status: 'ended' });
    expect(states.map(({ status }) => status)).toEqual(['live', 'ended']);
    await runtime.settle();
    expect(server.latest.all('UNSUBSCRIBE')).toHaveLength(1);
  });

  test('does not begin when the signal has fired', async () => {
    const { server, runtime, chat } = await startLive();
    const options = { signal: AbortSignal.abort() };
    await loopOver(chat.messages(LOBBY, options)).finished;
    const { subscription } = record(chat.messages(LOBBY, options));
    expect(subscription.state.status).toBe('ended');
    await runtime.settle();
    expect(server.latest.all('SUBSCRIBE')).toEqual([]);
  });

  test('ends quietly with the client', async () => {
    const { server, runtime, client, chat } = await startLive();
    const loop = loopOver(chat.messages(LOBBY));
    const { states, subscription } = record(chat.messages(LOBBY));
    await runtime.settle();
    subscribed(server.latest);
    await runtime.settle();
    client.close();
    await loop.finished;
    expect(states.map(({ status }) => status)).toEqual(['live', 'ended']);
    expect(subscription.state.error).toBeUndefined();
    await expect(loopOver(chat.messages(LOBBY)).finished).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
  });

  test('calls nothing after it was closed', async () => {
    const { server, runtime, chat } = await startLive();
    const { messages, states, subscription } = record(chat.messages(LOBBY));
    const other = record(chat.messages(LOBBY));
    await runtime.settle();
    subscribed(server.latest);
    publish(server.latest, 1, 'a');
    await runtime.settle();
    subscription.close();
    subscription.close();
    publish(server.latest, 2, 'b');
    await runtime.settle();
    expect(messages).toEqual(['a']);
    expect(states.at(-1)).toEqual({ status: 'ended' });
    expect(other.messages).toEqual(['a', 'b']);
    other.subscription.close();
  });

  test('tells the hook what listeners throw, and goes on', async () => {
    const { server, runtime, chat, errors } = await startLive();
    const seen: string[] = [];
    const subscription = chat.messages(LOBBY).subscribe({
      message: (message) => {
        seen.push(message);
        throw new Error(message);
      },
      state: () => {
        throw new Error('state');
      },
    });
    await runtime.settle();
    subscribed(server.latest);
    publish(server.latest, 1, 'a');
    publish(server.latest, 2, 'b');
    await runtime.settle();
    expect(seen).toEqual(['a', 'b']);
    expect(errors.map(String)).toEqual(['Error: state', 'Error: a', 'Error: b']);
    subscription.close();
  });

  test.each<[string, () => unknown, string]>([
    ['a last that is no count', () => ({ last: -1 }), '"last"'],
    ['more than 10,000 kept messages', () => ({ last: 10_001 }), 'up to 10000'],
    ['a cursor without an epoch', () => ({ from: { epoch: '1', offset: 0 } }), '"from"'],
    ['an onGap that is no function', () => ({ onGap: true }), '"onGap"'],
  ])('refuses %s', async (_, options, text) => {
    const { chat } = await startLive();
    expect(() => chat.messages(LOBBY, options() as never)).toThrow(TypeError);
    expect(() => chat.messages(LOBBY, options() as never)).toThrow(text);
  });
});

describe('the chain of offsets', () => {
  test('drops a topic message that came twice', async () => {
    const { server, runtime, chat } = await startLive();
    const { messages, subscription } = record(chat.messages(LOBBY));
    await runtime.settle();
    subscribed(server.latest);
    for (const offset of [1, 2, 1, 2, 3]) publish(server.latest, offset, `${offset}`);
    await runtime.settle();
    expect(messages).toEqual(['1', '2', '3']);
    subscription.close();
  });

  test('with a hole that nobody announced closes with 4400', async () => {
    const { server, runtime, client, chat } = await startLive();
    const { messages, subscription } = record(chat.messages(LOBBY));
    const loop = loopOver(chat.messages(LOBBY));
    const failed = expect(loop.finished).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await runtime.settle();
    subscribed(server.latest);
    publish(server.latest, 1, 'a');
    publish(server.latest, 3, 'c');
    await runtime.settle();
    expect(server.latest.closedWith).toEqual({ code: 4400, reason: 'offset out of order' });
    expect(client.connection.state.status).toBe('closed');
    expect(messages).toEqual(['a']);
    expect(loop.taken).toEqual(['a']);
    expect(subscription.state).toMatchObject({ status: 'ended', error: { code: 'UNAVAILABLE' } });
    await failed;
  });

  test('goes on behind a gap', async () => {
    const { server, runtime, chat } = await startLive();
    const { messages, gaps, subscription } = record(chat.messages(LOBBY));
    await runtime.settle();
    subscribed(server.latest);
    publish(server.latest, 1, 'a');
    gap(server.latest, { from: 2, to: 5, reason: 'overflow' });
    publish(server.latest, 6, 'f');
    await runtime.settle();
    expect(messages).toEqual(['a', 'f']);
    expect(gaps).toEqual([{ epoch: EPOCH, from: 2, to: 5, reason: 'overflow' }]);
    expect(subscription.state.status).toBe('live');
    subscription.close();
  });

  test('ignores topics and subscriptions that nobody knows', async () => {
    const { server, runtime, client, chat } = await startLive();
    const { messages, subscription } = record(chat.messages(LOBBY));
    await runtime.settle();
    subscribed(server.latest);
    publish(server.latest, 90, 'x', { topic: 8 });
    server.latest.send({ kind: 'STALE', sub: 5, reason: 'checking' });
    server.latest.send({ kind: 'ENDED', sub: 5, code: 'DENIED', message: '' });
    publish(server.latest, 1, 'a');
    await runtime.settle();
    expect(messages).toEqual(['a']);
    expect(client.connection.state.status).toBe('live');
    subscription.close();
  });

  test('counts a topic message that cannot be read as a gap', async () => {
    const { server, runtime, chat } = await startLive();
    const { messages, gaps, subscription } = record(chat.messages(LOBBY));
    await runtime.settle();
    subscribed(server.latest);
    publish(server.latest, 1, 'a', { bytes: new Uint8Array([9]) });
    publish(server.latest, 2, 'b');
    await runtime.settle();
    expect(gaps).toEqual([{ epoch: EPOCH, from: 1, to: 1, reason: 'layout' }]);
    expect(messages).toEqual(['b']);
    subscription.close();
  });

  test('starts anew in another epoch', async () => {
    const { server, runtime, chat } = await startLive();
    const { messages, gaps, states, subscription } = record(chat.messages(LOBBY));
    await runtime.settle();
    subscribed(server.latest, { offset: 8 });
    publish(server.latest, 9, 'i');
    subscribed(server.latest, { state: 'gap', epoch: OTHER_EPOCH, topic: 9 });
    gap(server.latest, { epoch: EPOCH, from: 10, reason: 'epoch' });
    publish(server.latest, 1, 'a', { topic: 9 });
    publish(server.latest, 10, 'x');
    await runtime.settle();
    expect(messages).toEqual(['i', 'a']);
    expect(gaps).toEqual([{ epoch: EPOCH, from: 10, to: undefined, reason: 'epoch' }]);
    expect(states.map(({ joined }) => joined?.kind)).toEqual(['fresh', 'gap']);
    expect(subscription.cursor).toEqual({ epoch: OTHER_EPOCH, offset: 1 });
    subscription.close();
  });

  test('must not go on before the gap of a join is told', async () => {
    const { server, runtime, chat } = await startLive();
    const { messages } = record(chat.messages(LOBBY, { from: { epoch: EPOCH, offset: 1 } }));
    await runtime.settle();
    subscribed(server.latest, { state: 'gap', offset: 5 });
    publish(server.latest, 6, 'f');
    await runtime.settle();
    expect(messages).toEqual([]);
    expect(server.latest.closedWith?.code).toBe(4400);
  });
});

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
    const slow = chat.messages(LOBBY, { onGap })[Symbol.asyncIterator]();
    const fast = record(chat.messages(LOBBY));
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
    const slow = chat.messages(LOBBY)[Symbol.asyncIterator]();
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

describe('reached', () => {
  test('resolves when the topic message was given to the listener', async () => {
    const { server, runtime, chat } = await startLive();
    const { subscription } = record(chat.messages(LOBBY));
    let isReached = false;
    const reached = subscription.reached(2).then(() => void (isReached = true));
    await runtime.settle();
    subscribed(server.latest, { offset: 1 });
    await runtime.settle();
    await subscription.reached(1);
    expect(isReached).toBe(false);
    publish(server.latest, 2, 'b');
    await reached;
    subscription.close();
  });

  test('fails with GAP when the topic message is among the missing ones', async () => {
    const { server, runtime, chat } = await startLive();
    const { subscription } = record(chat.messages(LOBBY));
    const missed = subscription.reached(3);
    const later = subscription.reached(7);
    const failed = expect(missed).rejects.toMatchObject({ code: 'GAP', data: { from: 1, to: 5 } });
    await runtime.settle();
    subscribed(server.latest);
    gap(server.latest, { from: 1, to: 5 });
    await failed;
    publish(server.latest, 6, 'f');
    publish(server.latest, 7, 'g');
    await later;
    subscription.close();
  });

  test('fails when the subscription ends before', async () => {
    const { runtime, chat } = await startLive();
    const { subscription } = record(chat.messages(LOBBY));
    const reached = subscription.reached(1);
    await runtime.settle();
    subscription.close();
    await expect(reached).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(subscription.reached(1)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

describe('publishing', () => {
  test('is a call to the topic with a publish id, and gives the place', async () => {
    const { server, runtime, chat } = await startLive();
    const lobby = chat.typing(LOBBY);
    const published = [lobby.publish('a'), lobby.publish('b'), chat.typing({ room: 'x' }).publish('c')];
    await runtime.settle();
    expect(server.latest.all('BIND')).toMatchObject([
      { procedure: 0, procedureKind: 'publish', name: 'chat.typing' },
    ]);
    const calls = server.latest.all('CALL');
    expect(calls.map(decoded)).toEqual([
      { params: LOBBY, message: 'a' },
      { params: LOBBY, message: 'b' },
      { params: { room: 'x' }, message: 'c' },
    ]);
    expect(calls.map(({ publishId }) => publishId?.counter)).toEqual([1, 2, 3]);
    expect(new Set(calls.map(({ publishId }) => publishId?.publisher)).size).toBe(1);
    expect(calls[0]?.publishId?.publisher).toMatch(/^[0-9a-f]{32}$/);
    const place = { epoch: EPOCH, offset: 9, stored: 'node', duplicate: false } as const;
    for (const { id } of calls) server.latest.result(id, undefined, { published: place });
    await expect(Promise.all(published)).resolves.toEqual([place, place, place]);
  });

  test('gives a publish that is tried again a later number', async () => {
    const { server, runtime, chat } = await startLive();
    const first = chat.typing(LOBBY).publish('a');
    await runtime.settle();
    server.latest.error(0, { code: 'BUSY' });
    const second = chat.typing(LOBBY).publish('b');
    await runtime.advance(500);
    expect(server.latest.all('CALL').map(({ publishId }) => publishId?.counter)).toEqual([1, 2, 3]);
    const place = { epoch: EPOCH, offset: 9, stored: 'disk', duplicate: true } as const;
    for (const id of [0, 2]) server.latest.result(id, undefined, { published: place });
    await Promise.all([first, second]);
  });

  test('fails when the server does not say where the topic message is', async () => {
    const { server, runtime, chat } = await startLive();
    const published = chat.typing(LOBBY).publish('a');
    await runtime.settle();
    server.latest.result(0);
    await expect(published).rejects.toMatchObject({ code: 'INTERNAL', executed: 'yes' });
  });

  test('is not there where only the server publishes', async () => {
    const { chat } = await startLive();
    expect('publish' in chat.messages(LOBBY)).toBe(false);
  });
});

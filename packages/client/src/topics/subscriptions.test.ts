import { describe, expect, test } from 'vitest';
import { start, startLive, type Harness } from '../../tests/harness.js';
import { ended, EPOCH, gap, OTHER_EPOCH, publish, subscribed } from '../../tests/topic-server.js';
import type { Gap, SubscriptionState, TopicOptions } from '../index.js';
import { inspect } from '../testing.js';

const LOBBY = { room: 'lobby' };

function record({ chat }: Harness, options: TopicOptions = {}) {
  const messages: string[] = [];
  const gaps: Gap[] = [];
  const states: SubscriptionState[] = [];
  const subscription = chat.messages(LOBBY, options).subscribe({
    message: (message) => messages.push(message),
    gap: (missing) => gaps.push(missing),
    state: (state) => states.push(state),
  });
  return { messages, gaps, states, subscription };
}

/** A subscriber who is live at offset 10, having been given 9 and 10. */
async function startSubscribed() {
  const harness = await startLive();
  const recorded = record(harness);
  await harness.runtime.settle();
  subscribed(harness.server.latest, { offset: 8 });
  publish(harness.server.latest, 9, '9');
  publish(harness.server.latest, 10, '10');
  await harness.runtime.settle();
  return { ...harness, ...recorded, harness };
}

async function reconnect({ runtime, network, server }: Harness): Promise<void> {
  const count = server.connections.length;
  network.latest.cut();
  await runtime.advance(1_000);
  expect(server.connections).toHaveLength(count + 1);
}

describe('subscribers of one topic', () => {
  test('share one subscription on the wire, which ends with the last of them', async () => {
    const { harness, server, runtime, client, subscription, messages } = await startSubscribed();
    const other = record(harness);
    expect(other.subscription.state).toEqual({
      status: 'live',
      joined: { kind: 'fresh', count: 0 },
    });
    // No listener is called before there is a subscription for it to use.
    expect(other.states).toEqual([]);
    await runtime.settle();
    expect(other.states).toEqual([other.subscription.state]);
    expect(inspect(client)).toMatchObject({ subscriptions: 1, subscribers: 2 });
    publish(server.latest, 11, '11');
    await runtime.settle();
    expect(messages).toEqual(['9', '10', '11']);
    expect(other.messages).toEqual(['11']);
    subscription.close();
    await runtime.settle();
    expect(server.latest.all('UNSUBSCRIBE')).toEqual([]);
    other.subscription.close();
    await runtime.settle();
    expect(server.latest.all('SUBSCRIBE')).toHaveLength(1);
    expect(server.latest.all('UNSUBSCRIBE')).toEqual([{ kind: 'UNSUBSCRIBE', sub: 0 }]);
  });

  test('may leave and come back in one turn without a word on the wire', async () => {
    const { harness, server, runtime, subscription } = await startSubscribed();
    subscription.close();
    const other = record(harness);
    await runtime.settle();
    expect(server.latest.all('SUBSCRIBE')).toHaveLength(1);
    expect(server.latest.all('UNSUBSCRIBE')).toEqual([]);
    expect(other.subscription.state.status).toBe('live');
    other.subscription.close();
  });

  test('ask once for the oldest need of one turn', async () => {
    const harness = await startLive();
    const { server, runtime } = harness;
    const all = [record(harness), record(harness, { last: 5 }), record(harness, { last: 3 })];
    await runtime.settle();
    expect(server.latest.all('SUBSCRIBE')).toMatchObject([{ sub: 0, last: 5 }]);
    subscribed(server.latest, { offset: 5, top: 10 });
    for (let offset = 6; offset <= 11; offset++) publish(server.latest, offset, `${offset}`);
    await runtime.settle();
    expect(all.map(({ messages }) => messages)).toEqual([
      ['11'],
      ['6', '7', '8', '9', '10', '11'],
      ['8', '9', '10', '11'],
    ]);
    for (const { subscription } of all) subscription.close();
  });

  test('are not disturbed when a new one wants older messages', async () => {
    const { harness, server, runtime, subscription, messages, states, gaps } =
      await startSubscribed();
    const before = states.length;
    const other = record(harness, { last: 4 });
    await runtime.settle();
    expect(server.latest.all('UNSUBSCRIBE')).toMatchObject([{ sub: 0 }]);
    expect(server.latest.last('SUBSCRIBE')).toMatchObject({
      sub: 1,
      cursor: { epoch: EPOCH, offset: 6 },
      last: 4,
    });
    // One that was on its way, for the subscription that has ended.
    publish(server.latest, 11, '11');
    subscribed(server.latest, { state: 'recovered', offset: 6, top: 11 });
    for (let offset = 7; offset <= 12; offset++) publish(server.latest, offset, `${offset}`);
    await runtime.settle();
    expect(messages).toEqual(['9', '10', '11', '12']);
    expect(other.messages).toEqual(['8', '9', '10', '11', '12']);
    expect(states.slice(before)).toEqual([]);
    expect(gaps).toEqual([]);
    expect(other.subscription.state.joined).toEqual({ kind: 'fresh', count: 4 });
    for (const one of [subscription, other.subscription]) one.close();
  });

  test('are not told of a gap that only the new one has', async () => {
    const { harness, server, runtime, subscription, gaps, messages } = await startSubscribed();
    const other = record(harness, { from: { epoch: EPOCH, offset: 2 } });
    await runtime.settle();
    subscribed(server.latest, { state: 'gap', offset: 2, top: 10 });
    gap(server.latest, { from: 3, to: 7 });
    for (let offset = 8; offset <= 11; offset++) publish(server.latest, offset, `${offset}`);
    await runtime.settle();
    expect(gaps).toEqual([]);
    expect(messages).toEqual(['9', '10', '11']);
    expect(other.gaps).toMatchObject([{ from: 3, to: 7 }]);
    expect(other.messages).toEqual(['8', '9', '10', '11']);
    for (const one of [subscription, other.subscription]) one.close();
  });

  test('are told what they miss when the new one asks a topic that keeps nothing', async () => {
    const { harness, server, runtime, subscription, gaps } = await startSubscribed();
    const other = record(harness, { last: 4 });
    await runtime.settle();
    subscribed(server.latest, { state: 'fresh', offset: 12 });
    publish(server.latest, 13, '13');
    await runtime.settle();
    expect(gaps).toEqual([{ epoch: EPOCH, from: 11, to: 12, reason: 'expired' }]);
    expect(other.gaps).toEqual([]);
    expect(other.messages).toEqual(['13']);
    for (const one of [subscription, other.subscription]) one.close();
  });

  test('that come with the present cursor need nothing', async () => {
    const { harness, server, runtime, subscription } = await startSubscribed();
    const same = record(harness, { from: { epoch: EPOCH, offset: 10 } });
    const ahead = record(harness, { from: { epoch: EPOCH, offset: 12 } });
    const nothing = record(harness, { last: 0 });
    expect(same.subscription.state.joined).toEqual({ kind: 'recovered', count: 0 });
    for (const offset of [11, 12, 13]) publish(server.latest, offset, `${offset}`);
    await runtime.settle();
    expect(same.messages).toEqual(['11', '12', '13']);
    expect(ahead.messages).toEqual(['13']);
    expect(nothing.messages).toEqual(['11', '12', '13']);
    expect(server.latest.all('SUBSCRIBE')).toHaveLength(1);
    for (const one of [same, ahead, nothing]) one.subscription.close();
    subscription.close();
  });

  test('that come with a cursor of another epoch are told the gap at once', async () => {
    const { harness, runtime, subscription } = await startSubscribed();
    const other = record(harness, { from: { epoch: OTHER_EPOCH, offset: 3 } });
    await runtime.settle();
    expect(other.gaps).toEqual([{ epoch: OTHER_EPOCH, from: 4, to: undefined, reason: 'epoch' }]);
    expect(other.subscription.cursor).toEqual({ epoch: EPOCH, offset: 10 });
    for (const one of [subscription, other.subscription]) one.close();
  });

  test('that come before the answer are asked for anew only where that is needed', async () => {
    const harness = await startLive();
    const { server, runtime } = harness;
    const all = [record(harness)];
    await runtime.settle();
    all.push(record(harness));
    await runtime.settle();
    expect(server.latest.all('SUBSCRIBE')).toHaveLength(1);
    all.push(record(harness, { last: 2 }));
    await runtime.settle();
    expect(server.latest.all('UNSUBSCRIBE')).toMatchObject([{ sub: 0 }]);
    expect(server.latest.last('SUBSCRIBE')).toMatchObject({ sub: 1, last: 2 });
    // The answer to the first one comes late.
    subscribed(server.latest, { sub: 0, topic: 6, offset: 50 });
    subscribed(server.latest, { offset: 8, top: 10 });
    for (const offset of [9, 10, 11]) publish(server.latest, offset, `${offset}`);
    await runtime.settle();
    expect(all.map(({ messages }) => messages)).toEqual([['11'], ['11'], ['9', '10', '11']]);
    for (const { subscription } of all) subscription.close();
  });
});

describe('after a cut', () => {
  test('a subscription is stale until it is joined again from its cursor', async () => {
    const { harness, server, runtime, network, subscription, states, messages } =
      await startSubscribed();
    network.latest.cut();
    await runtime.settle();
    expect(subscription.state).toEqual({ status: 'stale', joined: { kind: 'fresh', count: 0 } });
    await runtime.advance(1_000);
    expect(server.latest.last('SUBSCRIBE')).toMatchObject({
      sub: 0,
      cursor: { epoch: EPOCH, offset: 10 },
    });
    subscribed(server.latest, { state: 'recovered', topic: 3, offset: 10, top: 12 });
    for (const offset of [11, 12]) publish(server.latest, offset, `${offset}`, { topic: 3 });
    await runtime.settle();
    expect(messages).toEqual(['9', '10', '11', '12']);
    expect(states.map(({ status }) => status)).toEqual(['live', 'stale', 'live']);
    expect(states.at(-1)?.joined).toEqual({ kind: 'recovered', count: 2 });
    subscription.close();
    expect(harness.errors).toEqual([]);
  });

  test('a gap is told before the next topic message', async () => {
    const { harness, server, runtime, subscription, gaps, messages } = await startSubscribed();
    await reconnect(harness);
    subscribed(server.latest, { state: 'gap', offset: 10, top: 20 });
    gap(server.latest, { from: 11, to: 15, reason: 'expired' });
    publish(server.latest, 16, '16');
    await runtime.settle();
    const missing = { epoch: EPOCH, from: 11, to: 15, reason: 'expired' };
    expect(gaps).toEqual([missing]);
    expect(subscription.state).toEqual({ status: 'live', joined: { kind: 'gap', ...missing } });
    expect(messages.at(-1)).toBe('16');
    subscription.close();
  });

  test('a topic that keeps nothing starts fresh, and that is no gap', async () => {
    const { harness, server, runtime, subscription, gaps, states } = await startSubscribed();
    await reconnect(harness);
    subscribed(server.latest, { state: 'fresh', epoch: OTHER_EPOCH, offset: 4 });
    publish(server.latest, 5, '5');
    await runtime.settle();
    expect(gaps).toEqual([]);
    expect(states.at(-1)).toEqual({ status: 'live', joined: { kind: 'fresh', count: 0 } });
    expect(subscription.cursor).toEqual({ epoch: OTHER_EPOCH, offset: 5 });
    subscription.close();
  });

  test('whoever came meanwhile is served by the same join', async () => {
    const { harness, server, runtime, network, subscription, messages } = await startSubscribed();
    network.latest.cut();
    await runtime.settle();
    const other = record(harness, { last: 2 });
    expect(other.subscription.state.status).toBe('joining');
    await runtime.advance(1_000);
    expect(server.latest.all('SUBSCRIBE')).toMatchObject([
      { cursor: { epoch: EPOCH, offset: 8 }, last: 2 },
    ]);
    subscribed(server.latest, { state: 'recovered', offset: 8, top: 12 });
    for (let offset = 9; offset <= 12; offset++) publish(server.latest, offset, `${offset}`);
    await runtime.settle();
    expect(messages).toEqual(['9', '10', '11', '12']);
    expect(other.messages).toEqual(['11', '12']);
    for (const one of [subscription, other.subscription]) one.close();
  });

  test('whoever was joining joins on the next connection', async () => {
    const harness = await startLive();
    const { server, runtime } = harness;
    const { subscription, states } = record(harness, { last: 3 });
    await runtime.settle();
    await reconnect(harness);
    expect(server.latest.last('SUBSCRIBE')).toMatchObject({ cursor: undefined, last: 3 });
    expect(states).toEqual([]);
    subscription.close();
  });

  test('a subscription made without a connection waits for one', async () => {
    const harness = start();
    harness.network.isDown = true;
    const { subscription } = record(harness);
    await harness.runtime.advance(300);
    harness.network.isDown = false;
    await harness.runtime.advance(2_000);
    expect(harness.server.latest.all('SUBSCRIBE')).toHaveLength(1);
    subscription.close();
  });
});

describe('ENDED', () => {
  test('ends all subscribers with the error, and forgets the topic', async () => {
    const { harness, server, runtime, client, subscription, states } = await startSubscribed();
    const other = record(harness);
    ended(server.latest, { code: 'DENIED', message: 'no longer yours' });
    await runtime.settle();
    const state = { status: 'ended', error: { code: 'DENIED', message: 'no longer yours' } };
    expect([subscription.state, other.subscription.state]).toMatchObject([state, state]);
    expect(states.at(-1)).toBe(subscription.state);
    expect(inspect(client)).toMatchObject({ subscriptions: 0, subscribers: 0 });
    const again = record(harness);
    await runtime.settle();
    expect(server.latest.last('SUBSCRIBE').sub).toBe(1);
    expect(server.latest.all('UNSUBSCRIBE')).toEqual([]);
    again.subscription.close();
  });

  test.each<[string, number | undefined, number]>([
    ['BUSY', undefined, 500],
    ['RATE', 4_000, 4_000],
    ['UNAVAILABLE', 2_000, 2_000],
    ['DRAINING', undefined, 500],
  ])('with %s is tried again by the client itself', async (code, retryAfterMs, withinMs) => {
    const { server, runtime, subscription } = await startSubscribed();
    ended(server.latest, { code, ...(retryAfterMs !== undefined && { retryAfterMs }) });
    await runtime.settle();
    expect(subscription.state.status).toBe('stale');
    if (retryAfterMs !== undefined) await runtime.advance(retryAfterMs - 1);
    expect(server.latest.all('SUBSCRIBE')).toHaveLength(1);
    await runtime.advance(withinMs);
    expect(server.latest.all('SUBSCRIBE')).toMatchObject([
      { sub: 0 },
      { sub: 1, cursor: { epoch: EPOCH, offset: 10 } },
    ]);
    subscribed(server.latest, { state: 'recovered', offset: 10 });
    await runtime.settle();
    expect(subscription.state).toMatchObject({ status: 'live', joined: { kind: 'recovered' } });
    subscription.close();
  });

  test('is tried again at longer and longer delays', async () => {
    const harness = await startLive();
    const { server, runtime } = harness;
    const { subscription } = record(harness);
    await runtime.settle();
    let longest = 0;
    for (let count = 1; count <= 8; count++) {
      ended(server.latest, { code: 'BUSY' });
      const since = runtime.now();
      while (server.latest.all('SUBSCRIBE').length === count) await runtime.advance(50);
      longest = Math.max(longest, runtime.now() - since);
    }
    expect(longest).toBeGreaterThan(2_000);
    expect(longest).toBeLessThanOrEqual(20_050);
    subscription.close();
  });

  test('is tried at longer delays too where each join is soon ended', async () => {
    const harness = await startLive();
    const { server, runtime } = harness;
    const { subscription } = record(harness);
    await runtime.settle();
    for (let elapsed = 0, answered = 0; elapsed < 60_000; elapsed += 50) {
      const asked = server.latest.all('SUBSCRIBE').length;
      if (asked > answered) {
        answered = asked;
        subscribed(server.latest);
        ended(server.latest, { code: 'UNAVAILABLE', retryAfterMs: 0 });
      }
      await runtime.advance(50);
    }
    expect(server.latest.all('SUBSCRIBE').length).toBeLessThan(20);
    subscription.close();
  });

  test('leaves no timer when everybody goes while it rests', async () => {
    const { server, runtime, subscription } = await startSubscribed();
    ended(server.latest, { code: 'BUSY' });
    await runtime.settle();
    subscription.close();
    await runtime.advance(30_000);
    expect(server.latest.all('SUBSCRIBE')).toHaveLength(1);
    expect(server.latest.all('UNSUBSCRIBE')).toEqual([]);
  });
});

describe('STALE', () => {
  test('makes a subscription stale until SUBSCRIBED comes', async () => {
    const { harness, server, runtime, subscription, messages } = await startSubscribed();
    server.latest.send({ kind: 'STALE', sub: 0, reason: 'unreachable' });
    await runtime.settle();
    expect(subscription.state.status).toBe('stale');
    const other = record(harness);
    await runtime.settle();
    expect(other.subscription.state.status).toBe('joining');
    expect(server.latest.all('SUBSCRIBE')).toHaveLength(1);
    subscribed(server.latest, { state: 'recovered', offset: 10, top: 11 });
    publish(server.latest, 11, '11');
    publish(server.latest, 12, '12');
    await runtime.settle();
    expect(subscription.state).toMatchObject({
      status: 'live',
      joined: { kind: 'recovered', count: 1 },
    });
    expect(messages).toEqual(['9', '10', '11', '12']);
    expect(other.messages).toEqual(['12']);
    for (const one of [subscription, other.subscription]) one.close();
  });
});

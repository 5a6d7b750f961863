import type { Cursor } from '@trunkline/protocol';
import { describe, expect, test } from 'vitest';
import { errorOf, startLive, type Harness } from '../../tests/harness.js';
import { loopOver, recordSnapshots } from '../../tests/readers.js';
import type { ScriptedConnection } from '../../tests/scripted-server.js';
import { EPOCH, gap, OTHER_EPOCH, publish, subscribed } from '../../tests/topic-server.js';

const LOBBY = { room: 'lobby' };

/** Answers the newest CALL with a snapshot. */
function answer(connection: ScriptedConnection, value: unknown, asOf: number | Cursor): void {
  const place = typeof asOf === 'number' ? { epoch: EPOCH, offset: asOf } : asOf;
  connection.result(connection.last('CALL').id, value, { asOf: place });
}

/** A subscription by callbacks that has had its first snapshot, as of offset 4. */
async function joined(harness: Harness) {
  const { server, runtime, chat } = harness;
  const recorded = recordSnapshots(chat.changes(LOBBY));
  await runtime.settle();
  subscribed(server.latest, { offset: 4 });
  await runtime.settle();
  answer(server.latest, ['a'], 4);
  await runtime.settle();
  recorded.told.length = 0;
  return recorded;
}

describe('a subscriber that takes snapshots', () => {
  test('is given one first, with the params of the topic, and then what came after it', async () => {
    const { server, runtime, chat } = await startLive();
    const { told, subscription } = recordSnapshots(chat.changes(LOBBY));
    await runtime.settle();
    subscribed(server.latest, { offset: 4 });
    await runtime.settle();
    expect(server.latest.last('BIND').name).toBe('chat.board');
    expect(server.latest.input).toEqual(LOBBY);
    publish(server.latest, 5, 'in the snapshot');
    publish(server.latest, 6, 'after it');
    expect(subscription).toMatchObject({ state: { status: 'live' }, cursor: undefined });
    expect(told).toEqual([]);
    answer(server.latest, ['a', 'b'], 5);
    publish(server.latest, 7, 'live');
    await runtime.settle();
    expect(told).toEqual([{ snapshot: ['a', 'b'] }, 'after it', 'live']);
    expect(subscription.cursor).toEqual({ epoch: EPOCH, offset: 7 });
    subscription.close();
  });

  test('is given one in the place of a gap, and skips what it includes', async () => {
    const harness = await startLive();
    const { server, runtime } = harness;
    const { told, subscription } = await joined(harness);
    publish(server.latest, 5, 'e');
    gap(server.latest, { from: 6, to: 8, reason: 'slow' });
    publish(server.latest, 9, 'i');
    await runtime.settle();
    expect(subscription.cursor).toEqual({ epoch: EPOCH, offset: 5 });
    answer(server.latest, ['z'], 12);
    publish(server.latest, 10, 'j', { skipped: 0 });
    publish(server.latest, 13, 'm', { skipped: 2 });
    await runtime.settle();
    expect(told).toEqual(['e', { snapshot: ['z'] }, 'm']);
    subscription.close();
  });

  test('asks again for one that is older than what it misses', async () => {
    const harness = await startLive();
    const { server, runtime } = harness;
    const { told, subscription } = await joined(harness);
    gap(server.latest, { from: 5, to: 8 });
    await runtime.settle();
    const calls = server.latest.all('CALL').length;
    answer(server.latest, ['too old'], 7);
    await runtime.advance(1_000);
    expect(server.latest.all('CALL')).toHaveLength(calls + 1);
    answer(server.latest, ['z'], 8);
    await runtime.settle();
    expect(told).toEqual([{ snapshot: ['z'] }]);
    subscription.close();
  });

  test('is given one gap less for a second gap while it waits', async () => {
    const harness = await startLive();
    const { server, runtime } = harness;
    const { told, subscription } = await joined(harness);
    gap(server.latest, { from: 5, to: 8 });
    await runtime.settle();
    gap(server.latest, { from: 9, to: 9 });
    answer(server.latest, ['z'], 9);
    publish(server.latest, 10, 'j');
    await runtime.settle();
    expect(told).toEqual([{ snapshot: ['z'] }, 'j']);
    expect(server.latest.all('CALL')).toHaveLength(2);
    subscription.close();
  });

  test('goes on in the epoch of the snapshot before the server tells of it', async () => {
    const harness = await startLive();
    const { server, runtime } = harness;
    const { told, subscription } = await joined(harness);
    gap(server.latest, { from: 5, to: 5 });
    await runtime.settle();
    answer(server.latest, ['anew'], { epoch: OTHER_EPOCH, offset: 3 });
    publish(server.latest, 6, 'old');
    subscribed(server.latest, { state: 'gap', epoch: OTHER_EPOCH, offset: 0, top: 4, topic: 8 });
    gap(server.latest, { from: 7, to: undefined, reason: 'epoch' });
    publish(server.latest, 3, 'c', { topic: 8, skipped: 2 });
    publish(server.latest, 4, 'd', { topic: 8 });
    await runtime.settle();
    expect(told).toEqual([{ snapshot: ['anew'] }, 'd']);
    expect(server.latest.all('CALL')).toHaveLength(2);
    subscription.close();
  });

  test('does not take one of the old epoch when the topic has begun anew', async () => {
    const harness = await startLive();
    const { server, runtime } = harness;
    const { told, subscription } = await joined(harness);
    gap(server.latest, { from: 5, to: 5 });
    await runtime.settle();
    subscribed(server.latest, { state: 'gap', epoch: OTHER_EPOCH, offset: 2, top: 2, topic: 8 });
    gap(server.latest, { from: 6, to: undefined, reason: 'epoch' });
    answer(server.latest, ['old'], 9);
    await runtime.advance(1_000);
    answer(server.latest, ['new'], { epoch: OTHER_EPOCH, offset: 2 });
    publish(server.latest, 3, 'c', { topic: 8 });
    await runtime.settle();
    expect(told).toEqual([{ snapshot: ['new'] }, 'c']);
    subscription.close();
  });

  test('needs none when it recovers everything, and one when it begins anew', async () => {
    const harness = await startLive();
    const { server, runtime } = harness;
    const { told, subscription } = await joined(harness);
    server.latest.close('LEAVING');
    await runtime.advance(1_000);
    subscribed(server.latest, { state: 'recovered', offset: 4, top: 5 });
    publish(server.latest, 5, 'e');
    await runtime.settle();
    expect(server.latest.all('CALL')).toEqual([]);
    server.latest.close('LEAVING');
    await runtime.advance(1_000);
    subscribed(server.latest, { offset: 9 });
    await runtime.settle();
    answer(server.latest, ['z'], 9);
    await runtime.settle();
    expect(told).toEqual(['e', { snapshot: ['z'] }]);
    subscription.close();
  });

  test('lets go of what it holds above its limit, since the next one has it', async () => {
    const harness = await startLive({ limits: { subscriptionMessages: 3 } });
    const { server, runtime } = harness;
    const { told, subscription } = await joined(harness);
    gap(server.latest, { from: 5, to: 5 });
    await runtime.settle();
    for (let offset = 6; offset <= 9; offset++) publish(server.latest, offset, `${offset}`);
    answer(server.latest, ['too old'], 8);
    await runtime.advance(1_000);
    publish(server.latest, 10, '10');
    answer(server.latest, ['z'], 9);
    await runtime.settle();
    expect(told).toEqual([{ snapshot: ['z'] }, '10']);
    subscription.close();
  });

  test('asks again after an error that passes', async () => {
    const harness = await startLive();
    const { server, runtime } = harness;
    const { told, subscription } = await joined(harness);
    gap(server.latest, { from: 5, to: 5 });
    await runtime.settle();
    const { id } = server.latest.last('CALL');
    server.latest.error(id, { code: 'OVERLOADED', executed: 'yes', retryAfterMs: 5_000 });
    await runtime.advance(4_900);
    expect(server.latest.all('CALL')).toHaveLength(2);
    await runtime.advance(1_200);
    answer(server.latest, ['z'], 5);
    await runtime.settle();
    expect(told).toEqual([{ snapshot: ['z'] }]);
    subscription.close();
  });

  test('ends with GAP when the snapshot cannot be had', async () => {
    const harness = await startLive();
    const { server, runtime } = harness;
    const { subscription } = await joined(harness);
    const reached = errorOf(subscription.reached(99));
    gap(server.latest, { from: 5, to: 5 });
    await runtime.settle();
    server.latest.error(server.latest.last('CALL').id, { code: 'DENIED' });
    await runtime.settle();
    expect(subscription.state).toMatchObject({
      status: 'ended',
      error: {
        code: 'GAP',
        where: 'chat.changes',
        message: 'chat.changes: the snapshot chat.board cannot be had: DENIED',
        cause: { code: 'DENIED' },
      },
    });
    expect(await reached).toMatchObject({ code: 'UNAVAILABLE' });
  });

  test('ends with GAP when the server does not say what a snapshot includes', async () => {
    const { server, runtime, chat } = await startLive();
    const { subscription } = recordSnapshots(chat.changes(LOBBY));
    await runtime.settle();
    subscribed(server.latest);
    await runtime.settle();
    server.latest.result(server.latest.last('CALL').id, ['a']);
    await runtime.settle();
    expect(subscription.state).toMatchObject({ status: 'ended', error: { code: 'GAP' } });
  });

  test('resolves `reached` with the snapshot that includes the topic message', async () => {
    const harness = await startLive();
    const { server, runtime } = harness;
    const { subscription } = await joined(harness);
    const reached = subscription.reached(7);
    gap(server.latest, { from: 5, to: 6 });
    await runtime.settle();
    answer(server.latest, ['z'], 7);
    await expect(reached).resolves.toBeUndefined();
    subscription.close();
  });

  test('is given nothing more when it ends while it waits, or in its listener', async () => {
    const harness = await startLive();
    const { server, runtime, chat } = harness;
    const waiting = await joined(harness);
    gap(server.latest, { from: 5, to: 5 });
    await runtime.settle();
    waiting.subscription.close();
    await runtime.settle();
    expect(server.latest.all('CANCEL')).toHaveLength(1);
    server.latest.error(server.latest.last('CALL').id, { code: 'CANCELLED', executed: 'unknown' });
    expect(waiting.told).toEqual([]);

    const told: unknown[] = [];
    const closing = chat.changes(LOBBY).subscribe({
      snapshot: () => closing.close(),
      message: (message) => told.push(message),
    });
    await runtime.settle();
    subscribed(server.latest, { offset: 6 });
    await runtime.settle();
    publish(server.latest, 7, 'g');
    answer(server.latest, ['z'], 6);
    await runtime.settle();
    expect(told).toEqual([]);
  });
});

describe('a loop that takes snapshots', () => {
  test('goes on behind a gap with a snapshot', async () => {
    const { server, runtime, client, chat } = await startLive();
    const order: unknown[] = [];
    const onSnapshot = (snapshot: string[]) => order.push({ snapshot });
    const finished = (async () => {
      for await (const message of chat.changes(LOBBY, { onSnapshot })) order.push(message);
    })();
    await runtime.settle();
    subscribed(server.latest);
    await runtime.settle();
    answer(server.latest, ['a'], 0);
    publish(server.latest, 1, 'b');
    gap(server.latest, { from: 2, to: 3 });
    await runtime.settle();
    answer(server.latest, ['z'], 3);
    publish(server.latest, 4, 'e');
    await runtime.settle();
    expect(order).toEqual([{ snapshot: ['a'] }, 'b', { snapshot: ['z'] }, 'e']);
    client.close();
    await finished;
  });

  test('that is too slow is given another one, with nothing that it includes', async () => {
    const { server, runtime, client, chat } = await startLive({
      limits: { subscriptionMessages: 3 },
    });
    const snapshots: unknown[] = [];
    const onSnapshot = (snapshot: string[]) => snapshots.push(snapshot);
    const slow = chat.changes(LOBBY, { onSnapshot })[Symbol.asyncIterator]();
    const first = slow.next();
    await runtime.settle();
    subscribed(server.latest);
    await runtime.settle();
    answer(server.latest, ['a'], 0);
    for (let offset = 1; offset <= 9; offset++) publish(server.latest, offset, `${offset}`);
    await runtime.settle();
    await expect(first).resolves.toMatchObject({ value: '1' });
    const next = slow.next();
    await runtime.settle();
    answer(server.latest, ['z'], 9);
    publish(server.latest, 10, '10');
    await expect(next).resolves.toMatchObject({ value: '10' });
    expect(snapshots).toEqual([['a'], ['z']]);
    client.close();
    await expect(slow.next()).resolves.toMatchObject({ done: true });
  });

  test('fails with GAP where it takes none', async () => {
    const { server, runtime, chat } = await startLive();
    const { finished } = loopOver(chat.changes(LOBBY));
    await runtime.settle();
    subscribed(server.latest);
    gap(server.latest, { from: 1, to: 1 });
    await expect(finished).rejects.toMatchObject({ code: 'GAP' });
    expect(server.latest.all('CALL')).toEqual([]);
  });
});

test('snapshots of a topic that has none are refused', async () => {
  const { chat } = await startLive();
  const options = { onSnapshot: () => undefined };
  expect(() => chat.kept(LOBBY, options as object)).toThrow(
    new TypeError('option "onSnapshot": the contract names no snapshot of topic "chat.kept"'),
  );
  const listeners = { snapshot: () => undefined };
  expect(() => chat.kept(LOBBY).subscribe(listeners as object)).toThrow(
    new TypeError('listener "snapshot": the contract names no snapshot of topic "chat.kept"'),
  );
});

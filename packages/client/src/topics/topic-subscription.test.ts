import { describe, expect, test } from 'vitest';
import { errorOf, startLive } from '../../tests/harness.js';
import { record } from '../../tests/readers.js';
import { gap, publish, subscribed } from '../../tests/topic-server.js';

const LOBBY = { room: 'lobby' };

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
    const failed = errorOf(missed);
    await runtime.settle();
    subscribed(server.latest);
    gap(server.latest, { from: 1, to: 5 });
    expect(await failed).toMatchObject({ code: 'GAP', data: { from: 1, to: 5 } });
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

test('a listener may use the subscription from its first call on', async () => {
  const { server, runtime, chat } = await startLive();
  const first = record(chat.messages(LOBBY));
  await runtime.settle();
  subscribed(server.latest);
  await runtime.settle();
  const seen: string[] = [];
  const second = chat.messages(LOBBY).subscribe({
    state: () => seen.push(second.state.status),
  });
  const third = chat.messages(LOBBY).subscribe({ state: ({ status }) => seen.push(status) });
  third.close();
  expect(seen).toEqual(['ended']);
  await runtime.settle();
  expect(seen).toEqual(['ended', 'live']);
  for (const subscription of [first.subscription, second]) subscription.close();
});

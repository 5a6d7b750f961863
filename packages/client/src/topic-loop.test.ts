import { describe, expect, test } from 'vitest';
import { startLive } from '../tests/harness.js';
import { loopOver, record } from '../tests/readers.js';
import { ended, EPOCH, gap, publish, subscribed } from '../tests/topic-server.js';
import type { Gap } from './index.js';

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

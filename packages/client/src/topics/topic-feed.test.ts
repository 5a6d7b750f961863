import { describe, expect, test } from 'vitest';
import { errorOf, startLive } from '../../tests/harness.js';
import { loopOver, record } from '../../tests/readers.js';
import { EPOCH, gap, OTHER_EPOCH, publish, subscribed } from '../../tests/topic-server.js';

const LOBBY = { room: 'lobby' };

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
    const failed = errorOf(loop.finished);
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
    expect(await failed).toMatchObject({ code: 'UNAVAILABLE' });
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

import { describe, expect, test } from 'vitest';
import { startLive } from '../../tests/harness.js';
import { loopOver, record } from '../../tests/readers.js';
import { decoded } from '../../tests/scripted-server.js';
import { EPOCH, publish, subscribed } from '../../tests/topic-server.js';

const LOBBY = { room: 'lobby' };

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
    expect(subscription.state).toEqual({ status: 'live', joined: { kind: 'fresh', count: 0 } });
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
    ['an option that does not exist', () => ({ onGaps: () => {} }), 'unknown option "onGaps"'],
  ])('refuses %s', async (_, options, text) => {
    const { chat } = await startLive();
    expect(() => chat.messages(LOBBY, options() as never)).toThrow(TypeError);
    expect(() => chat.messages(LOBBY, options() as never)).toThrow(text);
  });

  test('refuses the last messages of a topic that keeps none', async () => {
    const { chat } = await startLive();
    expect(() => chat.typing(LOBBY, { last: 5 })).toThrow(
      /^chat\.typing: option "last" needs "keep" in the contract: nothing is kept$/,
    );
    expect(() => chat.typing(LOBBY, { last: 0 })).not.toThrow();
  });
});

describe('listeners', () => {
  test('that do not exist are refused', async () => {
    const { chat } = await startLive();
    const listeners = { mesage: () => {} } as object;
    expect(() => chat.messages(LOBBY).subscribe(listeners)).toThrow(
      'unknown listener "mesage": expected message, gap, state, snapshot',
    );
  });

  test('may belong to an object that has more than these', async () => {
    const { chat } = await startLive();
    class View {
      shown = 0;
      message = (): number => ++this.shown;
    }
    const subscription = chat.messages(LOBBY).subscribe(new View());
    expect(subscription.state.status).toBe('joining');
    subscription.close();
  });
});

describe('publishing', () => {
  test('is a call to the topic with a publish id, and gives the place', async () => {
    const { server, runtime, chat } = await startLive();
    const lobby = chat.typing(LOBBY);
    const published = [
      lobby.publish('a'),
      lobby.publish('b'),
      chat.typing({ room: 'x' }).publish('c'),
    ];
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

  test('with an option that does not exist is a TypeError', async () => {
    const { chat } = await startLive();
    const options = { deadline: 5 } as object;
    await expect(chat.typing(LOBBY).publish('a', options)).rejects.toThrow(
      'chat.typing: unknown option "deadline": expected signal, deadlineMs',
    );
  });

  test('is not there where only the server publishes', async () => {
    const { chat } = await startLive();
    expect('publish' in chat.messages(LOBBY)).toBe(false);
  });
});

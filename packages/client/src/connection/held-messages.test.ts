import { describe, expect, test } from 'vitest';
import { start } from '../../tests/harness.js';
import { decoded, payload } from '../../tests/scripted-server.js';
import { startWithImports, SuperjsonImports } from '../../tests/superjson-imports.js';
import { ended, EPOCH, publish, subscribed } from '../../tests/topic-server.js';
import type { Gap } from '../index.js';

describe('messages in superjson', () => {
  test('are held with all that follow until the code is there, and then come in order', async () => {
    const { server, runtime, chat, imports } = await startWithImports();
    const done: unknown[] = [];
    const calls = [chat.ping(), chat.ping(), chat.ping()].map((call) => {
      return call.then((value) => done.push(value));
    });
    await runtime.settle();
    server.latest.result(0);
    server.latest.result(2, 'two');
    server.latest.result(4);
    await runtime.settle();
    expect(done).toEqual([undefined]);
    imports.arrive();
    await Promise.all(calls);
    expect(done).toEqual([undefined, 'two', undefined]);
  });

  test('that are items of a topic and its end are told in order', async () => {
    const { server, runtime, chat, imports } = await startWithImports();
    const seen: unknown[] = [];
    chat.messages({ room: 'a' }).subscribe({
      message: (message) => seen.push(message),
      state: ({ status, error }) => status === 'ended' && seen.push(error?.code),
    });
    await runtime.settle();
    expect(decoded({ ...server.latest.last('SUBSCRIBE').params })).toEqual({ room: 'a' });
    expect(imports.count).toBe(0);
    subscribed(server.latest);
    publish(server.latest, 1, 'one');
    publish(server.latest, 2, 'two');
    ended(server.latest, { code: 'NOT_FOUND' });
    await runtime.settle();
    expect(seen).toEqual([]);
    imports.arrive();
    await runtime.settle();
    expect(seen).toEqual(['one', 'two', 'NOT_FOUND']);
  });

  test('are unreadable when the code cannot be had: INTERNAL for a call, a gap in a topic', async () => {
    const { server, runtime, chat, imports } = await startWithImports();
    const gaps: Gap[] = [];
    const subscription = chat.messages({ room: 'a' }).subscribe({
      message: () => {},
      gap: (gap) => gaps.push(gap),
    });
    const pinged = chat.ping();
    await runtime.settle();
    subscribed(server.latest);
    publish(server.latest, 1, 'one');
    server.latest.result(0, 'two');
    await runtime.settle();
    imports.fail();
    await expect(pinged).rejects.toMatchObject({
      code: 'INTERNAL',
      executed: 'yes',
      message: expect.stringContaining('cannot be read') as string,
    });
    expect(gaps).toEqual([{ epoch: EPOCH, from: 1, to: 1, reason: 'layout' }]);
    publish(server.latest, 2, 'two');
    await runtime.settle();
    expect(imports.count).toBe(2);
    subscription.close();
  });

  test.each([
    ['4,096 messages', 4_097, 'x'],
    ['4 MiB', 64, 'x'.repeat(65_536)],
  ])('are unreadable when more than %s wait', async (_what, count, text) => {
    const { server, runtime, chat } = await startWithImports();
    let missing = 0;
    const subscription = chat.messages({ room: 'a' }).subscribe({
      message: () => {},
      gap: () => missing++,
    });
    await runtime.settle();
    subscribed(server.latest);
    for (let offset = 1; offset <= count; offset++) publish(server.latest, offset, text);
    await runtime.settle();
    expect(missing).toBe(count);
    subscription.close();
  });

  test('that are held are forgotten with their connection', async () => {
    const { server, network, runtime, chat, imports } = await startWithImports();
    const pinged = chat.ping();
    await runtime.settle();
    server.latest.result(0, 'one');
    await runtime.settle();
    network.latest.cut();
    await expect(pinged).rejects.toMatchObject({ code: 'SESSION_LOST', executed: 'unknown' });
    imports.arrive();
    await runtime.advance(1_000);
    expect(server.connections).toHaveLength(2);
  });

  test('that break the protocol close the connection when they are told', async () => {
    const { server, runtime, chat, imports } = await startWithImports();
    const pinged = chat.ping();
    await runtime.settle();
    server.latest.send({ kind: 'ITEM', id: 0, ...payload('one') });
    await runtime.settle();
    expect(server.latest.closedWith).toBeUndefined();
    imports.arrive();
    await expect(pinged).rejects.toMatchObject({ code: 'SESSION_LOST' });
    await runtime.settle();
    expect(server.latest.closedWith).toMatchObject({ reason: 'item not expected' });
  });
});

describe('with the option packed: false', () => {
  test('the code is loaded before the client dials', async () => {
    const imports = new SuperjsonImports();
    const { server, runtime, chat } = start({ packed: false, superjson: imports.superjson });
    const posted = chat.post({ text: 'a' });
    await runtime.settle();
    expect(server.connections).toHaveLength(0);
    imports.arrive();
    await runtime.settle();
    expect(server.latest.input).toEqual({ text: 'a' });
    server.latest.result(0, new Date(0));
    await posted;
  });

  test('an attempt whose code did not come has failed, and another follows', async () => {
    const imports = new SuperjsonImports();
    const { server, runtime, client, errors } = start({
      packed: false,
      superjson: imports.superjson,
    });
    await runtime.settle();
    imports.fail();
    await runtime.settle();
    expect(client.connection.state).toMatchObject({
      status: 'waiting',
      reason: expect.stringContaining('the code for superjson could not be loaded') as string,
    });
    expect(errors).toHaveLength(1);
    await runtime.advance(1_000);
    imports.arrive();
    await runtime.settle();
    expect(server.connections).toHaveLength(1);
    expect(client.connection.state.status).toBe('live');
  });

  test('a client that is closed meanwhile does not dial', async () => {
    const imports = new SuperjsonImports();
    const { server, runtime, client } = start({ packed: false, superjson: imports.superjson });
    await runtime.settle();
    client.close();
    imports.arrive();
    await runtime.settle();
    expect(server.connections).toHaveLength(0);
  });
});

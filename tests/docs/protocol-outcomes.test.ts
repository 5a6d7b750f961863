import { ENCODING, type Message } from '@trunkline/protocol';
import { describe, expect, it } from 'vitest';
import { errorOf, start, startLive, type Harness } from '../../packages/client/tests/harness.js';
import { recordSnapshots } from '../../packages/client/tests/readers.js';
import { payload, ScriptedServer, welcome } from '../../packages/client/tests/scripted-server.js';
import { EPOCH, publish, subscribed } from '../../packages/client/tests/topic-server.js';
import { bytesOfHex } from '../vectors/vector-json.js';
import { reactionTo } from './reactions.js';

const BROKEN = { encoding: ENCODING.SUPERJSON, bytes: Uint8Array.of(9) };
const LOBBY = { room: 'lobby' };

describe('our client, before WELCOME,', () => {
  const PING: Message = { kind: 'PING', value: 1 };

  it.each<[string, Message, number | undefined]>([
    ['answers PING', PING, undefined],
    ['closes on a message', { kind: 'STALE', sub: 0, reason: 'checking' }, 4400],
    ['closes on what has a number', { kind: 'VOID' }, 4400],
  ])('%s', async (_what, message, code) => {
    expect(reactionTo('WELCOME', /another message comes in its place/)).toBe('closes with 4400');
    const server = new ScriptedServer();
    server.welcome = undefined;
    const { runtime } = start({}, server);
    await runtime.settle();
    server.latest.send(message);
    if (message.kind === 'VOID') server.latest.send(welcome());
    await runtime.settle();
    expect(server.latest.closedWith?.code).toBe(code);
  });

  it('closes on a secret of another size', async () => {
    expect(reactionTo('WELCOME', /neither 0 nor 32/)).toBe('closes with 4400');
    const server = new ScriptedServer();
    server.welcome = undefined;
    const { runtime } = start({}, server);
    await runtime.settle();
    server.latest.sendBytes(bytesOfHex('00 02 09 00 0173 01 ff 00 00 00 00 00'));
    await runtime.settle();
    expect(server.latest.closedWith?.code).toBe(4400);
  });

  it('ends the connection when it does not come', async () => {
    expect(reactionTo('WELCOME', /within 40 s/)).toBe('ends the connection as a cut');
    const server = new ScriptedServer();
    server.welcome = undefined;
    const { runtime } = start({}, server);
    await runtime.settle();
    const first = server.latest;
    await runtime.advance(39_999);
    expect(first.closedWith).toBeUndefined();
    await runtime.advance(1);
    expect(first.closedWith?.code).toBe(1006);
  });

  it('goes on with a contract of another revision, and tells of it', async () => {
    expect(reactionTo('WELCOME', /another revision/)).toMatch(/^goes on, and tells its user/);
    const server = new ScriptedServer();
    server.welcome = welcome({ revisions: [{ name: 'chat', revision: 'f'.repeat(16) }] });
    const { runtime, client } = start({}, server);
    await runtime.settle();
    expect(client.connection.state).toMatchObject({ status: 'live', staleContracts: ['chat'] });
  });
});

describe('our client, at the end of a call,', () => {
  it.each<[string, RegExp, (harness: Harness) => Promise<unknown>, Partial<Message>]>([
    ['RESULT', /payload breaks its rules/, ({ chat }) => chat.post({ text: '' }), BROKEN],
    ['RESULT', /no ext \*published\*/, ({ chat }) => chat.typing(LOBBY).publish('a'), {}],
  ])('of %s, when %s', async (title, when, callOn, more) => {
    expect(reactionTo(title, when)).toMatch(
      /^fails the (call|publish) with INTERNAL, executed yes$/,
    );
    const harness = await startLive();
    const failure = errorOf(callOn(harness));
    await harness.runtime.settle();
    harness.server.latest.send({
      kind: 'RESULT',
      id: 0,
      ...payload(undefined),
      ...more,
    } as Message);
    expect(await failure).toMatchObject({ code: 'INTERNAL', executed: 'yes' });
  });

  it.each<['RESULT' | 'ERROR', RegExp]>([
    ['RESULT', /caller has withdrawn/],
    ['ERROR', /caller has withdrawn/],
  ])('frees the id with %s when it has withdrawn', async (title, when) => {
    expect(reactionTo(title, when)).toMatch(/^frees the id, and drops the (output|error)$/);
    const { chat, server, runtime } = await startLive();
    const controller = new AbortController();
    const failure = errorOf(chat.ping(undefined, { signal: controller.signal }));
    await runtime.settle();
    controller.abort();
    expect(await failure).toMatchObject({ code: 'CANCELLED', executed: 'unknown' });
    await runtime.settle();
    if (title === 'RESULT') server.latest.result(0);
    else server.latest.error(0, { code: 'CANCELLED' });
    await runtime.settle();
    const next = chat.ping();
    await runtime.settle();
    expect(server.latest.last('CALL').id).toBe(0);
    server.latest.result(0);
    await next;
  });

  it('sends a call again that a busy server has not run', async () => {
    expect(reactionTo('ERROR', /code is BUSY/)).toMatch(/^may send the CALL again/);
    const { chat, server, runtime } = await startLive();
    const call = chat.ping();
    await runtime.settle();
    server.latest.error(0, { code: 'BUSY', retryAfterMs: 700 });
    await runtime.advance(699);
    expect(server.latest.all('CALL')).toHaveLength(1);
    await runtime.advance(5_000);
    expect(server.latest.all('CALL')).toHaveLength(2);
    server.latest.result(server.latest.last('CALL').id);
    await call;
  });

  it('asks for another snapshot in the place of one without a place', async () => {
    expect(reactionTo('RESULT', /no ext \*as of\*/)).toMatch(/^drops the output, and calls again/);
    const { chat, server, runtime } = await startLive();
    const { told, subscription } = recordSnapshots(chat.changes(LOBBY));
    await runtime.settle();
    subscribed(server.latest, { offset: 4 });
    await runtime.settle();
    server.latest.result(server.latest.last('CALL').id, ['old'], {
      asOf: { epoch: EPOCH, offset: 3 },
    });
    await runtime.advance(1_000);
    expect(told).not.toContainEqual({ snapshot: ['old'] });
    expect(server.latest.all('CALL')).toHaveLength(2);
    server.latest.result(server.latest.last('CALL').id, ['new'], {
      asOf: { epoch: EPOCH, offset: 4 },
    });
    await runtime.settle();
    expect(told).toContainEqual({ snapshot: ['new'] });
    subscription.close();
  });
});

describe('our client, as the caller of a stream,', () => {
  it('drops what comes after it has withdrawn, and frees the id with END', async () => {
    expect(reactionTo('ITEM', /it is the caller, and has withdrawn/)).toMatch(/^drops it/);
    expect(reactionTo('END', /it is the caller, and has withdrawn/)).toMatch(/^frees the id/);
    const { chat, server, runtime } = await startLive();
    const ticks = chat.ticks();
    const iterator = ticks[Symbol.asyncIterator]();
    ticks.output.catch(() => undefined);
    const first = iterator.next();
    await runtime.settle();
    server.latest.item(0, 1);
    await first;
    await iterator.return?.();
    await runtime.settle();
    const credits = server.latest.all('CREDIT').length;
    for (let item = 0; item < 63; item++) server.latest.item(0, item);
    await runtime.settle();
    expect(server.latest.all('CREDIT')).toHaveLength(credits);
    server.latest.end(0, 5);
    await runtime.settle();
    const call = chat.ping();
    await runtime.settle();
    expect(server.latest.last('CALL').id).toBe(0);
    server.latest.result(0);
    await call;
  });

  it('fails with INTERNAL at an output that it cannot read', async () => {
    expect(reactionTo('END', /it is the caller, and the payload/)).toBe(
      'fails the stream with INTERNAL, executed yes',
    );
    const { chat, server, runtime } = await startLive();
    const ticks = chat.ticks();
    const failure = errorOf(ticks[Symbol.asyncIterator]().next());
    ticks.output.catch(() => undefined);
    await runtime.settle();
    server.latest.send({ kind: 'END', id: 0, ...BROKEN });
    expect(await failure).toMatchObject({ code: 'INTERNAL', executed: 'yes' });
  });
});

describe('our client, at a topic,', () => {
  it.each<[string, RegExp, string]>([
    ['SUBSCRIBED', /top is below/, '00 22 0d 00 07 00 e000000000000000 05 04'],
    ['MESSAGE', /not less than offset/, '00 24 04 07 05 05 00'],
    ['MESSAGE', /flag bit 3 is set/, '00 24 06 07 05 00 08 00 01'],
    ['GAP', /neither 0 nor at least/, '00 25 0c 00 e000000000000000 05 04 00'],
  ])('closes on %s, when %s', async (title, when, hex) => {
    expect(reactionTo(title, when)).toBe('closes with 4400');
    const { chat, server, runtime } = await startLive();
    chat.news().subscribe({});
    await runtime.settle();
    subscribed(server.latest, { offset: 4 });
    server.latest.sendBytes(bytesOfHex(hex));
    await runtime.settle();
    expect(server.latest.closedWith?.code).toBe(4400);
  });

  it('waits for the GAP that a SUBSCRIBED announces', async () => {
    expect(reactionTo('SUBSCRIBED', /its state is gap/)).toMatch(/^waits for the GAP/);
    const { chat, server, runtime } = await startLive();
    const states: string[] = [];
    const told = { state: ({ status }: { status: string }) => states.push(status) };
    const subscription = chat.news().subscribe(told);
    await runtime.settle();
    subscribed(server.latest, { state: 'gap', offset: 4 });
    await runtime.settle();
    expect(states).not.toContain('live');
    const missing = { epoch: EPOCH, from: 1, to: 4, reason: 'expired' } as const;
    server.latest.send({ kind: 'GAP', sub: 0, ...missing });
    await runtime.settle();
    expect(states).toContain('live');
    subscription.close();
  });

  it('tells its code that it may be behind, and keeps its position', async () => {
    expect(reactionTo('STALE', /^otherwise$/)).toContain('keeps its position');
    const { chat, server, runtime } = await startLive();
    const states: string[] = [];
    const subscription = chat
      .messages(LOBBY)
      .subscribe({ state: ({ status }: { status: string }) => states.push(status) });
    await runtime.settle();
    subscribed(server.latest, { offset: 4 });
    publish(server.latest, 5, 'five');
    server.latest.send({ kind: 'STALE', sub: 0, reason: 'unreachable' });
    await runtime.settle();
    expect(states.at(-1)).toBe('stale');
    publish(server.latest, 6, 'six');
    await runtime.settle();
    expect(subscription.cursor).toEqual({ epoch: EPOCH, offset: 6 });
    subscription.close();
  });
});

import {
  encodeBatch,
  ENCODING,
  FEATURES,
  takesNumber,
  Writer,
  type BatchHead,
  type Message,
} from '@trunkline/protocol';
import { describe, expect, it } from 'vitest';
import { errorOf, start, type Harness } from '../../packages/client/tests/harness.js';
import {
  payload,
  ScriptedServer,
  welcome,
  type ScriptedConnection,
} from '../../packages/client/tests/scripted-server.js';
import { EPOCH } from '../../packages/client/tests/topic-server.js';
import { readDocument, rowsOf, sectionsOf } from './markdown.js';

const SECTIONS = sectionsOf(readDocument('PROTOCOL.md'));
const SECRET = Uint8Array.from({ length: 32 }, (_, n) => n);
const KEPT = { features: FEATURES.RESUME, secret: SECRET, ttlMs: 120_000 };
const { limits } = welcome();
const TERMS = { features: FEATURES.RESUME, ttlMs: 120_000, expiresInMs: 0, idleMs: 15_000, limits };

function reactionTo(title: 'RESUMED' | 'GONE', when: RegExp): string {
  const text = SECTIONS.find((section) => section.title === title)?.text ?? '';
  const rows = rowsOf(text, 'when', 'reaction').filter(([found = '']) => when.test(found));
  expect(rows).toHaveLength(1);
  return rows[0]?.[1] ?? '';
}

/** Sends messages with numbers of the test's own. */
function say(connection: ScriptedConnection, head: BatchHead, ...messages: Message[]): void {
  connection.sendBytes(encodeBatch(new Writer(), head, messages).slice());
}

function resumed(rx: number): Message {
  return { kind: 'RESUMED', rx, ...TERMS, revisions: [] };
}

/** The messages that take numbers. */
function numbered(connection: ScriptedConnection): string[] {
  return connection.received
    .filter((message) => takesNumber(message as Message))
    .map(({ kind }) => kind);
}

async function startKept(change: object = {}): Promise<Harness> {
  const server = new ScriptedServer();
  server.welcome = welcome({ ...KEPT, ...change });
  const harness = start({ reconnect: { minMs: 1, maxMs: 2 } }, server);
  await harness.runtime.settle();
  server.welcome = undefined;
  return harness;
}

/** Cuts the connection, and lets the client make the next one. */
async function cut({ server, runtime }: Harness): Promise<ScriptedConnection> {
  const count = server.connections.length;
  server.latest.transport.abort();
  await runtime.advance(10);
  expect(server.connections).toHaveLength(count + 1);
  return server.latest;
}

describe('our client, when its connection is cut,', () => {
  it('sends RESUME with where it is, alone', async () => {
    const harness = await startKept();
    const { chat, server, runtime } = harness;
    const pings = [chat.ping(), chat.ping()];
    await runtime.settle();
    server.latest.result(0);
    await pings[0];
    const next = await cut(harness);
    expect(next.batches).toHaveLength(1);
    expect(next.received).toMatchObject([
      { kind: 'RESUME', session: 's', secret: SECRET, attach: 2, rx: 1, first: 4 },
    ]);
    const third = await cut(harness);
    expect(third.received).toMatchObject([{ kind: 'RESUME', attach: 3, rx: 1, first: 4 }]);
    errorOf(pings[1] as Promise<unknown>).catch(() => undefined);
  });

  it.each<[string, object]>([
    ['has no secret', { features: 0, secret: new Uint8Array(0), ttlMs: 0 }],
    ['lives for no time', { ttlMs: 0 }],
  ])('sends HELLO where its session %s', async (_what, change) => {
    const harness = await startKept(change);
    const next = await cut(harness);
    expect(next.received).toMatchObject([{ kind: 'HELLO' }]);
  });

  it('sends HELLO when more than ttlMs have passed, and fails what had no answer', async () => {
    const harness = await startKept({ ttlMs: 1_000 });
    const { chat, server, runtime, network } = harness;
    const failure = errorOf(chat.ping());
    await runtime.settle();
    const { latest } = server;
    network.isDown = true;
    latest.transport.abort();
    await runtime.advance(1_001);
    expect(await failure).toMatchObject({ code: 'SESSION_LOST', executed: 'unknown' });
    network.isDown = false;
    await runtime.advance(30_000);
    expect(server.latest.received).toMatchObject([{ kind: 'HELLO' }]);
  });
});

describe('our client, at RESUMED,', () => {
  it('writes again what has not come, then CREDIT and what is new, and SUBSCRIBE from 0', async () => {
    expect(reactionTo('RESUMED', /^otherwise$/)).toContain('sends those above it again');
    const harness = await startKept();
    const { chat, server, runtime } = harness;
    const post = errorOf(chat.post({ text: 'a' }));
    const ticks = chat.ticks();
    const tick = errorOf(ticks[Symbol.asyncIterator]().next());
    ticks.output.catch(() => undefined);
    const subscription = chat.messages({ room: 'lobby' }).subscribe({});
    await runtime.settle();
    const at = { epoch: EPOCH, offset: 4, top: 4 } as const;
    say(server.latest, {}, { kind: 'SUBSCRIBED', sub: 0, topic: 7, state: 'fresh', ...at });
    await runtime.settle();
    expect(numbered(server.latest)).toEqual(['BIND', 'CALL', 'BIND', 'CALL']);
    const next = await cut(harness);
    const ping = errorOf(chat.ping());
    say(next, {}, resumed(2));
    await runtime.settle();
    expect(numbered(next)).toEqual(['BIND', 'CALL', 'BIND', 'CALL']);
    const kinds = next.received.map(({ kind }) => kind);
    expect(next.last('BIND')).toMatchObject({ procedure: 2, name: 'chat.ping' });
    expect(next.last('SUBSCRIBE')).toMatchObject({ sub: 0, cursor: { offset: 4 } });
    expect(next.last('CREDIT')).toMatchObject({ id: 2, items: 64, bytes: 262_144 });
    expect(kinds.lastIndexOf('CREDIT')).toBeGreaterThan(kinds.indexOf('CALL'));
    subscription.close();
    harness.client.close();
    await Promise.all([post, tick, ping]);
  });

  it('takes the answer of a call that went on, once', async () => {
    const harness = await startKept();
    const { chat, runtime } = harness;
    const ping = chat.ping();
    await runtime.settle();
    const next = await cut(harness);
    const result: Message = { kind: 'RESULT', id: 0, ...payload(undefined) };
    say(next, {}, resumed(2));
    say(next, { seq: 1 }, result);
    say(next, { seq: 1 }, result);
    await runtime.settle();
    await ping;
    expect(next.closedWith).toBeUndefined();
    expect(next.all('CALL')).toEqual([]);
  });

  it.each([
    ['above what it has sent', 9],
    ['below what was acknowledged', 1],
  ])('closes with 4400 when rx is %s', async (_what, rx) => {
    expect(reactionTo('RESUMED', /not among the numbers/)).toBe('closes with 4400');
    const harness = await startKept();
    const { chat, server, runtime } = harness;
    const ping = chat.ping();
    await runtime.settle();
    server.latest.result(0);
    await ping;
    const next = await cut(harness);
    say(next, {}, resumed(rx));
    await runtime.settle();
    expect(next.closedWith?.code).toBe(4400);
  });

  it('ends a connection on which it does not come, and keeps the session', async () => {
    expect(reactionTo('RESUMED', /within 40 s/)).toContain('the session stays');
    const harness = await startKept();
    const next = await cut(harness);
    await harness.runtime.advance(40_100);
    expect(next.closedWith?.code).toBe(1006);
    expect(harness.server.latest).not.toBe(next);
    expect(harness.server.latest.received).toMatchObject([{ kind: 'RESUME', attach: 3 }]);
  });

  it.each<[string, Message]>([
    ['a second RESUMED', resumed(0)],
    ['GONE', { kind: 'GONE', reason: 'expired', rx: 0 }],
    ['WELCOME', welcome()],
  ])('closes with 4400 on %s', async (_what, message) => {
    const harness = await startKept();
    const next = await cut(harness);
    say(next, {}, resumed(0));
    say(next, {}, message);
    await harness.runtime.settle();
    expect(next.closedWith?.code).toBe(4400);
  });

  it('never has a call run that was withdrawn while there was no connection', async () => {
    const harness = await startKept();
    const { chat, runtime, server } = harness;
    const controller = new AbortController();
    const failure = errorOf(chat.ping(undefined, { signal: controller.signal }));
    await runtime.settle();
    expect(numbered(server.latest)).toEqual(['BIND', 'CALL']);
    const next = await cut(harness);
    controller.abort();
    expect(await failure).toMatchObject({ code: 'CANCELLED' });
    say(next, {}, resumed(0));
    await runtime.settle();
    expect(numbered(next)).toEqual(['BIND', 'VOID', 'CANCEL']);
    const again = chat.ping();
    await runtime.settle();
    // RESUMED has told that it had not come, so that its id is free.
    expect(next.last('CALL')).toMatchObject({ id: 0 });
    say(next, { seq: 1 }, { kind: 'RESULT', id: 0, ...payload(undefined) });
    await again;
  });
});

describe('our client, at GONE,', () => {
  const GONE = (rx: number | undefined): Message => ({ kind: 'GONE', reason: 'expired', rx });

  it('sends HELLO on the same connection, and fails what may have run', async () => {
    expect(reactionTo('GONE', /whatever the reason/)).toContain('SESSION_LOST');
    const harness = await startKept();
    const { chat, runtime } = harness;
    const call = errorOf(chat.ping());
    const ticks = chat.ticks();
    const stream = errorOf(ticks[Symbol.asyncIterator]().next());
    ticks.output.catch(() => undefined);
    await runtime.settle();
    const next = await cut(harness);
    say(next, {}, GONE(undefined));
    expect(await call).toMatchObject({ code: 'SESSION_LOST', executed: 'unknown' });
    expect(await stream).toMatchObject({ code: 'STREAM_LOST', executed: 'unknown' });
    await runtime.settle();
    expect(next.received.map(({ kind }) => kind)).toEqual(['RESUME', 'HELLO']);
  });

  it('sends again what surely did not run, with numbers from 1', async () => {
    const harness = await startKept();
    const { chat, runtime } = harness;
    const lost = errorOf(chat.ping());
    await runtime.settle();
    const call = chat.post({ text: 'a' });
    await runtime.settle();
    const next = await cut(harness);
    say(next, {}, GONE(2));
    expect(await lost).toMatchObject({ code: 'SESSION_LOST', executed: 'unknown' });
    await runtime.settle();
    say(next, {}, welcome({ ...KEPT, session: 't' }));
    await runtime.settle();
    expect(next.all('BIND')).toMatchObject([{ procedure: 0, name: 'chat.post' }]);
    expect(next.all('CALL')).toMatchObject([{ id: 0, procedure: 0 }]);
    say(next, { seq: 1, ack: 2 }, { kind: 'RESULT', id: 0, ...payload(new Date(0)) });
    expect(await call).toEqual(new Date(0));
  });

  it('ends a connection on which no WELCOME follows', async () => {
    expect(reactionTo('GONE', /no WELCOME/)).toContain('as a cut');
    const harness = await startKept();
    const next = await cut(harness);
    say(next, {}, GONE(0));
    await harness.runtime.advance(40_100);
    expect(next.closedWith?.code).toBe(1006);
    expect(harness.server.latest.received).toMatchObject([{ kind: 'HELLO' }]);
  });

  it('closes with 4400 on anything else that comes before WELCOME', async () => {
    const harness = await startKept();
    const next = await cut(harness);
    say(next, {}, GONE(0));
    say(
      next,
      { seq: 1 },
      { kind: 'RESULT', id: 0, encoding: ENCODING.NONE, bytes: SECRET.slice(0, 0) },
    );
    await harness.runtime.settle();
    expect(next.closedWith?.code).toBe(4400);
  });
});

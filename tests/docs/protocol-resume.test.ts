import {
  CLOSE_CODES,
  ENCODING,
  FEATURES,
  type CloseCode,
  type Message,
  type ResumeMessage,
  type WelcomeMessage,
} from '@trunkline/protocol';
import type { ServerOptions } from '@trunkline/server';
import { describe, expect, it } from 'vitest';
import { openRawHost, payloadOf, type RawHost, type RawPeer } from '../support/raw-peer.js';
import { createDesk } from './desk.js';
import { readDocument, rowsOf, sectionsOf } from './markdown.js';

const SECTIONS = sectionsOf(readDocument('PROTOCOL.md'));
const ZERO = '0'.repeat(16);
const NONE = { encoding: ENCODING.NONE, bytes: new Uint8Array(0) };
const CODES = Object.keys(CLOSE_CODES) as CloseCode[];

function rowsIn(title: string, ...head: string[]): string[][] {
  const text = SECTIONS.find((section) => section.title === title)?.text ?? '';
  return rowsOf(text, ...head);
}

function reactionTo(when: RegExp): string {
  const rows = rowsIn('RESUME', 'when', 'reaction').filter(([found = '']) => when.test(found));
  expect(rows).toHaveLength(1);
  return rows[0]?.[1] ?? '';
}

/** A server whose clients are who their tokens say, but `wrong` and `later`. */
function openHost(options: Partial<ServerOptions> = {}): RawHost {
  return openRawHost({
    services: [createDesk()],
    authenticate: ({ token }) => {
      if (token === 'later') throw new Error('nobody can be asked');
      return token === 'wrong' ? undefined : { principal: token, user: undefined };
    },
    ...options,
  });
}

function bind(name: string, procedureKind: 'call' | 'stream', procedure: number): Message {
  const hashes = { sendHash: ZERO, receiveHash: ZERO };
  return { kind: 'BIND', procedure, procedureKind, name: `desk.${name}`, ...hashes };
}

async function open(host: RawHost, features: number = FEATURES.RESUME): Promise<RawPeer> {
  const peer = host.connect();
  await peer.send({ kind: 'HELLO', features, agent: 'raw', token: 'ada', revisions: [] });
  await peer.send(bind('echo', 'call', 0), bind('wait', 'call', 1), bind('up', 'stream', 2));
  await peer.send({ kind: 'CALL', id: 0, procedure: 0, ...payloadOf('a') });
  await peer.acknowledge();
  expect(peer.of('RESULT')).toHaveLength(1);
  return peer;
}

function resumeOf(peer: RawPeer, change: Partial<ResumeMessage> = {}): ResumeMessage {
  const { session, secret, features } = peer.of('WELCOME')[0] as WelcomeMessage;
  const place = { attach: 2, rx: peer.rx, first: peer.tx + 1 };
  const own = { features, token: 'ada', session, secret, revisions: [] };
  return { kind: 'RESUME', ...own, ...place, ...change };
}

/** Resumes on another connection, whose numbers go on. */
async function resume(
  host: RawHost,
  peer: RawPeer,
  change: Partial<ResumeMessage> = {},
): Promise<RawPeer> {
  const next = host.connect();
  await next.send(resumeOf(peer, change));
  next.tx = peer.tx;
  next.rx += peer.rx;
  return next;
}

function outcomeOf(peer: RawPeer): string {
  if (peer.closed !== undefined) return `closes with ${peer.closed.code}`;
  const [answer] = peer.received;
  return answer?.kind === 'GONE'
    ? `answers GONE, reason ${answer.reason}`
    : `answers ${answer?.kind}`;
}

type Row = readonly [when: RegExp, change: Partial<ResumeMessage>, outcome: string, stays: boolean];

const ROWS: readonly Row[] = [
  [/secret is wrong/, { secret: new Uint8Array(32) }, 'answers GONE, reason unknown', true],
  [/secret is wrong/, { session: 'nobody' }, 'answers GONE, reason unknown', true],
  [/not larger than all/, { attach: 1 }, 'closes with 4409', true],
  [/not larger than all/, { attach: 1, token: 'wrong' }, 'closes with 4409', true],
  [/missing, wrong or old/, { token: 'wrong' }, 'closes with 4401', true],
  [/fault of the server/, { token: 'later' }, 'closes with 1001', true],
  [/another principal/, { token: 'bob' }, 'answers GONE, reason principal', false],
  [/another principal/, { token: 'bob', rx: 99 }, 'answers GONE, reason principal', false],
  [/outside of what the server holds/, { rx: 99 }, 'answers GONE, reason overflow', false],
  [/outside of what the server holds/, { rx: 0 }, 'answers GONE, reason overflow', false],
  [/outside of what the server holds/, { first: 99 }, 'answers GONE, reason overflow', false],
  [/^otherwise$/, {}, 'answers RESUMED', true],
];

describe('our server, at RESUME', () => {
  it.each(ROWS)('when %s, with %o, %s', async (when, change, outcome, stays) => {
    const said = reactionTo(when);
    expect(said).toContain(outcome);
    await using host = openHost();
    const peer = await open(host);
    await peer.cut();
    expect(host.server.counts).toMatchObject({ sessions: 1, detached: 1 });
    const next = await resume(host, peer, change);
    expect(outcomeOf(next)).toBe(outcome);
    expect(host.server.counts.sessions).toBe(stays ? 1 : 0);
    expect(/the session ends/.test(said)).toBe(!stays);
    const again = await resume(host, peer, { attach: 9 });
    expect(outcomeOf(again)).toBe(stays ? 'answers RESUMED' : outcome);
    expect(again.received[0]).toMatchObject({ rx: peer.tx });
  });

  it('asks the guards of connections again, and keeps the session when they refuse', async () => {
    const refused = new Set<string>();
    await using host = openHost({
      guards: [(context) => context.kind !== 'connect' || !refused.has(`${context.principal}`)],
    });
    const peer = await open(host);
    await peer.cut();
    refused.add('ada');
    expect(reactionTo(/user is not served/)).toBe('closes with 4403; the session stays');
    expect(outcomeOf(await resume(host, peer))).toBe('closes with 4403');
    refused.clear();
    expect(outcomeOf(await resume(host, peer))).toBe('answers RESUMED');
  });

  it('ends a session that is asked for under another subprotocol', async () => {
    expect(reactionTo(/subprotocol is another/)).toBe(
      'answers GONE, reason codec; the session ends',
    );
    await using host = openHost();
    const peer = await open(host);
    await peer.cut();
    const next = host.connect('trunkline.v1.packed');
    await next.send(resumeOf(peer));
    expect(outcomeOf(next)).toBe('answers GONE, reason codec');
    expect(outcomeOf(await resume(host, peer, { attach: 3 }))).toBe('answers GONE, reason codec');
  });

  it('closes the older of two connections', async () => {
    expect(reactionTo(/another connection is attached/)).toBe(
      'closes with 4409, on that other connection; answers RESUMED on this one',
    );
    await using host = openHost();
    const peer = await open(host);
    const next = await resume(host, peer);
    expect(outcomeOf(next)).toBe('answers RESUMED');
    expect(peer.closed?.code).toBe(4409);
    expect(host.server.counts).toMatchObject({ connections: 1, sessions: 1, detached: 0 });
  });

  it('gives the place of the older connection to the newer one', async () => {
    expect(reactionTo(/too many connections/)).toBe('closes with 4429; the session stays');
    await using host = openHost({ limits: { principalSessions: 1 } });
    const peer = await open(host);
    expect(outcomeOf(await resume(host, peer))).toBe('answers RESUMED');
    expect(peer.closed?.code).toBe(4409);
    const other = host.connect();
    await other.hello('ada');
    expect(other.closed?.code).toBe(4429);
  });

  it('keeps a session whose principal has no place left', async () => {
    await using host = openHost({ limits: { principalSessions: 1 } });
    const peer = await open(host);
    await peer.cut();
    const other = host.connect();
    await other.hello('ada');
    expect(other.of('WELCOME')).toHaveLength(1);
    expect(outcomeOf(await resume(host, peer))).toBe('closes with 4429');
    await other.close('DONE');
    expect(outcomeOf(await resume(host, peer))).toBe('answers RESUMED');
  });

  it('closes the other connection with 4410 when the session ends by it', async () => {
    await using host = openHost();
    const peer = await open(host);
    const next = await resume(host, peer, { token: 'bob' });
    expect(outcomeOf(next)).toBe('answers GONE, reason principal');
    expect(peer.closed?.code).toBe(4410);
  });

  it('tells the reason and the last number of a session that has expired', async () => {
    expect(reactionTo(/has ended and is remembered/)).toContain('for which it ended');
    await using host = openHost({ limits: { detachedMs: 1_000 } });
    const peer = await open(host);
    await peer.cut();
    await host.runtime.advance(1_000);
    expect(host.server.counts.sessions).toBe(0);
    const next = await resume(host, peer);
    expect(next.received).toEqual([{ kind: 'GONE', reason: 'expired', rx: peer.tx }]);
    await next.send({ kind: 'HELLO', features: 1, agent: '', token: 'ada', revisions: [] });
    expect(next.of('WELCOME')).toHaveLength(1);
  });

  it('knows no session of a client that did not set RESUME', async () => {
    await using host = openHost();
    const peer = await open(host, 0);
    const [told] = peer.of('WELCOME');
    expect(told).toMatchObject({ secret: new Uint8Array(0), ttlMs: 0 });
    expect((told?.features ?? 0) & FEATURES.RESUME).toBe(0);
    await peer.cut();
    expect(host.server.counts.sessions).toBe(0);
    const next = await resume(host, peer, { secret: new Uint8Array(32) });
    expect(outcomeOf(next)).toBe('answers GONE, reason unknown');
  });
});

describe('the end of a connection to our server', () => {
  const rows = rowsIn('What outlives a connection', 'the connection ends with', 'the session');
  const isEnd = ([, outcome = '']: string[]): boolean => outcome.startsWith('ends');
  const last = rows
    .filter(isEnd)
    .flatMap(([codes = '']) => (codes.match(/\d{4}/g) ?? []).map(Number));

  it.each(CODES)('with %s is that of its session, or is not, as the table says', async (code) => {
    await using host = openHost();
    const peer = await open(host);
    await peer.close(code);
    const ends = last.includes(CLOSE_CODES[code].code);
    expect(host.server.counts).toMatchObject({ connections: 0, detached: ends ? 0 : 1 });
    const [answer] = (await resume(host, peer)).received;
    expect(answer?.kind).toBe(ends ? 'GONE' : 'RESUMED');
    const isRemembered = rows.some(([codes = '', outcome = '']) => {
      return (
        codes.includes(`${CLOSE_CODES[code].code}`) && outcome.includes('GONE, reason expired')
      );
    });
    const reason = answer?.kind === 'GONE' ? answer.reason : undefined;
    const unknown = ends ? 'unknown' : undefined;
    expect(reason).toBe(isRemembered ? 'expired' : unknown);
  });

  it('by a breach ends the session, and by a cut it does not', async () => {
    await using host = openHost();
    const peer = await open(host);
    await peer.bytes(Uint8Array.of(0));
    expect(peer.closed?.code).toBe(4400);
    expect(host.server.counts).toMatchObject({ sessions: 0, detached: 0 });
    const other = await open(host);
    await other.cut();
    expect(host.server.counts).toMatchObject({ sessions: 1, detached: 1 });
  });
});

describe('a session of our server that is resumed', () => {
  it('has gone on meanwhile: what was answered comes again with its number', async () => {
    await using host = openHost();
    const peer = await open(host);
    await peer.send({ kind: 'CALL', id: 0, procedure: 1, ...NONE, deadlineMs: 500 });
    await peer.cut();
    await host.runtime.advance(1_000);
    const next = await resume(host, peer);
    expect(next.received.map(({ kind }) => kind)).toEqual(['RESUMED', 'ERROR']);
    expect(next.of('ERROR')).toMatchObject([{ id: 0, code: 'DEADLINE', executed: 'unknown' }]);
    await next.cut();
    const third = await resume(host, peer, { attach: 3 });
    expect(third.received.map(({ kind }) => kind)).toEqual(['RESUMED', 'ERROR']);
  });

  it('tells its credit right behind RESUMED', async () => {
    await using host = openHost();
    const peer = await open(host);
    await peer.send({ kind: 'CALL', id: 0, procedure: 2, ...NONE });
    await peer.cut();
    const next = await resume(host, peer);
    expect(next.received.map(({ kind }) => kind)).toEqual(['RESUMED', 'CREDIT']);
    expect(next.of('CREDIT')).toEqual([{ kind: 'CREDIT', id: 0, items: 16, bytes: 16_384 }]);
    const item: Message = { kind: 'ITEM', id: 0, ...payloadOf(4) };
    await next.send(item, item, { kind: 'END', id: 0, ...NONE });
    expect(next.of('END')).toMatchObject([{ id: 0 }]);
  });

  it('has no subscription any more, and takes the number 0 again', async () => {
    await using host = openHost();
    const none = { cursor: undefined, last: undefined, payloadHash: ZERO };
    const params = payloadOf({ room: 'lobby' });
    const subscribe: Message = { kind: 'SUBSCRIBE', sub: 0, name: 'desk.notes', params, ...none };
    const peer = await open(host);
    await peer.send(subscribe);
    expect(host.server.counts.subscriptions).toBe(1);
    await peer.cut();
    expect(host.server.counts.subscriptions).toBe(0);
    const next = await resume(host, peer);
    await next.send(subscribe);
    expect(next.of('SUBSCRIBED')).toHaveLength(1);
  });

  it('keeps what is bound, and ids of calls', async () => {
    await using host = openHost();
    const peer = await open(host);
    await peer.send({ kind: 'CALL', id: 0, procedure: 1, ...NONE });
    await peer.cut();
    const next = await resume(host, peer);
    await next.send({ kind: 'CALL', id: 2, procedure: 0, ...payloadOf('b') });
    expect(next.of('RESULT')).toMatchObject([{ id: 2 }]);
    await next.send({ kind: 'CALL', id: 0, procedure: 0, ...payloadOf('c') });
    expect(next.closed?.code).toBe(4400);
  });

  it('never runs a call that was replaced by VOID', async () => {
    const echoed: string[] = [];
    await using host = openHost({ services: [createDesk(echoed)] });
    const peer = await open(host);
    await peer.cut();
    const next = await resume(host, peer);
    await next.send({ kind: 'VOID' }, { kind: 'CANCEL', id: 0, reason: 'withdrawn' });
    await next.send({ kind: 'CALL', id: 0, procedure: 0, ...payloadOf('after') });
    expect(echoed).toEqual(['a', 'after']);
    expect(next.of('ERROR')).toEqual([]);
  });

  it('is closed where anything comes behind RESUME, and stays', async () => {
    await using host = openHost({
      authenticate: async ({ token }) => Promise.resolve({ principal: token, user: undefined }),
    });
    const peer = await open(host);
    await peer.cut();
    const next = host.connect();
    const sent = next.send(resumeOf(peer));
    await Promise.all([sent, next.send({ kind: 'PING', value: 1 })]);
    expect(next.closed?.code).toBe(4400);
    expect(host.server.counts.detached).toBe(1);
    expect(outcomeOf(await resume(host, peer))).toBe('answers RESUMED');
  });
});

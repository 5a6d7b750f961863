import { encodeBatch, ENCODING, FEATURES, Writer, type Message } from '@trunkline/protocol';
import type { ServerOptions } from '@trunkline/server';
import { describe, expect, it } from 'vitest';
import { openRawHost, type RawHost, type RawPeer } from '../support/raw-peer.js';
import { bytesOfHex } from '../vectors/vector-json.js';
import { createDesk } from './desk.js';
import { COMMON, expectSaid, reactionTo } from './reactions.js';

const ZERO = '0'.repeat(16);
const TOKEN_BYTES = 4_096;
const AUTH: Message = { kind: 'AUTH', token: 'ada' };

/** A server that serves who has a token, but `wrong`, and fails for `later`; `slow` takes for ever. */
function openHost(options: Partial<ServerOptions> = {}): RawHost {
  return openRawHost({
    services: [createDesk()],
    authenticate: async ({ token }) => {
      if (token === 'slow') await new Promise(() => undefined);
      if (token === 'later') throw new Error('nobody can be asked');
      if (token === 'wrong') return undefined;
      return { principal: token.split(':')[0] ?? '', user: undefined };
    },
    guards: [(context) => context.kind !== 'connect' || context.principal !== 'eve'],
    ...options,
  });
}

function hello(token: string, features = 0): Message {
  return { kind: 'HELLO', features, agent: '', token, revisions: [] };
}

/** Nothing but contracts, so that its batch is larger than that of a HELLO may be. */
function largeHello(): Message {
  const revisions = Array.from({ length: 64 }, (_, index) => {
    return { name: `c${index}${'x'.repeat(120)}`, revision: ZERO };
  });
  return { kind: 'HELLO', features: 0, agent: '', token: 'a'.repeat(TOKEN_BYTES), revisions };
}

function outcomeOf({ closed, received }: RawPeer, before = 0): string {
  if (closed !== undefined) return `closes with ${closed.code}`;
  const last = received.slice(before).at(-1);
  if (last === undefined) return 'ignores it';
  return last.kind === 'GONE' ? `answers GONE, reason ${last.reason}` : `answers ${last.kind}`;
}

type Case = readonly [title: string, when: RegExp, messages: readonly Message[], outcome: string];

describe('our server, at HELLO', () => {
  it.each<Case>([
    ['HELLO', /token is missing/, [hello('wrong')], 'closes with 4401'],
    ['HELLO', /user is not served/, [hello('eve')], 'closes with 4403'],
    ['HELLO', /fault of the server/, [hello('later')], 'closes with 1001'],
    ['HELLO', /more than 8 KiB/, [largeHello()], 'closes with 1009'],
    ['PING', /state greeting/, [hello('ada'), { kind: 'PING', value: 1 }], 'answers PONG'],
  ])('of %s, when %s', async (title, when, messages, outcome) => {
    expectSaid(reactionTo(title, when), outcome);
    await using host = openHost();
    const peer = host.connect();
    await Promise.all(messages.map((message) => peer.send(message)));
    expect(outcomeOf(peer)).toBe(outcome);
  });

  it.each<[string, RegExp, Message[], number, string]>([
    ['HELLO', /nothing came within 5 s/, [], 5_000, 'closes with 4408'],
    ['HELLO', /takes longer than 15 s/, [hello('slow')], 15_000, 'closes with 1001'],
  ])('of %s, when %s, and not before', async (title, when, messages, afterMs, outcome) => {
    expectSaid(reactionTo(title, when), outcome);
    await using host = openHost();
    const peer = host.connect();
    for (const message of messages) await peer.send(message);
    await host.runtime.advance(afterMs - 1);
    expect(outcomeOf(peer)).toBe('ignores it');
    await host.runtime.advance(1);
    expect(outcomeOf(peer)).toBe(outcome);
  });

  it('counts the time to HELLO anew after GONE', async () => {
    expect(reactionTo('HELLO', /counted anew after GONE/)).toBe('closes with 4408');
    await using host = openHost();
    const peer = host.connect();
    const none = { secret: new Uint8Array(32), rx: 0, first: 1, revisions: [] };
    await host.runtime.advance(4_000);
    await peer.send({ kind: 'RESUME', features: 1, token: '', session: 's', attach: 2, ...none });
    expect(outcomeOf(peer)).toBe('answers GONE, reason unknown');
    await host.runtime.advance(4_999);
    expect(peer.closed).toBeUndefined();
    await host.runtime.advance(1);
    expect(outcomeOf(peer)).toBe('closes with 4408');
  });

  it('closes on a session too many of a principal', async () => {
    expect(reactionTo('HELLO', /too many sessions/)).toBe('closes with 4429');
    await using host = openHost({ limits: { principalSessions: 1 } });
    const [peer, other] = [host.connect(), host.connect()];
    await peer.send(hello('ada'));
    await other.send(hello('ada'));
    expect([outcomeOf(peer), outcomeOf(other)]).toEqual(['answers WELCOME', 'closes with 4429']);
  });

  it('closes on a RESUME that is too large', async () => {
    expect(reactionTo('RESUME', /more than 8 KiB/)).toBe('closes with 1009');
    await using host = openHost();
    const peer = host.connect();
    const place = { session: 's', attach: 2, secret: new Uint8Array(32), rx: 0, first: 1 };
    await peer.send({ ...largeHello(), ...place, kind: 'RESUME' } as Message);
    expect(outcomeOf(peer)).toBe('closes with 1009');
  });
});

describe('our server, at AUTH', () => {
  async function renew(token: string): Promise<{ host: RawHost; peer: RawPeer }> {
    const host = openHost();
    const peer = host.connect();
    await peer.send(hello('ada', FEATURES.AUTH | FEATURES.RESUME));
    await peer.send({ kind: 'AUTH', token });
    return { host, peer };
  }

  it.each<[string, RegExp, string, string, number]>([
    ['AUTH', /that of the same principal/, 'ada:again', 'answers AUTHED', 1],
    ['AUTH', /fault of the server/, 'later', 'answers AUTHED', 1],
    ['AUTH', /that of another principal/, 'bob', 'closes with 4410', 0],
    ['AUTH', /missing, wrong or old/, 'wrong', 'closes with 4401', 1],
  ])('of %s, when %s', async (title, when, token, outcome, sessions) => {
    const { host, peer } = await renew(token);
    await using _ = host;
    expectSaid(reactionTo(title, when), outcome);
    expect(outcomeOf(peer)).toBe(outcome);
    expect(host.server.counts.sessions).toBe(sessions);
  });

  it('closes when the user is not served any more', async () => {
    expect(reactionTo('AUTH', /not served/)).toBe('closes with 4403');
    let isServed = true;
    await using host = openHost({ guards: [(context) => context.kind !== 'connect' || isServed] });
    const peer = host.connect();
    await peer.send(hello('ada', FEATURES.AUTH));
    isServed = false;
    await peer.send(AUTH);
    expect(outcomeOf(peer)).toBe('closes with 4403');
  });

  it('answers several in their order, and not too many', async () => {
    expect(reactionTo('AUTH', /earlier ones are not answered/)).toMatch(/^answers each/);
    expect(reactionTo('AUTH', /there are too many/)).toBe('closes with 4429');
    await using host = openHost();
    const peer = host.connect();
    await peer.send(hello('ada', FEATURES.AUTH));
    await peer.send(AUTH, AUTH, AUTH);
    expect(peer.of('AUTHED')).toHaveLength(3);
    await peer.send(AUTH, AUTH, AUTH, AUTH, AUTH);
    expect(outcomeOf(peer)).toBe('closes with 4429');
  });
});

describe('our server, whatever the message is', () => {
  const packed = { encoding: ENCODING.PACKED, bytes: new Uint8Array(2) };

  it.each<[string, RegExp, string | Message[], string, string]>([
    [COMMON, /^it is malformed/, '00 07 03 000000', 'closes with 4400', ''],
    [COMMON, /^it is malformed/, '00 07 04 00000000 07 03 000000', 'closes with 4400', 'PONG'],
    [COMMON, /wrong direction/, '00 0a 01 00', 'closes with 4400', ''],
    [COMMON, /did not say that it can take it/, [AUTH], 'closes with 4400', ''],
    [
      COMMON,
      /payload is packed/,
      [{ kind: 'CALL', id: 0, procedure: 0, ...packed }],
      'closes with 4400',
      '',
    ],
    [COMMON, /not known and optional/, '010100 ff 01 00', 'ignores it', ''],
    [COMMON, /not above rx/, '010100 58 00', 'ignores it', ''],
    [
      COMMON,
      /names a call, topic/,
      [{ kind: 'CANCEL', id: 8, reason: 'withdrawn' }],
      'ignores it',
      '',
    ],
  ])('%s: when %s', async (title, when, said, outcome, unseen) => {
    const reaction = reactionTo(title, when);
    expect(outcome === 'ignores it' ? /^(skips|ignores)/ : /^closes with 4400/).toSatisfy(
      (pattern: RegExp) => pattern.test(reaction),
    );
    await using host = openHost();
    const peer = host.connect();
    await peer.send(hello('ada'));
    const before = peer.received.length;
    const batch =
      typeof said === 'string'
        ? bytesOfHex(said)
        : encodeBatch(new Writer(), said[0]?.kind === 'AUTH' ? {} : { seq: 1 }, said).slice();
    await peer.bytes(batch);
    if (when.source.includes('rx')) await peer.bytes(batch);
    expect(outcomeOf(peer, before)).toBe(outcome);
    expect(peer.received.map(({ kind }) => `${kind}`)).not.toContain(unseen);
  });

  it('may answer several PINGs by one PONG, with the latest value', async () => {
    expect(reactionTo('PING', /not written yet/)).toMatch(/^may answer both by one PONG/);
    await using host = openHost();
    const peer = host.connect();
    await peer.send(hello('ada'));
    await peer.send({ kind: 'PING', value: 1 }, { kind: 'PING', value: 2 });
    expect(peer.of('PONG').at(-1)).toEqual({ kind: 'PONG', value: 2 });
  });

  it('ignores what comes while the connection is closing', async () => {
    expect(reactionTo(COMMON, /is closing/)).toBe('ignores it');
    await using host = openHost();
    const peer = host.connect();
    await peer.send(hello('ada'));
    const before = peer.received.length;
    await Promise.all([peer.bytes(Uint8Array.of(0)), peer.send({ kind: 'PING', value: 1 })]);
    expect(peer.received.slice(before)).toEqual([]);
    expect(outcomeOf(peer)).toBe('closes with 4400');
  });
});

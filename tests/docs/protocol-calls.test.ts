import {
  ENCODING,
  type CallMessage,
  type ChunkMessage,
  type Message,
  type Payload,
  type ProcedureKind,
} from '@trunkline/protocol';
import { VirtualRuntime } from '@trunkline/protocol/testing';
import { describe, expect, it } from 'vitest';
import { FaultyBroker } from '../../packages/server/tests/faulty-broker.js';
import { openRawHost, payloadOf, type RawHost, type RawPeer } from '../support/raw-peer.js';
import { bytesOfHex, readHostileVectors } from '../vectors/vector-json.js';
import { createDesk } from './desk.js';
import { expectSaid, reactionTo } from './reactions.js';

const ZERO = '0'.repeat(16);
const OTHER = '1'.repeat(16);
const NONE: Payload = { encoding: ENCODING.NONE, bytes: new Uint8Array(0) };
const PACKED: Payload = { encoding: ENCODING.PACKED, bytes: new Uint8Array(2) };
const LOBBY = payloadOf({ room: 'lobby' });
const LIMITS = { boundProcedures: 3, valueInBytes: 1_048_576, subscriptions: 2 };

function bind(name: string, procedureKind: ProcedureKind = 'call', more: object = {}): Message {
  const hashes = { sendHash: ZERO, receiveHash: ZERO };
  return { kind: 'BIND', procedure: 0, procedureKind, name: `desk.${name}`, ...hashes, ...more };
}
function callOf(payload: Payload = NONE, more: Partial<CallMessage> = {}): Message {
  return { kind: 'CALL', id: 0, procedure: 0, ...payload, ...more };
}
function subscribe(sub: number, params: Payload = LOBBY): Message {
  const none = { payloadHash: ZERO, cursor: undefined, last: undefined };
  return { kind: 'SUBSCRIBE', sub, name: 'desk.notes', params, ...none };
}
const item = (value: unknown): Message => ({ kind: 'ITEM', id: 0, ...payloadOf(value) });
const end: Message = { kind: 'END', id: 0, ...NONE };
const unsubscribe = (sub: number): Message => ({ kind: 'UNSUBSCRIBE', sub });
const note = (room: string, message: unknown): Payload => payloadOf({ params: { room }, message });
const ids = (count: number): Message[] =>
  Array.from({ length: count }, (_, index) => callOf(NONE, { id: index * 2 }));

/** A piece of a CALL of procedure 0; with a size, of 16 KiB to 2 MiB, it is the first one. */
function piece(transfer: number, size = 0): ChunkMessage {
  const inner = size - 4;
  const sized = [(inner & 127) | 128, ((inner >> 7) & 127) | 128, inner >> 14];
  const isFirst = size > 0;
  const bytes = isFirst ? [0x51, ...sized, transfer * 2, 0, 3, 0] : [0, 0];
  const of = { isFirst, isLast: false, isAbort: false, size, bytes: Uint8Array.from(bytes) };
  return { kind: 'CHUNK', transfer, ...of };
}
const ABORT: ChunkMessage = { ...piece(0), isAbort: true, bytes: new Uint8Array(0) };

/** What the server has made of it, in the words of the document. */
function outcomeOf({ closed, received }: RawPeer, before = 1): string {
  if (closed !== undefined) return `closes with ${closed.code}`;
  const answers = received.slice(before).filter(({ kind }) => kind !== 'PING' && kind !== 'PONG');
  const last = answers.find(({ kind }) => kind === 'ERROR' || kind === 'ENDED') ?? answers.at(-1);
  if (last?.kind === 'ERROR') return `answers ERROR ${last.code}, executed ${last.executed}`;
  if (last?.kind === 'ENDED') return `answers ENDED ${last.code}`;
  return last === undefined ? 'ignores it' : `answers ${last.kind}`;
}

async function openPeer(host: RawHost, subprotocol?: string): Promise<RawPeer> {
  const peer = host.connect(subprotocol);
  await peer.hello();
  expect(peer.of('WELCOME')).toHaveLength(1);
  return peer;
}

function openDesk(limits: object = LIMITS): RawHost {
  return openRawHost({ services: [createDesk()], anonymous: true, limits });
}

type Case = readonly [title: string, when: RegExp, messages: readonly Message[], outcome: string];

const CASES: readonly Case[] = [
  [
    'BIND',
    /more than boundProcedures/,
    [0, 1, 2, 3].map((procedure) => bind('echo', 'call', { procedure })),
    'closes with 4429',
  ],
  ['BIND', /does not have the name/, [bind('gone')], 'ignores it'],
  [
    'BIND',
    /does not have the name/,
    [bind('gone'), callOf()],
    'answers ERROR NOT_FOUND, executed no',
  ],
  [
    'CALL',
    /payload is packed/,
    [bind('echo', 'call', { sendHash: OTHER }), callOf(PACKED)],
    'answers ERROR LAYOUT, executed no',
  ],
  [
    'CALL',
    /stream with items up/,
    [bind('up', 'stream', { sendHash: OTHER }), callOf()],
    'answers ERROR LAYOUT, executed no',
  ],
  [
    'CALL',
    /authorizer of a publish/,
    [bind('notes', 'publish'), callOf(note('closed', 'hi'))],
    'answers ERROR DENIED, executed no',
  ],
  [
    'CALL',
    /message of a publish/,
    [bind('notes', 'publish'), callOf(note('lobby', 1))],
    'answers ERROR INVALID_INPUT, executed no',
  ],
  ['CALL', /fail by its own fault/, [bind('gone'), ...ids(1_100)], 'closes with 4429'],
  [
    'ITEM',
    /wants no more items/,
    [bind('one', 'stream'), callOf(), item(1), item(2)],
    'answers CANCEL',
  ],
  ['END', /^it is the callee$/, [bind('up', 'stream'), callOf(), item(1), end], 'answers END'],
  [
    'SUBSCRIBE',
    /subscriptions are live/,
    [0, 1, 2].map((sub) => subscribe(sub, payloadOf({ room: `${sub}` }))),
    'answers ENDED BUSY',
  ],
  ['SUBSCRIBE', /topic is subscribed/, [subscribe(0), subscribe(1)], 'answers ENDED INVALID_INPUT'],
  ['UNSUBSCRIBE', /being decided on/, [subscribe(0), unsubscribe(0)], 'ignores it'],
  ['UNSUBSCRIBE', /too many/, Array<Message>(1_025).fill(unsubscribe(9)), 'closes with 4429'],
  [
    'CHUNK',
    /over its limit/,
    [bind('echo'), piece(0, 2_000_004)],
    'answers ERROR TOO_LARGE, executed no',
  ],
];

/** Outcomes that are told in other words. */
const IN_OTHER_WORDS =
  /wants no more items|does not have the name|^\^it is the callee\$|being decided/;

describe('our server', () => {
  it.each(CASES)('of %s, when %s', async (title, when, messages, outcome) => {
    const reaction = reactionTo(title, when);
    await using host = openDesk();
    const peer = await openPeer(
      host,
      outcome.includes('LAYOUT') ? 'trunkline.v1.packed' : undefined,
    );
    await peer.send(...messages);
    expect(outcomeOf(peer)).toBe(outcome);
    if (!IN_OTHER_WORDS.test(when.source)) expectSaid(reaction, outcome);
  });

  it('says of the other outcomes what happens', () => {
    expect(reactionTo('ITEM', /wants no more items/)).toBe(
      'drops it; it counts against the credit',
    );
    expect(reactionTo('END', /^it is the callee$/)).toContain('the items have ended');
    expect(reactionTo('UNSUBSCRIBE', /being decided/)).toContain('neither SUBSCRIBED nor ENDED');
    expect(reactionTo('BIND', /does not have/)).toBe(
      'takes it; a CALL of it is answered with ERROR NOT_FOUND, executed no',
    );
  });

  it('closes on what it cannot read in BIND and SUBSCRIBE', async () => {
    expect(reactionTo('BIND', /outside the grammar/)).toBe('closes with 4400');
    expect(reactionTo('SUBSCRIBE', /above 10,000/)).toBe('closes with 4400');
    const names =
      /^the procedure name "chat"|^BIND of a kind|10,001|^packed params|^params of bytes|no params in/;
    const hostile = readHostileVectors().filter(({ name }) => names.test(name));
    expect(hostile).toHaveLength(6);
    await using host = openDesk();
    for (const { hex } of hostile) {
      const peer = await openPeer(host);
      await peer.bytes(bytesOfHex(hex));
      expect(outcomeOf(peer)).toBe('closes with 4400');
    }
  });

  it('answers a call whose deadline has passed', async () => {
    expectSaid(
      reactionTo('CALL', /the deadline passes/),
      'answers ERROR DEADLINE, executed no unknown',
    );
    await using host = openDesk();
    const peer = await openPeer(host);
    await peer.send(bind('wait'), callOf(NONE, { deadlineMs: 500 }));
    await host.runtime.advance(500);
    expect(outcomeOf(peer)).toBe('answers ERROR DEADLINE, executed unknown');
  });

  it('refuses an item that is too large', async () => {
    const reaction = reactionTo('ITEM', /larger than valueInBytes/);
    expect(reaction).toBe(
      'answers ERROR TOO_LARGE, executed yes if the handler had started, else no',
    );
    await using host = openDesk({ valueInBytes: 1_000 });
    const peer = await openPeer(host);
    await peer.send(bind('up', 'stream'), callOf());
    await peer.send(item('x'.repeat(1_000)));
    expect(outcomeOf(peer)).toBe('answers ERROR TOO_LARGE, executed yes');
  });

  it('sends items up to the totals of CREDIT', async () => {
    expect(reactionTo('CREDIT', /^otherwise$/)).toBe('sends items up to the new totals');
    await using host = openDesk();
    const peer = await openPeer(host);
    await peer.send(bind('count', 'stream'), callOf());
    expect(peer.of('ITEM')).toHaveLength(64);
    await peer.send({ kind: 'CREDIT', id: 0, items: 70, bytes: 262_144 });
    expect(peer.of('ITEM')).toHaveLength(70);
  });

  it('refuses a subscription while its broker cannot be asked', async () => {
    const reaction = reactionTo('SUBSCRIBE', /broker cannot be asked/);
    expect(reaction).toBe('answers ENDED UNAVAILABLE, with retry after');
    const broker = new FaultyBroker(new VirtualRuntime());
    broker.interrupt('unreachable');
    await using host = openRawHost({ services: [createDesk()], anonymous: true, broker });
    const peer = await openPeer(host);
    await peer.send(subscribe(0));
    expect(peer.of('ENDED')).toMatchObject([{ code: 'UNAVAILABLE', retryAfterMs: 1_000 }]);
    await broker.close();
  });
});

describe('our server, at chunks,', () => {
  it('has a bound of what is not complete, once there is more than one of them', async () => {
    expectSaid(reactionTo('CHUNK', /more than 4 MiB/), 'answers ERROR BUSY, executed no');
    await using host = openDesk();
    const peer = await openPeer(host);
    await peer.send(bind('echo'));
    // An eighth of it has come, so that memory is set aside for all of it.
    for (const transfer of [0, 1, 2, 3, 4]) {
      const first = piece(transfer, 1_000_004);
      const bytes = new Uint8Array(126_000);
      bytes.set(first.bytes);
      await peer.send({ ...first, bytes });
      expect(peer.of('ERROR')).toHaveLength(transfer < 4 ? 0 : 1);
    }
    expect(outcomeOf(peer)).toBe('answers ERROR BUSY, executed no');
  });

  it('has bounds of all sessions together', async () => {
    expectSaid(reactionTo('CHUNK', /all sessions of a server/), 'answers ERROR BUSY, executed no');
    await using host = openDesk({ assemblyNodeBytes: 200_000 });
    const [peer, other] = [await openPeer(host), await openPeer(host)];
    await peer.send(bind('echo'), piece(0, 1_000_004));
    await other.send(bind('echo'), piece(0, 1_000_004));
    expect([outcomeOf(peer), outcomeOf(other)]).toContain('answers ERROR BUSY, executed no');
  });

  it('waits no longer than 10 s for the next one', async () => {
    expectSaid(reactionTo('CHUNK', /more than 10 s pass/), 'answers ERROR TOO_LARGE, executed no');
    await using host = openDesk();
    const peer = await openPeer(host);
    await peer.send(bind('echo'), piece(0, 1_000_004));
    await host.runtime.advance(5_000);
    await peer.send({ kind: 'PING', value: 1 });
    await host.runtime.advance(5_000);
    expect(outcomeOf(peer)).toBe('ignores it');
    await host.runtime.advance(1);
    expect(outcomeOf(peer)).toBe('answers ERROR TOO_LARGE, executed no');
  });

  it('counts what follows of a transfer that it has dropped, up to its end', async () => {
    const reaction = reactionTo('CHUNK', /dropped by the receiver/);
    expect(reaction).toBe('counts its number, and does nothing else until LAST or ABORT');
    await using host = openDesk();
    const peer = await openPeer(host);
    await peer.send(bind('echo'), piece(0, 2_000_004));
    const before = peer.received.length;
    await peer.send(piece(0), ABORT);
    expect(outcomeOf(peer, before)).toBe('ignores it');
    await peer.send(callOf(payloadOf('after')));
    expect(outcomeOf(peer, before)).toBe('answers RESULT');
  });
});

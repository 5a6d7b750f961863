import {
  ENCODING,
  KINDS,
  type CallMessage,
  type Kind,
  type ChunkMessage,
  type Message,
  type Payload,
  type ProcedureKind,
} from '@trunkline/protocol';
import { describe, expect, it } from 'vitest';
import { bytesOfHex } from '../vectors/vector-json.js';
import { openRawHost, payloadOf, type RawPeer } from '../support/raw-peer.js';
import { createDesk } from './desk.js';
import { readDocument, rowsOf, sectionsOf } from './markdown.js';

const SECTIONS = sectionsOf(readDocument('PROTOCOL.md'));

const ZERO = '0000000000000000';
const NONE: Payload = { encoding: ENCODING.NONE, bytes: new Uint8Array(0) };
const BROKEN: Payload = { encoding: ENCODING.SUPERJSON, bytes: Uint8Array.of(9) };
const LOBBY = payloadOf({ room: 'lobby' });
const NOTE = payloadOf({ params: { room: 'lobby' }, message: 'hi' });
const HELLO: Message = { kind: 'HELLO', features: 0, agent: '', token: '', revisions: [] };
const CHUNK: ChunkMessage = {
  kind: 'CHUNK',
  transfer: 0,
  isFirst: true,
  isLast: true,
  isAbort: false,
  size: 2,
  bytes: Uint8Array.of(0x58, 0),
};
/** The first piece of a CALL. */
function begin(transfer: number, size: number): ChunkMessage {
  const bytes = Uint8Array.of(0x51, 97, 0, 0, 3, ...new Uint8Array(20));
  return { ...CHUNK, transfer, size, isLast: false, bytes };
}
function abort(transfer: number): ChunkMessage {
  const bytes = new Uint8Array(0);
  return { ...CHUNK, transfer, isFirst: false, isLast: false, isAbort: true, size: 0, bytes };
}
const RESUME: Message = {
  kind: 'RESUME',
  features: 0,
  token: '',
  session: 's',
  attach: 2,
  secret: new Uint8Array(32),
  rx: 0,
  first: 1,
  revisions: [],
};

function bind(name: string, procedureKind: ProcedureKind = 'call', procedure = 0): Message {
  const hashes = { sendHash: ZERO, receiveHash: ZERO };
  return { kind: 'BIND', procedure, procedureKind, name: `desk.${name}`, ...hashes };
}

function callOf(payload: Payload = NONE, more: Partial<CallMessage> = {}): Message {
  return { kind: 'CALL', id: 0, procedure: 0, ...payload, ...more };
}

function subscribe(sub: number, params: Payload = LOBBY, name = 'desk.notes'): Message {
  const none = { cursor: undefined, last: undefined };
  return { kind: 'SUBSCRIBE', sub, name, params, payloadHash: ZERO, ...none };
}

const item = (payload: Payload): Message => ({ kind: 'ITEM', id: 0, ...payload });
const end = (payload: Payload = NONE): Message => ({ kind: 'END', id: 0, ...payload });
const cancel = (id: number): Message => ({ kind: 'CANCEL', id, reason: 'withdrawn' });
const late: Message = { kind: 'CANCEL', id: 0, reason: 'deadline' };
const many = (count: number, message: Message): Message[] => Array<Message>(count).fill(message);
const KEY = { idempotencyKey: Uint8Array.of(1) };
const openUp = [bind('up', 'stream'), callOf()];
const openWait = [bind('wait'), callOf()];
const openDown = [bind('down', 'stream'), callOf()];

/** What the server has made of what it was sent, in the words of the document. */
function outcomeOf(peer: RawPeer, before: number): string {
  if (peer.closed !== undefined) return `closes with ${peer.closed.code}`;
  const answers = peer.received.slice(before).filter(({ kind }) => kind !== 'ITEM');
  const last = answers.find(({ kind }) => kind === 'ERROR' || kind === 'ENDED') ?? answers.at(-1);
  if (last === undefined) return 'ignores it';
  switch (last.kind) {
    case 'ERROR':
      return `answers ERROR ${last.code}, executed ${last.executed}`;
    case 'ENDED':
      return `answers ENDED ${last.code}`;
    default:
      return `answers ${last.kind}`;
  }
}

function reactionTo(title: string, when: RegExp): string {
  const text = SECTIONS.find((section) => section.title === title)?.text ?? '';
  const rows = rowsOf(text, 'when', 'reaction').filter(([found = '']) => when.test(found));
  expect(rows).toHaveLength(1);
  return rows[0]?.[1] ?? '';
}

type Case = readonly [title: Kind, when: RegExp, messages: readonly Message[], outcome: string];

/** What the client says in one batch after WELCOME, and what our server makes of it. */
const LIVE: readonly Case[] = [
  ['HELLO', /second one/, [HELLO], 'closes with 4400'],
  ['AUTH', /did not set/, [{ kind: 'AUTH', token: '' }], 'closes with 4400'],
  ['PING', /otherwise/, [{ kind: 'PING', value: 7 }], 'answers PONG'],
  ['PONG', /no PING waits/, [{ kind: 'PONG', value: 7 }], 'ignores it'],
  ['BIND', /not the next/, [bind('echo', 'call', 1)], 'closes with 4400'],
  [
    'CALL',
    /what it does not have/,
    [bind('gone'), callOf()],
    'answers ERROR NOT_FOUND, executed no',
  ],
  ['CALL', /what it does not have/, [bind('up'), callOf()], 'answers ERROR NOT_FOUND, executed no'],
  ['CALL', /wrong side/, [bind('wait'), callOf(NONE, { id: 1 })], 'closes with 4400'],
  ['CALL', /or taken/, [...openWait, callOf()], 'closes with 4400'],
  ['CALL', /is not bound/, [callOf()], 'closes with 4400'],
  [
    'CALL',
    /keeps no results/,
    [bind('wait'), callOf(NONE, KEY)],
    'answers ERROR UNAVAILABLE, executed no',
  ],
  [
    'CALL',
    /keeps no results/,
    [bind('down', 'stream'), callOf(NONE, KEY)],
    'answers ERROR UNAVAILABLE, executed no',
  ],
  [
    'CALL',
    /key was used with another/,
    [bind('once'), callOf(payloadOf('a'), KEY), callOf(payloadOf('b'), { ...KEY, id: 2 })],
    'answers ERROR IDEMPOTENCY_MISMATCH, executed no',
  ],
  [
    'CALL',
    /runs or has run/,
    [bind('once'), callOf(payloadOf('large'), KEY), callOf(payloadOf('large'), { ...KEY, id: 2 })],
    'answers ERROR RESULT_GONE, executed yes',
  ],
  [
    'CALL',
    /too many idempotency keys/,
    [
      bind('once'),
      ...Array.from({ length: 4 }, (_, id) =>
        callOf(payloadOf('a'), { id: id * 2, idempotencyKey: Uint8Array.of(id) }),
      ),
    ],
    'answers ERROR BUSY, executed no',
  ],
  [
    'CALL',
    /larger than valueInBytes/,
    [bind('small'), callOf({ encoding: ENCODING.BYTES, bytes: new Uint8Array(1_001) })],
    'answers ERROR TOO_LARGE, executed no',
  ],
  [
    'CALL',
    /deadlineMs is 0/,
    [bind('wait'), callOf(NONE, { deadlineMs: 0 })],
    'answers ERROR DEADLINE, executed no',
  ],
  [
    'CALL',
    /are at a limit/,
    [
      ...openUp,
      ...many(31, callOf()).map((one, n) => ({ ...one, id: 2 * n + 2 }) as Message),
    ].concat(callOf(NONE, { id: 64 })),
    'answers ERROR BUSY, executed no',
  ],
  [
    'CALL',
    /second publisher/,
    [
      bind('notes', 'publish'),
      callOf(NOTE, { publishId: { publisher: 'a', counter: 1 } }),
      callOf(NOTE, { id: 2, publishId: { publisher: 'b', counter: 1 } }),
    ],
    'answers ERROR INVALID_INPUT, executed no',
  ],
  [
    'CALL',
    /too many publishes/,
    [
      bind('notes', 'publish'),
      ...Array.from({ length: 201 }, (_, n) => callOf(NOTE, { id: 2 * n })),
    ],
    'answers ERROR RATE, executed no',
  ],
  [
    'CALL',
    /payload breaks its rules/,
    [bind('echo'), callOf(BROKEN)],
    'answers ERROR INVALID_INPUT, executed no',
  ],
  [
    'CALL',
    /the input, .*does not fit/,
    [bind('echo'), callOf(payloadOf(1))],
    'answers ERROR INVALID_INPUT, executed no',
  ],
  [
    'CALL',
    /clients do not publish/,
    [bind('news', 'publish'), callOf(payloadOf({ message: 'hi' }))],
    'answers ERROR DENIED, executed no',
  ],
  ['CALL', /guard/, [bind('denied'), callOf()], 'answers ERROR DENIED, executed no'],
  ['CALL', /otherwise/, [bind('echo'), callOf(payloadOf('a'))], 'answers RESULT'],
  ['RESULT', /no CALL/, [{ kind: 'RESULT', id: 1, ...NONE }], 'closes with 4400'],
  [
    'ERROR',
    /no CALL/,
    [{ kind: 'ERROR', id: 1, executed: 'no', code: 'X', message: '', ...NONE }],
    'closes with 4400',
  ],
  ['CANCEL', /not known/, [cancel(2)], 'ignores it'],
  ['CANCEL', /reason is 1$/, [...openWait, late], 'answers ERROR DEADLINE, executed unknown'],
  [
    'CANCEL',
    /reason is another$/,
    [...openWait, cancel(0)],
    'answers ERROR CANCELLED, executed unknown',
  ],
  [
    'CANCEL',
    /reason is another$/,
    [...openDown, cancel(0)],
    'answers ERROR CANCELLED, executed unknown',
  ],
  ['CANCEL', /too many/, many(1_025, cancel(0)), 'closes with 4429'],
  ['ITEM', /not known/, [item(payloadOf(1))], 'ignores it'],
  ['ITEM', /no items in this direction/, [...openWait, item(payloadOf(1))], 'closes with 4400'],
  ['ITEM', /no items in this direction/, [...openDown, item(payloadOf(1))], 'closes with 4400'],
  ['ITEM', /after END/, [...openUp, end(), item(payloadOf(1))], 'closes with 4400'],
  ['ITEM', /no credit/, [...openUp, ...many(17, item(payloadOf(1)))], 'closes with 4400'],
  ['ITEM', /at the callee/, [...openUp, item(BROKEN)], 'answers ERROR INVALID_INPUT, executed yes'],
  [
    'ITEM',
    /at the callee/,
    [...openUp, item(payloadOf('x'))],
    'answers ERROR INVALID_INPUT, executed yes',
  ],
  ['END', /not known/, [end()], 'ignores it'],
  ['END', /call or publish/, [...openWait, end()], 'closes with 4400'],
  ['END', /END came before/, [...openDown, end()], 'closes with 4400'],
  ['END', /END came before/, [...openUp, end(), end()], 'closes with 4400'],
  ['END', /there is a payload/, [...openUp, end(payloadOf(1))], 'closes with 4400'],
  // Of encoding bytes, and empty.
  ['END', /there is a payload/, [...openUp, end(payloadOf(Uint8Array.of()))], 'closes with 4400'],
  ['CREDIT', /not known/, [{ kind: 'CREDIT', id: 2, items: 1, bytes: 1 }], 'ignores it'],
  [
    'CREDIT',
    /nothing flows/,
    [...openWait, { kind: 'CREDIT', id: 0, items: 9, bytes: 9 }],
    'ignores it',
  ],
  ['SUBSCRIBE', /not the next/, [subscribe(1)], 'closes with 4400'],
  [
    'SUBSCRIBE',
    /too many/,
    Array.from({ length: 1_025 }, (_, n) => subscribe(n)),
    'closes with 4429',
  ],
  [
    'SUBSCRIBE',
    /16 KiB/,
    [subscribe(0, payloadOf({ room: 'x'.repeat(17_000) }))],
    'answers ENDED TOO_LARGE',
  ],
  [
    'SUBSCRIBE',
    /16 KiB/,
    [subscribe(0, payloadOf({ room: 'x'.repeat(300) }))],
    'answers ENDED TOO_LARGE',
  ],
  ['SUBSCRIBE', /does not fit/, [subscribe(0, BROKEN)], 'answers ENDED INVALID_INPUT'],
  [
    'SUBSCRIBE',
    /does not fit/,
    [subscribe(0, payloadOf({ room: 1 }))],
    'answers ENDED INVALID_INPUT',
  ],
  ['SUBSCRIBE', /no such topic/, [subscribe(0, NONE, 'desk.gone')], 'answers ENDED NOT_FOUND'],
  ['SUBSCRIBE', /guard/, [subscribe(0, payloadOf({ room: 'closed' }))], 'answers ENDED DENIED'],
  ['SUBSCRIBE', /otherwise/, [subscribe(0)], 'answers SUBSCRIBED'],
  ['UNSUBSCRIBE', /not live/, [{ kind: 'UNSUBSCRIBE', sub: 5 }], 'ignores it'],
  ['CHUNK', /no well-formed message/, [CHUNK], 'closes with 4400'],
  ['CHUNK', /FIRST comes for a live/, [begin(1, 99), begin(1, 99)], 'closes with 4400'],
  ['CHUNK', /ABORT has bytes/, [begin(1, 99), { ...abort(1), isLast: true }], 'closes with 4400'],
  [
    'CHUNK',
    /256 transfers/,
    Array.from({ length: 257 }, (_, n) => begin(n, 99)),
    'closes with 4400',
  ],
  ['CHUNK', /was not refused/, [begin(1, 99), abort(1)], 'answers ERROR CANCELLED, executed no'],
];

/** What the client says before WELCOME, each batch in its turn. */
const EARLY: readonly Case[] = [
  ['HELLO', /another message/, [{ kind: 'PING', value: 7 }], 'closes with 4400'],
  ['HELLO', /^otherwise$/, [HELLO], 'answers WELCOME'],
  ['RESUME', /sessions are not resumed/, [RESUME], 'answers GONE'],
  ['RESUME', /second one/, [RESUME, RESUME], 'closes with 4400'],
  ['HELLO', /^otherwise$/, [RESUME, HELLO], 'answers WELCOME'],
];

describe('our server', () => {
  it.each(LIVE)('%s, when %s, after WELCOME', async (title, when, messages, outcome) => {
    expectSaid(reactionTo(title, when), outcome);
    const limits = { sessionIdempotencyKeys: 3 };
    await using host = openRawHost({ services: [createDesk()], anonymous: true, limits });
    const peer = host.connect();
    await peer.hello();
    const before = peer.received.length;
    await peer.send(...messages);
    expect(outcomeOf(peer, before)).toBe(outcome);
  });

  it.each(EARLY)('%s, when %s, before WELCOME', async (title, when, messages, outcome) => {
    expectSaid(reactionTo(title, when), outcome);
    await using host = openRawHost({ services: [createDesk()], anonymous: true });
    const peer = host.connect();
    for (const message of messages) await peer.send(message);
    expect(outcomeOf(peer, 0)).toBe(outcome);
  });

  it.each<[Kind, string]>([
    ['WELCOME', '00 02 09 10 00000000987500 00'],
    ['RESUMED', '00 04 08 00 00 00 00 9875 00 00'],
    ['GONE', '00 05 02 00 00'],
    ['AUTHED', '00 0a 01 00'],
    ['SUBSCRIBED', '00 22 0f 000c01406a1f9c9701000080208320'],
    ['MESSAGE', '00 24 04 0c 01 00 00'],
    ['GAP', '00 25 0c 00 406a1f9c97010000 01 00 02'],
    ['STALE', '00 27 02 0000'],
    ['ENDED', '00 26 04 00 0158 00'],
  ])('closes with 4400 on %s, which goes to a client', async (kind, hex) => {
    expect(Object.keys(KINDS)).toContain(kind);
    await using host = openRawHost({ services: [createDesk()], anonymous: true });
    const peer = host.connect();
    await peer.hello();
    await peer.bytes(bytesOfHex(hex));
    expect(peer.closed).toEqual({ code: 4400, reason: 'message in the wrong direction' });
  });

  it.each<[string, string[], string]>([
    ['skips a duplicate', ['010100 5800', '010100 5800'], 'ignores it'],
    [
      'counts what has no number beside a duplicate',
      ['010100 5800', '010100 5800 0704 01000000'],
      'answers PONG',
    ],
    ['closes on a number that leaves a hole', ['010200 5800'], 'closes with 4400'],
    ['closes on a number below 1', ['010000 5800'], 'closes with 4400'],
    ['closes on an acknowledgement of nothing', ['020100'], 'closes with 4400'],
    ['takes the same acknowledgement again', ['020000', '020000'], 'ignores it'],
    ['skips a message of an optional kind', ['010100 ff00 bf00', '010200 5800'], 'ignores it'],
    ['closes on a message of another kind', ['00 3f00'], 'closes with 4400'],
    ['closes on an empty WebSocket message', [''], 'closes with 4400'],
  ])('%s', async (_what, batches, outcome) => {
    await using host = openRawHost({ services: [createDesk()], anonymous: true });
    const peer = host.connect();
    await peer.hello();
    const before = peer.received.length;
    for (const batch of batches) await peer.bytes(bytesOfHex(batch));
    expect(outcomeOf(peer, before)).toBe(outcome);
  });

  it('acts on what stands before a message that closes', async () => {
    const echoed: string[] = [];
    await using host = openRawHost({ services: [createDesk(echoed)], anonymous: true });
    const peer = host.connect();
    await peer.hello();
    await peer.send(bind('echo'), callOf(payloadOf('a')), callOf(payloadOf('b'), { id: 1 }));
    expect(echoed).toEqual(['a']);
    expect(peer.closed?.code).toBe(4400);
  });
});

/** Holds what a test expects against the reaction that the document states. */
function expectSaid(reaction: string, outcome: string): void {
  const [verb = '', ...words] = outcome.split(/\W+/);
  const said = reaction.split(/\W+/);
  expect(said).toEqual(expect.arrayContaining(words));
  expect(['answers', said[0]]).toContain(verb);
}

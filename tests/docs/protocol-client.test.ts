import { ENCODING, type Kind, type Message, type Payload } from '@trunkline/protocol';
import { describe, expect, it } from 'vitest';
import { startLive } from '../../packages/client/tests/harness.js';
import { welcome, type ScriptedConnection } from '../../packages/client/tests/scripted-server.js';
import {
  EPOCH,
  OTHER_EPOCH,
  publish,
  subscribed,
} from '../../packages/client/tests/topic-server.js';
import { readDocument, rowsOf, sectionsOf } from './markdown.js';

const SECTIONS = sectionsOf(readDocument('PROTOCOL.md'));

const NONE: Payload = { encoding: ENCODING.NONE, bytes: new Uint8Array(0) };
const BROKEN: Payload = { encoding: ENCODING.SUPERJSON, bytes: Uint8Array.of(9) };
const ZERO = '0000000000000000';
const FAILURE = { executed: 'no', code: 'X', message: '', ...NONE } as const;
const TERMS = { features: 0, ttlMs: 0, expiresInMs: 0, idleMs: 0, revisions: [] };

/** Ids of what is going on when the server says something. */
const CALL = 0;
const DOWN = 2;
const UP = 4;
const UNKNOWN = 40;

const result = (id: number): Message => ({ kind: 'RESULT', id, ...NONE });
const item = (id: number, payload: Payload = NONE): Message => ({ kind: 'ITEM', id, ...payload });
const message = (offset: number, skipped = 0, topic = 7): Message => {
  return { kind: 'MESSAGE', topic, offset, skipped, ...NONE };
};
const gap = (sub: number, from: number, to: number | undefined, epoch = EPOCH): Message => {
  return { kind: 'GAP', sub, epoch, from, to, reason: 'expired' };
};
const joined = (sub: number, state: 'fresh' | 'gap' = 'fresh'): Message => {
  return { kind: 'SUBSCRIBED', sub, topic: 7, state, epoch: EPOCH, offset: 4, top: 4 };
};

type Case = readonly [title: Kind, when: RegExp, messages: readonly Message[]];

/** What the server says to a client that has a call, two streams and a subscription at offset 4. */
const CLOSED: readonly Case[] = [
  ['WELCOME', /second one/, [welcome()]],
  [
    'RESUMED',
    /did not send RESUME/,
    [{ kind: 'RESUMED', rx: 0, ...TERMS, limits: welcome().limits }],
  ],
  ['GONE', /did not send RESUME/, [{ kind: 'GONE', reason: 'expired', rx: undefined }]],
  ['AUTHED', /did not set/, [{ kind: 'AUTHED', expiresInMs: 0 }]],
  [
    'BIND',
    /did not set CALLS/,
    [
      {
        kind: 'BIND',
        procedure: 0,
        procedureKind: 'call',
        name: 'a.b',
        sendHash: ZERO,
        receiveHash: ZERO,
      },
    ],
  ],
  ['CALL', /did not set CALLS/, [{ kind: 'CALL', id: 1, procedure: 0, ...NONE }]],
  ['RESULT', /that of a stream/, [result(DOWN)]],
  ['END', /call or publish/, [{ kind: 'END', id: CALL, ...NONE }]],
  ['ITEM', /call or publish/, [item(CALL)]],
  ['ITEM', /no items in this direction/, [item(UP)]],
  ['ITEM', /no credit/, Array.from({ length: 65 }, () => item(DOWN))],
  ['MESSAGE', /said gap/, [joined(0, 'gap'), message(5)]],
  ['MESSAGE', /position is below/, [message(6)]],
  [
    'CHUNK',
    /no well-formed message/,
    [
      {
        kind: 'CHUNK',
        transfer: 0,
        isFirst: true,
        isLast: true,
        isAbort: false,
        size: 2,
        bytes: Uint8Array.of(0x58, 0),
      },
    ],
  ],
];

const TAKEN: readonly Case[] = [
  ['PONG', /no PING waits/, [{ kind: 'PONG', value: 1 }]],
  ['RESULT', /not known/, [result(UNKNOWN), result(1)]],
  ['ERROR', /^id is not known/, [{ kind: 'ERROR', id: UNKNOWN, ...FAILURE }]],
  ['ERROR', /code is not known/, [{ kind: 'ERROR', id: CALL, ...FAILURE }]],
  ['ERROR', /payload breaks/, [{ kind: 'ERROR', id: CALL, ...FAILURE, ...BROKEN }]],
  ['CANCEL', /not known/, [{ kind: 'CANCEL', id: UNKNOWN, reason: 'stopped' }]],
  ['CANCEL', /anything else/, [{ kind: 'CANCEL', id: CALL, reason: 'stopped' }]],
  ['CANCEL', /with up items/, [{ kind: 'CANCEL', id: UP, reason: 'stopped' }]],
  ['VOID', /any case/, [{ kind: 'VOID' }]],
  ['ITEM', /not known/, [item(UNKNOWN)]],
  ['ITEM', /at the caller/, [item(DOWN, BROKEN)]],
  ['END', /not known/, [{ kind: 'END', id: UNKNOWN, ...NONE }]],
  ['CREDIT', /not known/, [{ kind: 'CREDIT', id: UNKNOWN, items: 1, bytes: 1 }]],
  ['CREDIT', /nothing flows/, [{ kind: 'CREDIT', id: DOWN, items: 1, bytes: 1 }]],
  ['CREDIT', /not larger/, [{ kind: 'CREDIT', id: UP, items: 0, bytes: 0 }]],
  ['SUBSCRIBED', /not known/, [joined(9)]],
  ['SUBSCRIBED', /the first time and later/, [joined(0)]],
  ['MESSAGE', /^topic is not known/, [message(9, 0, 8)]],
  ['MESSAGE', /position is above/, [message(4), message(3)]],
  ['MESSAGE', /position is equal/, [message(5), message(9, 3)]],
  ['MESSAGE', /payload breaks/, [{ ...message(5), ...BROKEN } as Message]],
  ['GAP', /not known/, [gap(9, 1, 2)]],
  ['GAP', /that of the subscription/, [gap(0, 5, 7), message(8)]],
  ['GAP', /that of the subscription/, [gap(0, 1, 3), gap(0, 5, undefined), message(5)]],
  ['GAP', /another one/, [gap(0, 1, 9, OTHER_EPOCH), message(5)]],
  ['STALE', /not known/, [{ kind: 'STALE', sub: 9, reason: 'checking' }]],
  [
    'STALE',
    /stale already/,
    [
      { kind: 'STALE', sub: 0, reason: 'checking' },
      { kind: 'STALE', sub: 0, reason: 'unreachable' },
    ],
  ],
  ['ENDED', /not known/, [{ kind: 'ENDED', sub: 9, code: 'X', message: '' }]],
  ['ENDED', /otherwise/, [{ kind: 'ENDED', sub: 0, code: 'X', message: '' }, message(9)]],
];

/** The client's end of the reactions, with one of each kind of work going on. */
async function sayTo(messages: readonly Message[]): Promise<ScriptedConnection> {
  const { server, runtime, chat, client } = await startLive();
  const connection = server.latest;
  // What becomes of them is tested elsewhere; here the connection is looked at.
  const ignore = (): void => undefined;
  chat.ping().catch(ignore);
  const ticks = chat.ticks();
  ticks[Symbol.asyncIterator]().next().catch(ignore);
  ticks.output.catch(ignore);
  chat.upload(undefined, []).catch(ignore);
  chat.messages({ room: 'lobby' }).subscribe({});
  await runtime.settle();
  expect(connection.all('CALL').map(({ id, procedure }) => [id, procedure])).toEqual([
    [CALL, 0],
    [DOWN, 1],
    [UP, 2],
  ]);
  expect(connection.all('BIND').map(({ name }) => name)).toEqual([
    'chat.ping',
    'chat.ticks',
    'chat.upload',
  ]);
  subscribed(connection, { offset: 3, top: 4 });
  publish(connection, 4, 'hi');
  connection.send(...messages);
  await runtime.settle();
  client.close();
  await runtime.settle();
  return connection;
}

function reactionTo(title: string, when: RegExp): string {
  const text = SECTIONS.find((section) => section.title === title)?.text ?? '';
  const rows = rowsOf(text, 'when', 'reaction').filter(([found = '']) => when.test(found));
  expect(rows).toHaveLength(1);
  return rows[0]?.[1] ?? '';
}

describe('our client', () => {
  it.each(CLOSED)('closes on %s, when %s', async (title, when, messages) => {
    expect(reactionTo(title, when)).toBe('closes with 4400');
    const { closedWith } = await sayTo(messages);
    expect(closedWith?.code).toBe(4400);
  });

  it.each(TAKEN)('goes on with %s, when %s', async (title, when, messages) => {
    expect(reactionTo(title, when)).not.toContain('closes');
    const { closedWith } = await sayTo(messages);
    expect(closedWith?.code).toBe(1000);
  });

  it('sends CANCEL, reason 2, for an ITEM that it cannot read', async () => {
    expect(reactionTo('ITEM', /at the caller/)).toContain('sends CANCEL, reason 2');
    const connection = await sayTo([item(DOWN, BROKEN)]);
    expect(connection.last('CANCEL')).toMatchObject({ id: DOWN, reason: 'stopped' });
  });
});

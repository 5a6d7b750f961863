import { describe, expect, it } from 'vitest';
import {
  CLIENT_DECODE_LIMITS,
  DECODE_LIMITS,
  ENCODING,
  SESSION_LIMITS,
  STORED,
  WIRE_LIMITS,
} from '@trunkline/protocol';
import { CLIENT_LIMITS } from '../../packages/client/src/connection/client-limits.js';
import {
  CANCEL_REASONS,
  EXECUTED,
  GAP_REASONS,
  GOAWAY_REASONS,
  GONE_REASONS,
  JOIN_STATES,
  PROCEDURE_KINDS,
  STALE_REASONS,
} from '../../packages/protocol/src/message.js';
import { SERVER_LIMITS } from '../../packages/server/src/limits/limits.js';
import { readDocument, rowsOf, sectionsOf } from './markdown.js';

const DOCUMENT = readDocument('PROTOCOL.md');
const SECTIONS = sectionsOf(DOCUMENT);
/** The document in one line, for sentences that are broken over several. */
const PROSE = DOCUMENT.replaceAll(/\s+/g, ' ');

function textOf(title: string): string {
  const section = SECTIONS.find((candidate) => candidate.title === title);
  if (section === undefined) throw new RangeError(`no section "${title}"`);
  return section.text;
}

describe('enumerations', () => {
  it.each<[string, string, readonly string[]]>([
    ['GONE', 'reason', GONE_REASONS],
    ['GAP', 'reason', GAP_REASONS],
    ['SUBSCRIBED', 'state', JOIN_STATES],
    ['BIND', 'kind', PROCEDURE_KINDS],
    ['ERROR', 'executed', EXECUTED],
  ])('of %s, %s, have the names of the code in its order', (title, field, names) => {
    const row = rowsOf(textOf(title), 'field', 'type').find(([name]) => name === field);
    const said = [...(row?.[2] ?? '').matchAll(/(\d) ([a-z]+)/g)];
    expect(said.map(([, number, name]) => [Number(number), name])).toEqual([...names.entries()]);
  });

  it.each<[string, readonly string[], Record<string, string>]>([
    [
      'GOAWAY',
      GOAWAY_REASONS,
      { stopping: 'the server stops', old: 'the connection is old', spread: 'the load is spread' },
    ],
    [
      'CANCEL',
      CANCEL_REASONS,
      {
        withdrawn: 'withdrawn',
        deadline: 'deadline',
        stopped: 'the consumer wants no more items',
        failed: 'the producer failed',
      },
    ],
    [
      'STALE',
      STALE_REASONS,
      {
        unreachable: 'the broker cannot be reached',
        checking: 'topic messages are being checked',
      },
    ],
    [
      'Extensions',
      STORED,
      {
        node: 'in the memory of one node',
        broker: 'in the memory of a broker',
        disk: "on a broker's disk",
      },
    ],
  ])('of %s say the names of the code in words, in its order', (title, names, words) => {
    expect(Object.keys(words)).toEqual(names);
    const list = names.map((name, number) => `${number} ${words[name]}`).join(', ');
    const text = textOf(title).replaceAll(/\s+/g, ' ');
    expect(text).toContain(list);
    expect(text).not.toContain(`${list}, ${names.length} `);
  });

  it('of encodings have the numbers of the code', () => {
    const names = Object.entries(ENCODING).map(
      ([name, number]) => `${number} ${name.toLowerCase()}`,
    );
    expect(rowsOf(textOf('Flags'), 'bits', 'meaning')[0]).toEqual([
      '0-1',
      `encoding of the payload: ${names.join(', ')}`,
    ]);
  });
});

describe('limits', () => {
  const wire = (name: keyof typeof WIRE_LIMITS): number => WIRE_LIMITS[name].value;
  const decode = (name: keyof typeof DECODE_LIMITS): number => DECODE_LIMITS[name].value;
  const server = (name: keyof typeof SERVER_LIMITS): number => SERVER_LIMITS[name].value;
  const client = (name: keyof typeof CLIENT_LIMITS): number => CLIENT_LIMITS[name];

  /** Numbers of a text, with their units multiplied out. */
  function numbersOf(text: string): number[] {
    const units: Record<string, number> = { KiB: 1_024, MiB: 1_048_576, s: 1_000, minutes: 60_000 };
    return [...text.matchAll(/\b(\d[\d,]*)(?: (KiB|MiB|s|minutes)\b)?/g)].map(
      ([, digits = '', unit = '']) => Number(digits.replaceAll(',', '')) * (units[unit] ?? 1),
    );
  }

  const TABLE: readonly [string, number[], string][] = [
    ['batch', [wire('batchBytes')], '1009'],
    ['fragments of a WebSocket message', [server('fragments')], '1008'],
    [
      'time for a WebSocket message, from its first byte to its last',
      [server('unfinishedMs')],
      '1008',
    ],
    ['WebSocket Ping and Pong frames to a server', [server('controlFrames'), 10_000], '4429'],
    ['HELLO or RESUME, its batch', [server('helloBytes')], '1009'],
    ['bytes between HELLO and WELCOME', [server('earlyBytes')], '4400'],
    ['time to HELLO', [server('helloMs')], '4408'],
    ['params of a SUBSCRIBE, to a server', [server('paramsBytes')], 'TOO_LARGE'],
    [
      'one payload to a server / to a client',
      [SESSION_LIMITS.valueInBytes.absent, 16_777_216],
      'TOO_LARGE, executed no',
    ],
    [
      'values in chunks that are not complete, to a server / to a client',
      [wire('assemblyBytes'), wire('assemblyDownBytes')],
      'BUSY',
    ],
    ['the same, of all sessions of a server', [server('assemblyNodeBytes')], 'BUSY'],
    ['transfers of a direction', [wire('transfers')], '4400'],
    ['time between two chunks', [wire('chunkPauseMs')], 'TOO_LARGE'],
    ['depth of a value', [decode('depth')], 'INVALID_INPUT'],
    [
      'values within a value, to a server / to a client',
      [decode('values'), CLIENT_DECODE_LIMITS.values],
      'INVALID_INPUT',
    ],
    ['keys of an object; bytes of a key', [decode('keys'), decode('keyBytes')], 'INVALID_INPUT'],
    [
      'entries of all maps and sets of a value; numbers and bigints among the keys of the maps and the elements of the sets, to a server / to a client',
      [decode('entries'), decode('numericEntries'), CLIENT_DECODE_LIMITS.numericEntries],
      'INVALID_INPUT',
    ],
    ['annotations; binaries', [decode('annotations'), decode('binaries')], 'INVALID_INPUT'],
    [
      "steps of an annotation's path; bytes of a URL",
      [decode('pathSteps'), decode('urlBytes')],
      'INVALID_INPUT',
    ],
    [
      'un-acknowledged messages of a direction; bytes of their payloads, without chunks',
      [wire('unackedMessages'), wire('unackedBytes')],
      'the sender waits',
    ],
    ['time without a connection, of a session', [server('detachedMs')], 'GONE expired'],
    ['time for which an ended session is remembered', [server('tombstoneMs')], 'GONE unknown'],
    [
      "cancels, AUTHs, and calls that fail by the caller's fault",
      [server('faultRate'), server('faultBurst')],
      '4429',
    ],
    ['AUTHs that are not answered', [server('authPending')], '4429'],
    [
      'calls that are answered with RATE and do not count as such faults',
      [server('faultRate'), server('faultBurst')],
      'they count',
    ],
    ['subscribes and unsubscribes', [server('subscribeRate'), server('subscribeBurst')], '4429'],
    [
      'names of subprotocols that are offered; their bytes, with commas',
      [server('subprotocols'), server('subprotocolBytes')],
      'HTTP 400',
    ],
    [
      'a stream without an item either way, though there is credit for one',
      [server('streamIdleMs')],
      'STREAM_IDLE',
    ],
  ];

  it('of the table are those of the code, and no others', () => {
    const rows = rowsOf(textOf('Limits'), 'what', 'limit', 'on excess');
    const table = rows.map(([what, limit = '', excess]) => [what, numbersOf(limit), excess]);
    expect(table).toEqual(TABLE);
  });

  it('that are told in WELCOME hold at a server that sets none', () => {
    for (const [name, { absent }] of Object.entries(SESSION_LIMITS)) {
      expect([name, server(name as keyof typeof SESSION_LIMITS)]).toEqual([name, absent]);
    }
  });

  it.each<[string, RegExp, number[]]>([
    ['another batch', /before one has more than (\d+ KiB), unless/, [wire('batchCloseBytes')]],
    ['the size of a batch', /A batch is at most ([^;]+);/, [wire('batchBytes')]],
    ['the window', /At most ([\d,]+) messages of a direction/, [wire('unackedMessages')]],
    ['the window in bytes', /payloads of those have (\d+ MiB) or more/, [wire('unackedBytes')]],
    ['a pause in chunks', /more than (\d+ s) pass between two chunks/, [wire('chunkPauseMs')]],
    ['what is remembered', /ours for (\d+ minutes), and answers/, [server('tombstoneMs')]],
    [
      'a late RESUMED',
      /It does not come within (\d+ s) \| ends the connection as a cut; the/i,
      [client('welcomeMs')],
    ],
    [
      'acknowledging',
      /else after (\d+ sequenced messages, \d+ KiB, or \d+ ms)/,
      [wire('ackMessages'), wire('ackBytes'), wire('ackDelayMs')],
    ],
    ['idle pings', /nothing came for `idleMs` \((\d+ s), spread/, [wire('idleMs')]],
    ['busy pings', /one after (\d+ s) without a byte while/, [wire('busyIdleMs')]],
    [
      'death',
      /for dead after (\d+ s without a byte, and after \d+ s)/,
      [wire('deadMs'), wire('busyDeadMs')],
    ],
    ['a late WELCOME', /waits for WELCOME allows (\d+ s)/, [client('welcomeMs')]],
    ['a late WELCOME, again', /does not come within (\d+ s)/, [client('welcomeMs')]],
    ['a late HELLO', /Without a HELLO or RESUME within (\d+ s)/, [server('helloMs')]],
    ['a late HELLO, again', /nothing came within (\d+ s), counted anew/, [server('helloMs')]],
    [
      'authentication',
      /by a fault of the server, or takes longer than (\d+ s)/,
      [server('authMs')],
    ],
    ['early bytes', /a client may send at most (\d+ KiB), where/, [server('earlyBytes')]],
    ['the bytes of HELLO', /head `00`, of at most (\d+ KiB);/, [server('helloBytes')]],
    ['the deadline of a call', /the server's default \((\d+ s)\)/, [server('deadlineMs')]],
    ['the longest deadline', /ours allows (\d+ minutes)/, [server('maxDeadlineMs')]],
    [
      'credit to a client',
      /starting credit is (\d+ items and [\d,]+ bytes)/,
      [wire('downCreditItems'), wire('downCreditBytes')],
    ],
    [
      'credit that is taken',
      /takes totals of at most ([\d,]+ items and \d+ MiB)/,
      [server('downCreditMaxItems'), server('downCreditMaxBytes')],
    ],
    ['params', /`params` has more than (\d+ KiB)/, [server('paramsBytes')]],
    ['digits of a bigint', /\[0-9\]\{(1,\d+)\}/, [Number(`1${decode('bigintDigits')}`)]],
  ])('of a sentence: %s', (_what, pattern, values) => {
    expect(numbersOf(pattern.exec(PROSE)?.[1] ?? '')).toEqual(values);
  });
});

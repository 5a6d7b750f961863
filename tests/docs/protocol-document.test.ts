import { describe, expect, it } from 'vitest';
import {
  CLIENT_DECODE_LIMITS,
  CLOSE_CODES,
  decodeBatch,
  DECODE_LIMITS,
  ENCODING,
  ERROR_CODES,
  FEATURES,
  KINDS,
  SESSION_LIMITS,
  STORED,
  SUBPROTOCOLS,
  WIRE_LIMITS,
  Writer,
  type Batch,
  type CloseReaction,
  type ExtFields,
  type Kind,
} from '@trunkline/protocol';
import { encodeExt } from '../../packages/protocol/src/ext.js';
import {
  CANCEL_REASONS,
  EXECUTED,
  GAP_REASONS,
  GOAWAY_REASONS,
  GONE_REASONS,
  isSequenced,
  JOIN_STATES,
  PROCEDURE_KINDS,
  STALE_REASONS,
} from '../../packages/protocol/src/message.js';
import { bytesOfHex, readMessageVectors } from '../vectors/vector-json.js';
import { fencesOf, readDocument, rowsOf, sectionsOf, type Section } from './markdown.js';

const DOCUMENT = readDocument('PROTOCOL.md');
const SECTIONS = sectionsOf(DOCUMENT);
const MESSAGES = SECTIONS.filter(({ level, title }) => level === 3 && /^[A-Z]+$/.test(title));
const VECTORS = readMessageVectors();
/** The document in one line, for sentences that are broken over several. */
const PROSE = DOCUMENT.replaceAll(/\s+/g, ' ');

function textOf(title: string): string {
  const section = SECTIONS.find((candidate) => candidate.title === title);
  if (section === undefined) throw new RangeError(`no section "${title}"`);
  return section.text;
}

function camelCase(words: string): string {
  return words.replaceAll(/ (.)/g, (_space, letter: string) => letter.toUpperCase());
}

describe('messages', () => {
  it('have a heading each, and each heading is a message', () => {
    expect(MESSAGES.map(({ title }) => title).toSorted()).toEqual(Object.keys(KINDS).toSorted());
  });

  it.each(MESSAGES)(
    '$title has its direction, its kind byte and whether it is numbered',
    (section) => {
      const kind = KINDS[section.title as Kind];
      expect(
        section.text.match(/^Direction: (client to server|server to client|both|from the c)/m),
      ).not.toBeNull();
      const byte = kind.toString(16).padStart(2, '0');
      const numbered = [...section.text.matchAll(/Kind `([0-9a-f]{2})`(, sequenced)?/g)];
      expect(numbered.map(([, found]) => found)).toEqual([byte]);
      expect(numbered[0]?.[2] !== undefined).toBe(isSequenced(kind));
    },
  );

  it.each(MESSAGES)(
    '$title ends with one batch, which is read as the vector of its name',
    (section) => {
      const fences = fencesOf(section.text).filter(({ info }) => info === 'hex batch');
      expect(fences).toHaveLength(1);
      const vector = VECTORS.find(({ name }) => name === section.title);
      const { text } = fences[0] as { text: string };
      expect(text.replaceAll(/\s/g, '')).toBe(vector?.hex);
      const batch = decodeBatch(bytesOfHex(text)) as Batch;
      expect(batch.messages).toEqual([vector?.message]);
      expect(section.text.trimEnd().endsWith('```')).toBe(true);
      expect(section.text).toMatch(/\S:\n\n```hex batch\n/);
    },
  );

  it('show no other batch, and none in another way', () => {
    const fences = fencesOf(DOCUMENT).filter(({ info }) => info.startsWith('hex'));
    expect(fences.map(({ info }) => info)).toEqual(MESSAGES.map(() => 'hex batch'));
  });

  it.each(MESSAGES)('$title goes where its vectors say', ({ title, text }: Section) => {
    const [, from] = /^Direction: (client|server|both|from)/m.exec(text) as RegExpExecArray;
    const direction = from === 'from' ? 'both' : from;
    const vectors = VECTORS.filter(({ message }) => message.kind === title);
    for (const vector of vectors) expect(vector.direction).toBe(direction);
  });
});

describe('tables', () => {
  it('of subprotocols has the names that are negotiated', () => {
    const names = rowsOf(textOf('Negotiation'), 'name', 'meaning').map(([name]) => name);
    expect(names).toEqual(Object.values(SUBPROTOCOLS));
  });

  it('of close codes has numbers, names and reactions', () => {
    const reactions: readonly [RegExp, CloseReaction][] = [
      [/^asks for a new one/, 'new-token'],
      [/connects again after them/, 'retry-after'],
      [/^connects again/, 'retry'],
      [/^(stops|this connection stops)/, 'stop'],
    ];
    const rows = rowsOf(textOf('Close codes'), 'code', 'name').map(([code, name, , says = '']) => [
      name,
      { code: Number(code), reaction: reactions.find(([pattern]) => pattern.test(says))?.[1] },
    ]);
    const codes = Object.entries(CLOSE_CODES).map(([name, { code, reaction }]) => [
      name,
      { code, reaction },
    ]);
    expect(rows).toEqual(codes);
  });

  it('of error codes has codes and meanings', () => {
    expect(rowsOf(textOf('Error codes'), 'code', 'meaning')).toEqual(Object.entries(ERROR_CODES));
  });

  it('of ext tags has the tags that are written', () => {
    const place = { epoch: '0000000000000000', offset: 0 };
    const fields: Required<ExtFields> = {
      traceParent: 'x',
      traceState: 'x',
      idempotencyKey: Uint8Array.of(1),
      publishId: { publisher: 'x', counter: 0 },
      asOf: place,
      published: { ...place, stored: 'node', duplicate: false },
      retryAfterMs: 0,
    };
    const written = Object.entries(fields).map(([name, value]) => {
      const writer = new Writer();
      encodeExt(writer, { [name]: value });
      return [(writer.take()[1] as number).toString(16).padStart(2, '0'), name.replace(/Ms$/, '')];
    });
    const rows = rowsOf(textOf('Extensions'), 'tag', 'name');
    expect(rows.map(([tag, name = '']) => [tag, camelCase(name)])).toEqual(written);
  });

  it('of feature bits has the bits', () => {
    const rows = rowsOf(textOf('HELLO'), 'feature bit', 'name');
    const bits = Object.entries(FEATURES).map(([name, mask]) => [Math.log2(mask), name]);
    expect(rows.map(([bit, name]) => [Number(bit), name])).toEqual(bits);
  });

  it('of limit tags has tags, names and what holds without them', () => {
    const rows = rowsOf(textOf('WELCOME'), 'limit tag', 'name').map(
      ([tag, name, , absent = '']) => [
        name,
        { tag: Number(tag), absent: Number(absent.replaceAll(',', '')) },
      ],
    );
    expect(rows).toEqual(Object.entries(SESSION_LIMITS));
  });
});

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

  /** Numbers of a text, with their units multiplied out. */
  function numbersOf(text: string): number[] {
    const units: Record<string, number> = { KiB: 1_024, MiB: 1_048_576, s: 1_000 };
    return [...text.matchAll(/\b(\d[\d,]*)(?: (KiB|MiB|s)\b)?/g)].map(
      ([, digits = '', unit = '']) => Number(digits.replaceAll(',', '')) * (units[unit] ?? 1),
    );
  }

  it.each<[string, number[]]>([
    ['batch', [wire('batchBytes')]],
    ['one payload to a server / to a client', [SESSION_LIMITS.valueInBytes.absent, 16_777_216]],
    ['depth of a value', [decode('depth')]],
    [
      'values within a value, to a server / to a client',
      [decode('values'), CLIENT_DECODE_LIMITS.values],
    ],
    ['keys of an object; bytes of a key', [decode('keys'), decode('keyBytes')]],
    [
      'entries of all maps and sets of a value; numbers and bigints among their keys, to a server / to a client',
      [decode('entries'), decode('numericEntries'), CLIENT_DECODE_LIMITS.numericEntries],
    ],
    ['annotations; binaries', [decode('annotations'), decode('binaries')]],
    ["steps of an annotation's path; bytes of a URL", [decode('pathSteps'), decode('urlBytes')]],
    ['un-acknowledged messages of a direction', [wire('unackedMessages')]],
  ])('of the table: %s', (what, values) => {
    const row = rowsOf(textOf('Limits'), 'what', 'limit').find(([name]) => name === what);
    expect(numbersOf(row?.[1] ?? '')).toEqual(values);
  });

  it.each<[string, RegExp, number[]]>([
    ['closing a batch', /A sender closes a batch at ([^,]+),/, [wire('batchCloseBytes')]],
    ['the size of a batch', /A batch is at most ([^;]+);/, [wire('batchBytes')]],
    ['the window', /At most ([\d,]+) messages of a direction/, [wire('unackedMessages')]],
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
    [
      'credit to a client',
      /starting credit is (\d+ items and [\d,]+ bytes)/,
      [wire('downCreditItems'), wire('downCreditBytes')],
    ],
    ['digits of a bigint', /\[0-9\]\{(1,\d+)\}/, [Number(`1${decode('bigintDigits')}`)]],
  ])('of a sentence: %s', (_what, pattern, values) => {
    expect(numbersOf(pattern.exec(PROSE)?.[1] ?? '')).toEqual(values);
  });
});

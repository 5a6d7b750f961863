import { describe, expect, it } from 'vitest';
import {
  decodeBatch,
  encodeBatch,
  ENCODING,
  KINDS,
  Violation,
  Writer,
  type ExtFields,
  type Message,
} from '@trunkline/protocol';
import { Reader } from '../../packages/protocol/src/bytes/reader.js';
import { encodeExt } from '../../packages/protocol/src/ext.js';
import { isOptional, isSequenced } from '../../packages/protocol/src/message.js';
import { readPackedVectors } from '../vectors/packed-json.js';
import {
  bytesOfHex,
  readBatchVectors,
  readMessageVectors,
  readValueVectors,
} from '../vectors/vector-json.js';
import { grammarOf, readByGrammar, type Parts } from './grammar.js';
import { readDocument, rowsOf, sectionsOf } from './markdown.js';

const SECTIONS = sectionsOf(readDocument('PROTOCOL.md'));
const BATCHES = [...readMessageVectors().map(asBatch), ...readBatchVectors()];

function asBatch({ message, ...vector }: ReturnType<typeof readMessageVectors>[number]) {
  return { ...vector, messages: [message] };
}

function textOf(title: string): string {
  const section = SECTIONS.find((candidate) => candidate.title === title);
  if (section === undefined) throw new RangeError(`no section "${title}"`);
  return section.text;
}

/** Bits of a cell such as `3-7`. */
function bitsOf(cell: string): number[] {
  const [first = 0, last = first] = cell.split('-').map(Number);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

describe('the notation of the wire', () => {
  const rows = rowsOf(textOf('Values of the wire'), 'notation', 'meaning');
  const meaningOf = (name: string): string => rows.find(([one]) => one?.includes(name))?.[1] ?? '';

  it('is all that field tables and grammars use', () => {
    const names = 'u8 u16 u32 u64|varint|text|sized|rest|x[n]|[x]|x*';
    expect(rows.map(([name]) => name).join('|')).toBe(names);
  });

  it('says how many bytes a number of a fixed size has', () => {
    const [, list = ''] = /integers of ([\d, ]+) bytes, little endian$/.exec(meaningOf('u8')) ?? [];
    const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    const sizes = (['u8', 'u16', 'u32', 'u64'] as const).map((type) => {
      const reader = new Reader(bytes);
      expect(BigInt(type === 'u64' ? `0x${reader.u64()}` : reader[type]()) & 0xffn).toBe(1n);
      return bytes.length - reader.remaining;
    });
    expect(list.split(', ').map(Number)).toEqual(sizes);
  });

  it('says which varint is the largest', () => {
    const [, power, less] = /at most 2\^(\d+) − (\d+);/.exec(meaningOf('varint')) ?? [];
    expect(2 ** Number(power) - Number(less)).toBe(Number.MAX_SAFE_INTEGER);
    expect(meaningOf('varint')).toMatch(/closes with 4400$/);
  });
});

describe('the grammar of batches', () => {
  const heads = rowsOf(textOf('Batches'), 'bit of head', 'name');
  const bitOf = (name: string): number =>
    1 << Number(heads.find(([, one]) => one === name.toUpperCase())?.[0]);

  it.each(BATCHES)('reads $name', ({ hex, head, messages }) => {
    const grammar = grammarOf(textOf('Batches'), 'batch');
    const isThere = (name: string, { head: bits }: Parts): boolean =>
      (Number(bits) & bitOf(name)) !== 0;
    const batch = readByGrammar(grammar, bytesOfHex(hex), isThere);
    const { seq, ack, now = false } = head;
    expect([batch['seq'], batch['ack']]).toEqual([seq, ack]);
    expect((Number(batch['head']) & bitOf('NOW')) !== 0).toBe(now);
    const inner = `(${grammarOf(textOf('Batches'), 'message')})*`;
    const read = readByGrammar(inner, batch['message'] as Uint8Array)['group'] as readonly Parts[];
    const names = new Map<unknown, string>(
      Object.entries(KINDS).map(([name, kind]) => [kind, name]),
    );
    expect(read.map(({ kind }) => names.get(kind) ?? 'SKIPPED')).toEqual(
      messages.map(({ kind }) => kind),
    );
  });

  it('has no bit of the head but those of the table', () => {
    const [last = []] = heads.slice(-1);
    expect(heads.flatMap(([bits = '']) => bitsOf(bits))).toEqual([...Array(8).keys()]);
    expect(last.slice(1)).toEqual(['', '0, else 4400']);
    for (const bit of bitsOf(last[0] ?? '')) {
      const batch = decodeBatch(Uint8Array.of(1 << bit, 7, 4, 0, 0, 0, 0));
      expect(batch instanceof Violation && [batch.name, batch.code]).toEqual([
        'BAD_HEAD',
        'PROTOCOL',
      ]);
    }
  });

  it('has the bits of a kind that the table names', () => {
    const rows = rowsOf(textOf('Batches'), 'bit of kind', 'name');
    const told = rows.map(([bit, name]) => [name, 1 << Number(bit)]);
    expect(told).toEqual([
      ['OPTIONAL', 128],
      ['SEQUENCED', 64],
    ]);
    for (let kind = 0; kind < 256; kind++) {
      expect([isOptional(kind), isSequenced(kind)]).toEqual([(kind & 128) > 0, (kind & 64) > 0]);
    }
    expect(rows[0]?.[2]).toMatch(/an unknown kind without this bit closes with 4400$/);
  });
});

describe('flags', () => {
  const rows = rowsOf(textOf('Flags'), 'bits', 'meaning');
  const call: Message = {
    kind: 'CALL',
    id: 0,
    procedure: 0,
    encoding: ENCODING.NONE,
    bytes: new Uint8Array(0),
  };
  const flagsOf = (message: Message): number =>
    encodeBatch(new Writer(), { seq: 1 }, [message])[7] as number;

  it('have the bits of the table', () => {
    expect(rows.flatMap(([bits = '']) => bitsOf(bits))).toEqual([...Array(8).keys()]);
    const [, ext, own, none] = rows;
    expect(flagsOf({ ...call, retryAfterMs: 1 })).toBe(1 << Number(ext?.[0]));
    expect(ext?.[1]).toBe('EXT: an ext stands before the payload');
    expect(flagsOf({ ...call, deadlineMs: 1 })).toBe(1 << Number(own?.[0]));
    expect(own?.[1]).toBe('said per message');
    expect(none?.[1]).toBe('0, unless said per message');
    for (const bit of bitsOf(none?.[0] ?? '')) {
      const batch = decodeBatch(Uint8Array.of(1, 1, 0, KINDS.CALL, 3, 0, 0, 1 << bit));
      expect(batch instanceof Violation && batch.name).toBe('BAD_FLAGS');
    }
  });
});

describe('the grammar of exts', () => {
  const grammar = grammarOf(textOf('Extensions'), 'ext');
  const place = { epoch: '0123456789abcdef', offset: 300 };
  const written: readonly [string, ExtFields, (value: Parts) => unknown][] = [
    [
      'publish id',
      { publishId: { publisher: 'é', counter: 300 } },
      (read) => ({ publishId: read }),
    ],
    ['as of', { asOf: place }, (read) => ({ asOf: read })],
    [
      'published',
      { published: { ...place, stored: 'disk', duplicate: true } },
      ({ stored, ...read }) => ({
        published: { ...read, stored: stored === 130 ? 'disk' : stored, duplicate: true },
      }),
    ],
    ['retry after', { retryAfterMs: 300 }, ({ value }) => ({ retryAfterMs: value })],
    ['idle', { idleMs: 300 }, ({ value }) => ({ idleMs: value })],
  ];

  it.each(written)('and of the value of %s read what is written', (name, fields, fieldsOf) => {
    const writer = new Writer();
    encodeExt(writer, fields);
    const [one] = readByGrammar(grammar, writer.take())['group'] as readonly Parts[];
    const row = rowsOf(textOf('Extensions'), 'tag', 'name').find(([, said]) => said === name);
    expect(one?.['tag']).toBe(Number.parseInt(row?.[0] ?? '', 16));
    const [, said = ''] = /^((?:\w+:\w+ ?)+|varint)/.exec(row?.[3] ?? '') ?? [];
    const value = said === 'varint' ? 'value:varint' : said;
    expect(fieldsOf(readByGrammar(value, one?.['value'] as Uint8Array))).toEqual(fields);
  });
});

describe('the grammars of payloads', () => {
  const { values } = readValueVectors();

  it.each(values.filter(({ encoding }) => encoding === ENCODING.SUPERJSON))(
    'read $name',
    ({ hex }) => {
      const parts = readByGrammar(grammarOf(textOf('Payloads'), 'superjson'), bytesOfHex(hex));
      const json = JSON.parse(Buffer.from(parts['json'] as Uint8Array).toString('utf8')) as {
        meta?: { values?: unknown };
      };
      expect(json).toHaveProperty('json');
      expect(isTree(json.meta?.values ?? {})).toBe(true);
    },
  );

  it('say what a tree of annotations is', () => {
    expect(grammarOf(textOf('Payloads'), 'tree')).toBe(
      '[type] | [type, inner] | inner         type = "Date" | ["custom","binary"] | …',
    );
    expect(grammarOf(textOf('Payloads'), 'inner')).toBe('{ path: tree, … }');
  });

  it.each(readPackedVectors().values)('read the texts of $name', ({ hex }) => {
    const grammar = grammarOf(textOf('Bytes'), 'packed');
    const { size, texts, body } = readByGrammar(grammar, bytesOfHex(hex));
    expect((texts as Uint8Array).length).toBe(size);
    new TextDecoder('utf-8', { fatal: true }).decode(texts as Uint8Array);
    // Every part takes one byte at least.
    expect((body as Uint8Array).length).toBeGreaterThan(0);
  });

  function isTree(tree: unknown): boolean {
    if (!Array.isArray(tree)) return isInner(tree);
    const [type, inner] = tree as [unknown, unknown];
    const isType = typeof type === 'string' || String(type) === 'custom,binary';
    return isType && tree.length <= 2 && (tree.length === 1 || isInner(inner));
  }

  function isInner(inner: unknown): boolean {
    return typeof inner === 'object' && inner !== null && Object.values(inner).every(isTree);
  }
});

import { describe, expect, it } from 'vitest';
import {
  compilePacked,
  decodeBatch,
  encodeBatch,
  SERVER_DECODE_LIMITS,
  Violation,
  Writer,
  type ExtFields,
  type Layout,
  type Message,
} from '@trunkline/protocol';
import { GAP_REASONS } from '../../packages/protocol/src/message.js';
import { decodePayload } from '@trunkline/protocol/superjson';
import { readPackedVectors } from '../vectors/packed-json.js';
import { valueOf } from '../vectors/value-notation.js';
import { bytesOfHex, readMessageVectors, readValueVectors } from '../vectors/vector-json.js';
import { fieldsOf } from './field-table.js';
import { readDocument, rowsOf, sectionsOf } from './markdown.js';

const SECTIONS = sectionsOf(readDocument('PROTOCOL.md'));
const MESSAGES = SECTIONS.filter(({ level, title }) => level === 3 && /^[A-Z]+$/.test(title));
const VECTORS = readMessageVectors();

function textOf(title: string): string {
  const section = SECTIONS.find((candidate) => candidate.title === title);
  if (section === undefined) throw new RangeError(`no section "${title}"`);
  return section.text;
}

function nameOf(bytes: Uint8Array): string | undefined {
  const batch = decodeBatch(bytes);
  return batch instanceof Violation ? batch.name : undefined;
}

describe('exts', () => {
  const rows = rowsOf(textOf('Extensions'), 'tag', 'name', 'in', 'value');

  it.each(MESSAGES)('of $title have the tags that the table of tags names for it', (section) => {
    const ext = fieldsOf(section.text).find(({ name }) => name === 'ext');
    const said = (ext?.meaning ?? '')
      .replace(/^may have |^no tag of it is known$/g, '')
      .replace(/^(idle), .*$/, '$1')
      .split(', ');
    const named = rows.filter(([, , places = '']) =>
      places.match(/[A-Z]+/g)?.includes(section.title),
    );
    expect(said.filter(Boolean)).toEqual(named.map(([, name]) => name));
  });

  it.each(MESSAGES)(
    'of $title end its fields where the code takes one there',
    ({ title, text }) => {
      const last = fieldsOf(text).at(-1);
      const vector = VECTORS.find(({ name }) => name === title);
      const bytes = bytesOfHex(vector?.hex ?? '');
      const start = 1 + ((bytes[0] as number) & 1) * 2 + ((bytes[0] as number) & 2);
      const sizeBytes = (bytes[start + 1] as number) >= 128 ? 2 : 1;
      const body = bytes.subarray(start + 1 + sizeBytes);
      const writer = new Writer();
      writer.bytes(bytes.subarray(0, start + 1));
      writer.sized(Uint8Array.of(...body, 3, 0xf0, 1, 7));
      const isTaken = nameOf(writer.take()) === undefined;
      const isEnd = last?.name === 'ext' && last.type === 'ext if bytes are left';
      expect(isEnd).toBe(isTaken && !['payload', 'bytes'].includes(last?.name ?? ''));
    },
  );

  const text = (count: number): string => 'x'.repeat(count);
  it.each<[string, (count: number) => ExtFields]>([
    ['trace parent', (count) => ({ traceParent: text(count) })],
    ['trace state', (count) => ({ traceState: text(count) })],
    ['idempotency key', (count) => ({ idempotencyKey: new Uint8Array(count) })],
    ['publish id', (count) => ({ publishId: { publisher: text(count), counter: 1 } })],
  ])('are refused with a %s of a byte more than is said', (name, fieldsWith) => {
    const meaning = rows.find(([, said]) => said === name)?.[3] ?? '';
    const bound = Number(/(?:at most|1 to) (\d+)/.exec(meaning)?.[1]);
    const call = VECTORS.find((vector) => vector.name === 'CALL')?.message as Message;
    const withBytes = (count: number): Uint8Array =>
      encodeBatch(new Writer(), { seq: 1 }, [{ ...call, ...fieldsWith(count) } as Message]).slice();
    expect(nameOf(withBytes(bound))).toBeUndefined();
    expect(nameOf(withBytes(bound + 1))).toMatch(/^BAD_(FIELD|EXT)$/);
  });
});

describe('tables', () => {
  it('of reasons have those of GAP', () => {
    const rows = rowsOf(textOf('GAP'), 'reason', 'what became of the topic messages');
    expect(rows.map(([reason]) => reason)).toEqual(GAP_REASONS);
  });

  it('of MESSAGE have the fields of a part, which none of ours writes', () => {
    const rows = fieldsOf(textOf('MESSAGE')).map(({ name, type }) => [name, type]);
    expect(rows.slice(2, 6)).toEqual([
      ['skipped', 'varint'],
      ['flags', 'u8'],
      ['part', 'varint if bit 3'],
      ['size', 'varint if bit 3 and part is 0'],
    ]);
  });

  it('of annotations have those that are written', () => {
    const listed = rowsOf(textOf('Payloads'), 'annotation', 'JSON').map(([name]) => name);
    const rule = rowsOf(textOf('Payloads'), 'rule').find(([name]) => name === 'annotations')?.[1];
    const [, named = ''] = /^(.*); no other name/.exec(rule ?? '') ?? [];
    const names = named.replace(/\(.*?\)/, '').split(/,? and |, /);
    expect(new Set(listed).size).toBe(listed.length);
    expect(new Set(listed)).toEqual(new Set(names.map((name) => name.trim())));
  });

  it('of hashes and positions have each once', () => {
    expect(rowsOf(textOf('Layout hashes'), 'hash', 'parts').map((row) => row.slice(0, 2))).toEqual([
      ['sendHash of a call', 'input'],
      ['receiveHash of a call', 'output, errors'],
      ['sendHash of a stream', 'input, items up'],
      ['receiveHash of a stream', 'output, errors, items down'],
      ['sendHash of a publish', expect.stringMatching(/an object of params and message, in this/)],
      ['receiveHash of a publish', 'always 0'],
      ['payloadHash of a SUBSCRIBE', 'topic message'],
    ]);
    expect(rowsOf(textOf('Positions'), 'position', 'payloads')).toEqual([
      ['without a schema', 'encoding 0, none'],
      ['whose layout has the root bytes', 'encoding 3, bytes, and never packed'],
      ['any other', 'packed, or as without a layout: encoding 0, 2 or 3'],
    ]);
  });
});

describe('rules that a vector breaks', () => {
  /** What our decoder says of it; two rules may be broken by the same bytes. */
  const SAID: Readonly<Record<string, RegExp>> = {
    form: /^malformed payload|more than 16 binaries/,
    json: /not a superjson document/,
    document: /superjson document|meta/,
    annotations: /annotation|unknown part of meta/,
    binary: /binary/,
    paths: /path/,
    values: /^malformed|undefined must be null/,
    strings: /lone surrogate/,
    numbers: /a number out of range|number|date|bigint/,
    truncated: /truncated/,
    counts: /^truncated$|too many items/,
    'left over': /trailing/,
    choices: /choice|^truncated$|unknown tag/,
    texts: /text|URL/,
    keys: /key|member twice/,
    limits: /more than|longer|nested|binaries|numbers as keys|URL|bigint|bad key/,
  };

  it.each(readValueVectors().refused)('are that of $name', ({ rule, encoding, hex }) => {
    const payload = { encoding, bytes: bytesOfHex(hex) };
    expect(decodePayload(payload, SERVER_DECODE_LIMITS)).toEqual({
      fault: expect.stringMatching(SAID[rule] ?? /never/) as unknown,
    });
  });

  it.each(readPackedVectors().faults)('are that of $name, packed', ({ rule, layout, hex }) => {
    const decoded = compilePacked(layout).decode(bytesOfHex(hex), SERVER_DECODE_LIMITS);
    expect(decoded).toEqual({ fault: expect.stringMatching(SAID[rule] ?? /never/) as unknown });
  });
});

describe('bodies of packed values', () => {
  const cellOf = (kind: string): string =>
    rowsOf(textOf('Bytes'), 'kind', 'body').find(([name]) => name === kind)?.[1] ?? '';
  const bodyOf = (root: Layout, value: unknown): number[] => {
    const encoded = compilePacked({ root, types: [] }).encode(value, SERVER_DECODE_LIMITS);
    if ('fault' in encoded) throw new RangeError(encoded.fault);
    return [...encoded.bytes.subarray(1 + (encoded.bytes[0] as number))];
  };
  const maybe = { kind: 'maybe', undefined: true, null: true, of: { kind: 'int' } } as const;
  const missing = {
    kind: 'object',
    properties: [{ name: 'a', of: { ...maybe, absent: true } }],
  } as const;

  it.each<[string, string, Layout, unknown]>([
    ['boolean', 'false', { kind: 'boolean' }, false],
    ['boolean', 'true', { kind: 'boolean' }, true],
    ['maybe', 'missing', missing, {}],
    ['maybe', 'undefined', maybe, undefined],
    ['maybe', 'null', maybe, null],
    ['maybe', 'then', maybe, 5],
  ])('of kind %s begin with the number of %s', (kind, word, layout, value) => {
    const [, number] = new RegExp(`(\\d) ${word}`).exec(cellOf(kind)) ?? [];
    expect(cellOf(kind)).toMatch(/^u8: /);
    expect(bodyOf(layout, value)[0]).toBe(Number(number));
  });

  it.each<[string, RegExp, Layout, unknown]>([
    ['null', /^u8: (\d)$/, { kind: 'null' }, null],
    ['undefined', /^u8: (\d)$/, { kind: 'undefined' }, undefined],
    ['object', /is u8: (\d)$/, { kind: 'object', properties: [] }, {}],
  ])('of kind %s are one byte where there is nothing to say', (kind, pattern, layout, value) => {
    expect(bodyOf(layout, value)).toEqual([Number(pattern.exec(cellOf(kind))?.[1])]);
  });

  it.each<[string, string]>([
    ['any', 'tag:u8'],
    ['string', 'length:varint'],
    ['bigint', 'head:varint'],
    ['bytes', 'size:varint'],
    ['enum', 'index:varint'],
    ['array', 'count:varint'],
    ['tuple', 'count:varint'],
    ['record', 'count:varint'],
    ['map', 'count:varint'],
    ['set', 'count:varint'],
    ['union', 'index:varint'],
    ['variant', 'index:varint'],
  ])('of kind %s begin with %s', (kind, start) => {
    expect(cellOf(kind).startsWith(start)).toBe(true);
  });

  it('that say themselves what they are have the tags of the table', () => {
    const rows = rowsOf(textOf('Bytes'), 'tag', 'value', 'then');
    const samples: Readonly<Record<string, unknown>> = {
      undefined: { $undefined: true },
      null: null,
      false: false,
      true: true,
      number: 1,
      text: '',
      bigint: { $bigint: '1' },
      date: { $date: '2026-01-01T00:00:00.000Z' },
      bytes: { $binary: '' },
      array: [],
      object: {},
      map: { $map: [] },
      set: { $set: [] },
    };
    for (const [tag, value = ''] of rows) {
      if (!(value in samples)) continue;
      const first = bodyOf({ kind: 'any' }, valueOf(samples[value] as never))[0];
      expect([value, first]).toEqual([value, Number(tag)]);
    }
    expect(rows.map(([, value]) => value)).toEqual([...Object.keys(samples), 'URL']);
    expect(rows.map(([, , then]) => then)).toEqual([
      '',
      '',
      '',
      '',
      'as number',
      'as string',
      'as bigint',
      'as date',
      'as bytes',
      'as an array of any',
      'as a record of any',
      'as a map of any to any',
      'as a set of any',
      expect.stringMatching(/^as string: an absolute URL/),
    ]);
  });
});

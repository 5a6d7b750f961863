import { SESSION_LIMITS, type Kind, type Message } from '@trunkline/protocol';
import { Reader } from '../../packages/protocol/src/bytes/reader.js';
import { decodeExt } from '../../packages/protocol/src/ext.js';
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
import { rowsOf } from './markdown.js';

/** A row of a field table in PROTOCOL.md. */
export interface FieldRow {
  readonly name: string;
  readonly type: string;
  readonly meaning: string;
}

type Fields = Record<string, unknown>;

/** Reads the field table of a section. */
export function fieldsOf(text: string): FieldRow[] {
  return rowsOf(text, 'field', 'type', 'meaning')
    .filter(([name]) => name !== 'no fields')
    .map(([name = '', type = '', meaning = '']) => ({ name, type, meaning }));
}

/**
 * Reads the body of a message by nothing but its field table, and gives its fields by the names of
 * the table. Throws a RangeError for bytes that the table does not account for.
 */
export function readByTable(rows: readonly FieldRow[], body: Uint8Array): Fields {
  const reader = new Reader(body);
  const fields: Fields = {};
  for (const { name, type } of rows) {
    const [, read = '', condition] = /^(.*?)(?: if (.+))?$/.exec(type) ?? [];
    if (condition !== undefined && !holds(condition, fields, reader)) continue;
    fields[name] = readType(read, fields, reader);
  }
  if (reader.fault !== undefined) throw new RangeError(reader.fault);
  if (reader.remaining > 0) throw new RangeError(`${reader.remaining} bytes are left`);
  return fields;
}

function holds(condition: string, fields: Fields, reader: Reader): boolean {
  if (condition === 'bytes are left') return reader.remaining > 0;
  const [, bit, also] = /^bit (\d)( and part is 0)?$/.exec(condition) ?? [];
  if (bit === undefined) throw new RangeError(`unknown condition "${condition}"`);
  const isSet = ((fields['flags'] as number) & (1 << Number(bit))) !== 0;
  return isSet && (also === undefined || fields['part'] === 0);
}

function readType(type: string, fields: Fields, reader: Reader): unknown {
  const list = /^\((.+)\)\*$/.exec(type)?.[1];
  if (list !== undefined) {
    const count = Object.entries(fields).findLast(([name]) => /count$/i.test(name))?.[1] as number;
    const types = list.split(' ');
    return Array.from({ length: count }, () => types.map((one) => readType(one, fields, reader)));
  }
  const read = TYPES[type];
  if (read === undefined) throw new RangeError(`unknown type "${type}"`);
  return read(reader);
}

const TYPES: { readonly [type: string]: (reader: Reader) => unknown } = {
  u8: (reader) => reader.u8(),
  u32: (reader) => reader.u32(),
  u64: (reader) => reader.u64(),
  varint: (reader) => reader.varint(),
  text: (reader) => reader.text(Number.MAX_SAFE_INTEGER),
  sized: (reader) => reader.copy(reader.varint()),
  rest: (reader) => new Uint8Array(reader.rest()),
  ext: (reader) => decodeExt(reader),
};

const NAMES: { readonly [place: string]: readonly string[] } = {
  'GONE reason': GONE_REASONS,
  'GOAWAY reason': GOAWAY_REASONS,
  'BIND kind': PROCEDURE_KINDS,
  'ERROR executed': EXECUTED,
  'CANCEL reason': CANCEL_REASONS,
  'SUBSCRIBED state': JOIN_STATES,
  'GAP reason': GAP_REASONS,
  'STALE reason': STALE_REASONS,
};

/**
 * The fields that are called or shaped otherwise in the code. A field that is not here, nor under
 * its message, has the same name and value there.
 */
const RENAMED: { readonly [place: string]: (value: never, all: Fields) => Fields } = {
  count: () => ({}),
  limitCount: () => ({}),
  'name, revision': (list: [string, string][]) => ({
    revisions: list.map(([name, revision]) => ({ name, revision })),
  }),
  'tag, value': (list: [number, number][]) => ({ limits: limitsOf(list) }),
  flags: (flags: number) => ({ encoding: flags & 3 }),
  payload: (bytes: Uint8Array) => ({ bytes }),
  ext: (ext: object) => ({ ...ext }),
  'BIND kind': (procedureKind: string) => ({ procedureKind }),
  'GONE rx': (rx: number) => (rx === 0 ? {} : { rx: rx - 1 }),
  'GAP to': (to: number) => (to === 0 ? {} : { to }),
  'CHUNK flags': (flags: number) => ({
    isFirst: (flags & 1) !== 0,
    isLast: (flags & 2) !== 0,
    isAbort: (flags & 4) !== 0,
    size: 0,
  }),
  'SUBSCRIBE flags': () => ({}),
  'SUBSCRIBE params': (bytes: Uint8Array, all) => ({
    params: { encoding: (all['flags'] as number) & 3, bytes },
  }),
  'SUBSCRIBE epoch': (epoch: string, all) => ({ cursor: { epoch, offset: all['offset'] } }),
  'SUBSCRIBE offset': () => ({}),
};

/** Turns the fields of a table into the message that the code makes of the same bytes. */
export function messageOf(kind: Kind, fields: Fields): Message {
  const message: Fields = { kind };
  for (const [name, value] of Object.entries(fields)) {
    const place = `${kind} ${name}`;
    const named = NAMES[place]?.[value as number] ?? value;
    const rename = RENAMED[place] ?? RENAMED[name];
    Object.assign(message, rename?.(named as never, fields) ?? { [name]: named });
  }
  return message as unknown as Message;
}

function limitsOf(list: readonly [number, number][]): Fields {
  const entries = Object.entries(SESSION_LIMITS).map(([name, { tag, absent }]) => [
    name,
    list.findLast(([told]) => told === tag)?.[1] ?? absent,
  ]);
  return Object.fromEntries(entries) as Fields;
}

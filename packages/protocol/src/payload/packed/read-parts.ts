import { readDescribed, readMembers, type ReadPart } from './described.js';
import type { EnumValue } from './layout.js';
import type { PackReader } from './pack-reader.js';

// What generated codecs are made of.

/** Ends an object, and gives it. */
export function leaveFields<Value>(reader: PackReader, value: Value): Value {
  reader.depth--;
  return value;
}

/** Reads an object without properties, which takes a byte nevertheless. */
export const readNoFields: ReadPart = (reader) => {
  if (reader.open(0)) reader.depth--;
  reader.choice(1);
  return {};
};

/** Reads the keys that a loose object does not know, behind those that it knows. */
export function readRest(
  reader: PackReader,
  value: Record<string, unknown>,
  known: readonly string[],
): unknown {
  const rest = readMembers(reader, {}, readDescribed);
  for (const [name, part] of Object.entries(rest)) {
    if (known.includes(name)) reader.fail('bad key');
    else value[name] = part;
  }
  return value;
}

/**
 * Reads whether a value is missing (0), `undefined` (1), `null` (2) or follows (3). The bits 1, 2
 * and 4 of `mask` say what is allowed beside the last.
 */
export function readState(reader: PackReader, mask: number): number {
  const state = reader.u8();
  if (state === 3 || (state < 3 && mask & (1 << state))) return state;
  reader.fail('choice out of range');
  return 1;
}

/** Reads a text. */
export const readText: ReadPart = (reader) => reader.text();

/** Reads a number. */
export const readNumber: ReadPart = (reader) => reader.number();

/** Reads a whole number. */
export const readInt: ReadPart = (reader) => reader.int();

/** Reads a bigint. */
export const readBigint: ReadPart = (reader) => reader.bigint();

/** Reads a boolean. */
export const readBoolean: ReadPart = (reader) => reader.boolean();

/** Reads a date. */
export const readDate: ReadPart = (reader) => reader.date();

/** Reads bytes. */
export const readBytes: ReadPart = (reader) => reader.bytes();

/** Reads `null`. */
export const readNull: ReadPart = (reader) => (reader.choice(1), null);

/** Reads `undefined`. */
export const readUndefined: ReadPart = (reader) => void reader.choice(1);

/** Reads a member of an enum. */
export function readEnum(reader: PackReader, values: readonly EnumValue[]): unknown {
  const index = reader.varint();
  return index < values.length ? values[index] : failChoice(reader);
}

/** Notes a choice that a union does not have. */
export function failChoice(reader: PackReader): void {
  reader.fail('choice out of range');
}

/** Reads an object of any keys with values of one kind. */
export function readRecord(reader: PackReader, read: ReadPart): unknown {
  return readMembers(reader, {}, read);
}

/** Reads an array with a place for each item, and perhaps more items of one kind. */
export function readTuple(
  reader: PackReader,
  items: readonly ReadPart[],
  rest?: ReadPart,
): unknown {
  const values: unknown[] = [];
  if (!reader.enter()) return values;
  const count = reader.count();
  if (count > items.length && rest === undefined) reader.fail('too many items');
  for (let index = 0; index < count && reader.fault === undefined; index++) {
    values.push(((items[index] ?? rest) as ReadPart)(reader));
  }
  reader.depth--;
  return values;
}

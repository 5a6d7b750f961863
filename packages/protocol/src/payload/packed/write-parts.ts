import {
  writeAt,
  writeDescribed,
  writeElements,
  writeMap,
  writeMembers,
  writeSet,
  type WritePart,
} from './described.js';
import { isPlainObject, nameOf, valueKindOf, type EnumValue, type ValueKind } from './layout.js';
import type { PackWriter } from './pack-writer.js';
import { ABSENT } from './part-check.js';

// What generated codecs are made of. The code of a layout is straight-line; these are its words.

/** The properties of an object that is being written. */
export type Fields = Readonly<Record<string, unknown>>;

/** Ends an object. */
export function closeFields(writer: PackWriter): true {
  writer.depth--;
  return true;
}

/** Notes the property that could not be written, or that it is missing. */
export function failAt(writer: PackWriter, value: Fields, name: string): boolean {
  if (!Object.hasOwn(value, name)) {
    // It was tried as `undefined`, or as what every object has under this name.
    writer.fault = 'a missing property';
    writer.expected = undefined;
    writer.path.length = 0;
  }
  return writeAt(writer, name, false);
}

/** Gives a property that may be missing. */
export function fieldOf(value: Fields, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : ABSENT;
}

/** Tells whether a property is there, whatever it is. */
export function hasField(value: Fields, name: string): boolean {
  return Object.hasOwn(value, name);
}

/** Refuses the keys that a strict object does not know. */
export function writeNoRest(writer: PackWriter, value: Fields, known: readonly string[]): boolean {
  const other = Object.keys(value).find((key) => !known.includes(key));
  return other === undefined || writer.fail(`the unknown key ${JSON.stringify(other)}`);
}

/** Writes the keys that a loose object does not know. */
export function writeRest(writer: PackWriter, value: Fields, known: readonly string[]): boolean {
  const others = Object.keys(value).filter((key) => !known.includes(key));
  return writeMembers(writer, [value, others], writeDescribed);
}

/**
 * Writes that a value is missing, `undefined` or `null`, where `mask` allows it. Its bits 1, 2 and
 * 4 do. Else says that the value follows, and gives `false`.
 */
export function writeState(writer: PackWriter, value: unknown, mask: number): boolean {
  if (value === ABSENT && mask & 1) return writer.u8(0);
  if (value === undefined && mask & 2) return writer.u8(1);
  if (value === null && mask & 4) return writer.u8(2);
  writer.u8(3);
  return false;
}

/** Writes a text. */
export const writeText: WritePart = (writer, value) => writer.text(value);

/** Writes a number. */
export const writeNumber: WritePart = (writer, value) => writer.number(value);

/** Writes a whole number. */
export const writeInt: WritePart = (writer, value) => writer.int(value);

/** Writes a bigint. */
export const writeBigint: WritePart = (writer, value) =>
  typeof value === 'bigint' ? writer.bigint(value) : writer.refuse(value, 'a bigint');

/** Writes a boolean. */
export const writeBoolean: WritePart = (writer, value) => writer.boolean(value);

/** Writes a date. */
export const writeDate: WritePart = (writer, value) => {
  if (!(value instanceof Date)) return writer.refuse(value, 'a Date');
  const time = value.getTime();
  return Number.isNaN(time) ? writer.fail('an invalid date') : writer.int(time);
};

/** Writes bytes. */
export const writeBytes: WritePart = (writer, value) =>
  value instanceof Uint8Array ? writer.bytes(value) : writer.refuse(value, 'a Uint8Array');

/** Writes `null`. */
export const writeNull: WritePart = (writer, value) =>
  value === null ? writer.u8(0) : writer.refuse(value, 'null');

/** Writes `undefined`. */
export const writeUndefined: WritePart = (writer, value) =>
  value === undefined ? writer.u8(0) : writer.refuse(value, 'undefined');

/** Writes a member of an enum. */
export function writeEnum(
  writer: PackWriter,
  value: unknown,
  values: readonly EnumValue[],
): boolean {
  const index = values.indexOf(value as EnumValue);
  if (index >= 0) return writer.varint(index);
  return writer.fail(typeof value === 'string' ? 'a text that is no member' : nameOf(value));
}

/** Writes an array of values of one kind. */
export function writeArray(writer: PackWriter, value: unknown, write: WritePart): boolean {
  return Array.isArray(value)
    ? writeElements(writer, value, write)
    : writer.refuse(value, 'an array');
}

/** Writes an array with a place for each item, and perhaps more items of one kind. */
export function writeTuple(
  writer: PackWriter,
  value: unknown,
  [items, rest]: readonly [readonly WritePart[], (WritePart | undefined)?],
): boolean {
  if (!Array.isArray(value)) return writer.refuse(value, 'an array');
  const { length } = value;
  if (length > items.length && rest === undefined) {
    return writer.fail(`more than ${items.length} items`);
  }
  if (!writer.count(length) || !writer.enter()) return false;
  writer.varint(length);
  for (let index = 0; index < length; index++) {
    const write = (items[index] ?? rest) as WritePart;
    if (!write(writer, value[index])) return writeAt(writer, index, false);
  }
  writer.depth--;
  return true;
}

/** Writes an object of any keys with values of one kind. */
export function writeRecord(writer: PackWriter, value: unknown, write: WritePart): boolean {
  return isPlainObject(value)
    ? writeMembers(writer, [value, Object.keys(value)], write)
    : writer.fail(nameOf(value));
}

/** Writes a map; takes the writers of its keys and of its values. */
export function writeEntries(
  writer: PackWriter,
  value: unknown,
  parts: readonly [WritePart, WritePart],
): boolean {
  return value instanceof Map ? writeMap(writer, value, parts) : writer.refuse(value, 'a Map');
}

/** Writes a set. */
export function writeMemberSet(writer: PackWriter, value: unknown, write: WritePart): boolean {
  return value instanceof Set ? writeSet(writer, value, write) : writer.refuse(value, 'a Set');
}

/** Gives the kind of a value, by which a union tells its alternatives apart. */
export const kindOf: (value: unknown) => ValueKind | undefined = valueKindOf;

/** Gives the property by which a union tells its alternatives apart. */
export function tagOf(value: unknown, key: string): unknown {
  return isPlainObject(value) && Object.hasOwn(value, key) ? value[key] : ABSENT;
}

/** Notes a value that a union does not take. */
export function failKind(writer: PackWriter, value: unknown): false {
  return writer.fail(nameOf(value));
}

/** Notes an object whose tag no alternative of a union has. */
export function failTag(writer: PackWriter, value: unknown, key: string): boolean {
  if (!isPlainObject(value)) return writer.refuse(value, 'an object');
  return writeAt(writer, key, writer.fail('a value that is no alternative'));
}

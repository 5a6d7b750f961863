import { utf8Size } from '../../bytes/text.js';
import { isPlainObject, nameOf, UNSAFE_KEYS } from './layout.js';
import type { PackReader } from './pack-reader.js';
import type { PackWriter } from './pack-writer.js';

/** What a self-describing value starts with. */
const TAG = {
  UNDEFINED: 0,
  NULL: 1,
  FALSE: 2,
  TRUE: 3,
  NUMBER: 4,
  TEXT: 5,
  BIGINT: 6,
  DATE: 7,
  BYTES: 8,
  ARRAY: 9,
  OBJECT: 10,
  MAP: 11,
  SET: 12,
  URL: 13,
} as const;

/** Writes a value that no layout describes; `false` when it cannot be carried. */
export function writeDescribed(writer: PackWriter, value: unknown): boolean {
  switch (typeof value) {
    case 'undefined':
      return writer.u8(TAG.UNDEFINED);
    case 'boolean':
      return writer.u8(value ? TAG.TRUE : TAG.FALSE);
    case 'number':
      return writer.u8(TAG.NUMBER) && writer.number(value);
    case 'string':
      return writer.u8(TAG.TEXT) && writer.text(value);
    case 'bigint':
      return writer.u8(TAG.BIGINT) && writer.bigint(value);
    case 'object':
      return value === null ? writer.u8(TAG.NULL) : writeObject(writer, value);
    default:
      return writer.fail(nameOf(value));
  }
}

/** Reads a value that says itself what it is. */
export function readDescribed(reader: PackReader): unknown {
  switch (reader.u8()) {
    case TAG.UNDEFINED:
      return undefined;
    case TAG.NULL:
      return null;
    case TAG.FALSE:
      return false;
    case TAG.TRUE:
      return true;
    case TAG.NUMBER:
      return reader.number();
    case TAG.TEXT:
      return reader.text();
    case TAG.BIGINT:
      return reader.bigint();
    case TAG.DATE:
      return reader.date();
    case TAG.BYTES:
      return reader.bytes();
    case TAG.ARRAY:
      return readElements(reader, readDescribed);
    case TAG.OBJECT:
      return readMembers(reader, {}, readDescribed);
    case TAG.MAP:
      return readMap(reader, readDescribed, readDescribed);
    case TAG.SET:
      return readSet(reader, readDescribed);
    case TAG.URL:
      return readUrl(reader);
    default:
      return reader.fail('unknown tag');
  }
}

/** Writes one part of a value. */
export type WritePart = (writer: PackWriter, value: unknown) => boolean;

/** Reads one part of a value. */
export type ReadPart = (reader: PackReader) => unknown;

/** Writes a part and, when that fails, notes its key. */
export function writeAt(writer: PackWriter, key: string | number, isWritten: boolean): boolean {
  if (!isWritten) writer.path.push(key);
  return isWritten;
}

/** Writes the count of elements, and then each of them. */
export function writeElements(
  writer: PackWriter,
  elements: readonly unknown[],
  write: WritePart,
): boolean {
  const { length } = elements;
  if (!writer.count(length) || !writer.enter()) return false;
  writer.varint(length);
  for (let index = 0; index < length; index++) {
    if (!write(writer, elements[index])) return writeAt(writer, index, false);
  }
  writer.depth--;
  return true;
}

/** Reads elements into an array. */
export function readElements(reader: PackReader, read: ReadPart): unknown[] {
  const elements: unknown[] = [];
  if (!reader.enter()) return elements;
  const count = reader.count();
  for (let index = 0; index < count && reader.fault === undefined; index++) {
    elements.push(read(reader));
  }
  reader.depth--;
  return elements;
}

/** Writes the named members of an object, each with its key. */
export function writeMembers(
  writer: PackWriter,
  [value, names]: readonly [Record<string, unknown>, readonly string[]],
  write: WritePart,
): boolean {
  const { length } = names;
  if (!writer.count(length) || !writer.countKeys(length) || !writer.enter()) return false;
  if (Object.getOwnPropertySymbols(value).length > 0) return writer.fail('a symbol as a key');
  writer.varint(length);
  for (const name of names) {
    if (UNSAFE_KEYS.has(name)) return writer.fail(`the key "${name}"`);
    if (!writer.key(name)) return false;
    if (!write(writer, value[name])) return writeAt(writer, name, false);
  }
  writer.depth--;
  return true;
}

/** Reads members with their keys into an object. */
export function readMembers(
  reader: PackReader,
  into: Record<string, unknown>,
  read: ReadPart,
): Record<string, unknown> {
  if (!reader.enter()) return into;
  const count = reader.keys();
  for (let index = 0; index < count && reader.fault === undefined; index++) {
    const name = reader.text();
    const isBad = UNSAFE_KEYS.has(name) || Object.hasOwn(into, name);
    if (isBad || isLong(name, reader.limits.keyBytes)) {
      reader.fail('bad key');
      return into;
    }
    into[name] = read(reader);
  }
  reader.depth--;
  return into;
}

/** Writes the count of entries, and then the key and the value of each. */
export function writeMap(
  writer: PackWriter,
  map: ReadonlyMap<unknown, unknown>,
  [writeKey, write]: readonly [WritePart, WritePart],
): boolean {
  if (!writer.count(map.size * 2) || !writer.enter()) return false;
  if (!writer.countEntries(map.keys(), map.size)) return false;
  writer.varint(map.size);
  let index = 0;
  for (const [key, value] of map) {
    if (!writeKey(writer, key) || !write(writer, value)) return writeAt(writer, index, false);
    index++;
  }
  writer.depth--;
  return true;
}

/** Reads entries into a map; a key that comes twice is a fault. */
export function readMap(
  reader: PackReader,
  readKey: ReadPart,
  read: ReadPart,
): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>();
  if (!reader.enter()) return map;
  const count = reader.entries();
  reader.take(count);
  for (let index = 0; index < count && reader.fault === undefined; index++) {
    const key = readKey(reader);
    reader.entryKey(key);
    map.set(key, read(reader));
    if (map.size === index) reader.fail('a key twice');
  }
  reader.depth--;
  return map;
}

/** Writes the count of members, and then each of them. */
export function writeSet(writer: PackWriter, set: ReadonlySet<unknown>, write: WritePart): boolean {
  if (!writer.count(set.size) || !writer.enter()) return false;
  if (!writer.countEntries(set, set.size)) return false;
  writer.varint(set.size);
  let index = 0;
  for (const value of set) {
    if (!write(writer, value)) return writeAt(writer, index, false);
    index++;
  }
  writer.depth--;
  return true;
}

/** Reads members into a set; a member that comes twice is a fault. */
export function readSet(reader: PackReader, read: ReadPart): Set<unknown> {
  const set = new Set<unknown>();
  if (!reader.enter()) return set;
  const count = reader.entries();
  for (let index = 0; index < count && reader.fault === undefined; index++) {
    const value = read(reader);
    reader.entryKey(value);
    set.add(value);
    if (set.size === index) reader.fail('a member twice');
  }
  reader.depth--;
  return set;
}

function writeObject(writer: PackWriter, value: object): boolean {
  if (Array.isArray(value)) {
    return writer.u8(TAG.ARRAY) && writeElements(writer, value, writeDescribed);
  }
  if (isPlainObject(value)) {
    return (
      writer.u8(TAG.OBJECT) && writeMembers(writer, [value, Object.keys(value)], writeDescribed)
    );
  }
  if (value instanceof Date) {
    const time = value.getTime();
    if (Number.isNaN(time)) return writer.fail('an invalid date');
    return writer.u8(TAG.DATE) && writer.int(time);
  }
  if (value instanceof Uint8Array) return writer.u8(TAG.BYTES) && writer.bytes(value);
  if (value instanceof Map) {
    return writer.u8(TAG.MAP) && writeMap(writer, value, [writeDescribed, writeDescribed]);
  }
  if (value instanceof Set) return writer.u8(TAG.SET) && writeSet(writer, value, writeDescribed);
  if (isUrl(value)) return writer.u8(TAG.URL) && writer.url(value.href);
  return writer.fail(nameOf(value));
}

/** By its name: the platform's class is not known everywhere. */
function isUrl(value: object): value is { readonly href: string } {
  return Object.prototype.toString.call(value) === '[object URL]';
}

function readUrl(reader: PackReader): unknown {
  const text = reader.text();
  if (utf8Size(text) > reader.limits.urlBytes) return reader.fail('malformed URL');
  try {
    return new (globalThis as unknown as { URL: new (text: string) => object }).URL(text);
  } catch {
    return reader.fail('malformed URL');
  }
}

function isLong(name: string, maxBytes: number): boolean {
  return name.length * 3 > maxBytes && utf8Size(name) > maxBytes;
}

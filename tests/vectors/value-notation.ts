import { TrunklineError } from '@trunkline/protocol';
import { bytesOfHex } from './vector-json.js';

/** A value of `values.json`: JSON, in which an object with one key that begins with `$` is a tag. */
export type Notation =
  | null
  | boolean
  | number
  | string
  | readonly Notation[]
  | { readonly [key: string]: Notation };

/** Makes the value that a notation stands for. */
export function valueOf(notation: Notation): unknown {
  if (typeof notation !== 'object' || notation === null) return notation;
  if (isList(notation)) return notation.map(valueOf);
  const [[tag, content] = []] = Object.entries(notation);
  if (tag?.startsWith('$') !== true || content === undefined) {
    return Object.fromEntries(Object.entries(notation).map(([key, part]) => [key, valueOf(part)]));
  }
  const make = TAGS[tag];
  if (make === undefined) {
    throw new RangeError(`unknown tag "${tag}": expected ${Object.keys(TAGS).join(', ')}`);
  }
  return make(content);
}

/** Gives the notation of a value that was read. */
export function notationOf(value: unknown): Notation {
  switch (typeof value) {
    case 'undefined':
      return { $undefined: true };
    case 'bigint':
      return { $bigint: String(value) };
    case 'number':
      if (Object.is(value, -0)) return { $number: '-0' };
      return Number.isFinite(value) ? value : { $number: String(value) };
    case 'string':
    case 'boolean':
      return value;
    default:
      return notationOfObject(value as object | null);
  }
}

const TAGS: { readonly [tag: string]: (content: Notation) => unknown } = {
  $undefined: () => undefined,
  $bigint: (digits) => BigInt(digits as string),
  $number: Number,
  $date: (text) => new Date(text as string),
  $binary: (hex) => bytesOfHex(hex as string),
  $set: (elements) => new Set((elements as Notation[]).map(valueOf)),
  $map: (pairs) =>
    new Map((pairs as Notation[][]).map((pair) => pair.map(valueOf) as [unknown, unknown])),
  $url: (text) => new URL(text as string),
  $error: () => new Error('nobody writes an error as a value'),
};

function isList(notation: Notation): notation is readonly Notation[] {
  return Array.isArray(notation);
}

function notationOfObject(value: object | null): Notation {
  if (value === null) return null;
  if (Array.isArray(value)) return value.map(notationOf);
  if (value instanceof Date) return { $date: value.toISOString() };
  if (value instanceof Uint8Array) return { $binary: Buffer.from(value).toString('hex') };
  if (value instanceof Set) return { $set: [...value].map(notationOf) };
  if (value instanceof Map) {
    return { $map: [...value].map(([key, part]) => [notationOf(key), notationOf(part)]) };
  }
  if (value instanceof URL) return { $url: value.href };
  // What was read has become an error of our own, with a code in any case.
  if (value instanceof TrunklineError) {
    const { code, message } = value;
    return { $error: code === 'ERROR' ? { message } : { message, code } };
  }
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, notationOf(part)]));
}

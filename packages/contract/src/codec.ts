import { $ZodAsyncError } from 'zod/v4/core';
import {
  compilePacked,
  type CheckedDecoded,
  type DecodeLimits,
  type LayoutDocument,
  type PackedCodec,
  listChecks,
  packValue,
  unpackChecked,
  unpackValue,
  type PartChecks,
} from '@trunkline/protocol';
import { partKey, type GeneratedPart } from './generated-parts.js';
import { layoutOf } from './layout.js';
import type { Schema, SchemaOutput, Side } from './schema/schema.js';
import { validate, type Validation } from './validate.js';

/** What came out of packed bytes: a parsed value, the issues of zod, or why nothing was read. */
export type Unpacked<Value> = Validation<Value> | { readonly ok: false; readonly fault: string };

/** Packs the values of one side of a schema. */
export interface SchemaCodec<S extends Schema> extends Pick<
  PackedCodec,
  'part' | 'encode' | 'decode'
> {
  readonly layout: LayoutDocument;
  /** What generated code of it is made for. */
  readonly key: string;
  /**
   * Reads untrusted bytes and parses what they are, as `validate` does with the value that was
   * packed. Of use on the input side only. Throws or rejects with what code of the schema throws.
   */
  parse(
    bytes: Uint8Array,
    limits: DecodeLimits,
  ): Unpacked<SchemaOutput<S>> | Promise<Unpacked<SchemaOutput<S>>>;
}

const NO_CODE: Omit<GeneratedPart, 'key'> = {};
const NO_CHECKS: PartChecks = new Map();

/** Makes the codec of what is given to a schema, or of what it gives. */
export function codecOf<S extends Schema>(
  schema: S,
  side: Side,
  generated?: GeneratedPart,
): SchemaCodec<S> {
  const { layout, checks } = layoutOf(schema, side);
  // What is given out is checked before, by zod.
  const list = listChecks(layout, side === 'input' ? checks : NO_CHECKS);
  const key = partKey(layout, list.pattern);
  const compiled = compilePacked(layout, checks);
  const { write, read } = generated?.key === key ? generated : NO_CODE;
  const encode: typeof compiled.encode = write
    ? (value, limits) => packValue(write, value, limits)
    : compiled.encode;
  const decode: typeof compiled.decode = read
    ? (bytes, limits) => unpackValue(read, bytes, limits)
    : compiled.decode;
  const decodeChecked: typeof compiled.decodeChecked = read
    ? (bytes, limits) => unpackChecked(read, bytes, { limits, checks: list.checks })
    : compiled.decodeChecked;

  const parse: SchemaCodec<S>['parse'] = (bytes, limits) => {
    const read = tryChecked(() => decodeChecked(bytes, limits));
    if ('value' in read) return { ok: true, value: read.value as SchemaOutput<S> };
    if ('fault' in read) return { ok: false, fault: read.fault };
    const plain = decode(bytes, limits);
    return 'fault' in plain ? { ok: false, fault: plain.fault } : validate(schema, plain.value);
  };
  return { layout, key, part: compiled.part, encode, decode, parse };
}

/** Asynchronous code cannot run while bytes are read: then the whole value is parsed afterwards. */
function tryChecked(read: () => CheckedDecoded): CheckedDecoded {
  try {
    return read();
  } catch (error) {
    if (error instanceof $ZodAsyncError) return { refused: true };
    throw error;
  }
}

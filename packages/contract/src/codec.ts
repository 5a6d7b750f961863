import {
  compilePacked,
  listChecks,
  packChecked,
  packValue,
  unpackChecked,
  unpackValue,
  type DecodeLimits,
  type Encoded,
  type LayoutDocument,
  type PackedCodec,
} from '@trunkline/protocol';
import { partKey, type GeneratedPart } from './generated-parts.js';
import { layoutOf } from './layout.js';
import type { Schema, SchemaInput, SchemaOutput, Side } from './schema/schema.js';
import { validate, type Validation } from './validate.js';

/** What came out of packed bytes: a parsed value, the issues of zod, or why nothing was read. */
export type Unpacked<Value> = Validation<Value> | { readonly ok: false; readonly fault: string };

/** Packed bytes, the issues of zod, or why what it gave cannot be packed. */
export type Packed = Encoded | Extract<Validation<never>, { ok: false }>;

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
  /**
   * Parses a value as `validate` does, and packs what that gives, in one go where it can. Of use
   * on the output side only. Throws or rejects with what code of the schema throws.
   */
  serialize(value: SchemaInput<S>, limits: DecodeLimits): Packed | Promise<Packed>;
}

const NO_CODE: Omit<GeneratedPart, 'key'> = {};

/** Makes the codec of what is given to a schema, or of what it gives. */
export function codecOf<S extends Schema>(
  schema: S,
  side: Side,
  generated?: GeneratedPart,
): SchemaCodec<S> {
  const { layout, checks } = layoutOf(schema, side);
  const list = listChecks(layout, checks);
  const key = partKey(layout, list.pattern);
  const compiled = compilePacked(layout, checks);
  const { part } = compiled;
  const { write, read } = generated?.key === key ? generated : NO_CODE;
  const encodeChecked: typeof compiled.encodeChecked = write
    ? (value, limits) => packChecked(write, value, { limits, checks: list.checks })
    : compiled.encodeChecked;
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

  const serialize: SchemaCodec<S>['serialize'] = (value, limits) => {
    const written = tryChecked(() => encodeChecked(value, limits));
    if ('bytes' in written) return written;
    const pack = (got: Validation<SchemaOutput<S>>): Packed =>
      got.ok ? encode(got.value, limits) : got;
    const validation = validate(schema, value);
    return validation instanceof Promise ? validation.then(pack) : pack(validation);
  };
  return { layout, key, part, encode, decode, parse, serialize };
}

/**
 * Takes what is thrown for a refusal: asynchronous code cannot run in between, and zod may not have
 * come to code that throws. Then the whole value is parsed by itself, and throws again if it must.
 */
function tryChecked<Result>(run: () => Result): Result | { readonly refused: true } {
  try {
    return run();
  } catch {
    return { refused: true };
  }
}

import type { DecodeLimits } from '../limits.js';
import { makeRead } from './packed/decoder.js';
import { makeWrite } from './packed/encoder.js';
import type { ReadPart, WritePart } from './packed/described.js';
import { assertReadable } from './packed/layout-check.js';
import type { LayoutDocument } from './packed/layout.js';
import { PackReader } from './packed/pack-reader.js';
import type { CheckArray, PartChecks } from './packed/part-check.js';
import {
  packChecked,
  packValue,
  unpackValue,
  type CheckedEncoded,
  type Part,
  type PartCodec,
} from './part.js';
import type { Decoded, Encoded } from './fault.js';

export { ABSENT, REFUSED, type PartCheck, type PartChecks } from './packed/part-check.js';
export type {
  EnumValue,
  Layout,
  LayoutDocument,
  MaybeLayout,
  ObjectLayout,
  PropertyLayout,
  UnionOption,
  ValueKind,
  VariantOption,
} from './packed/layout.js';

/**
 * Writes and reads the values of one layout. A packed value is the size in bytes of the run of its
 * texts, the run in UTF-8, and the body, in which a text is its length in UTF-16 units.
 */
export interface PackedCodec {
  /** Both directions without checks, as a caller has them. */
  readonly part: Part;
  /** Writes a value. What the layout or the limits do not take is a fault with its path. */
  readonly encode: (value: unknown, limits: DecodeLimits) => Encoded;
  /**
   * Writes a value with the checks, so that what they make of it is written; `refused` when one
   * did not accept its part, or when the value cannot be written. Throws only what a check throws.
   */
  readonly encodeChecked: (value: unknown, limits: DecodeLimits) => CheckedEncoded;
  /** Reads untrusted bytes by structure, without checks. Never throws. */
  readonly decode: (bytes: Uint8Array, limits: DecodeLimits) => Decoded;
  /**
   * Reads untrusted bytes with the checks; `refused` when one did not accept its part.
   * Throws only what a check throws.
   */
  readonly decodeChecked: (bytes: Uint8Array, limits: DecodeLimits) => CheckedDecoded;
}

/** A value that was checked, or why there is none. */
export type CheckedDecoded = Decoded | { readonly refused: true };

const NO_CHECKS: PartChecks = new Map();
const NO_ARRAY: CheckArray = [];

/** Closures are made when they are asked for: where there is generated code, nobody does. */
class Closures implements PartCodec {
  readonly #layout: LayoutDocument;
  readonly #checks: PartChecks;
  #write: WritePart | undefined;
  #read: ReadPart | undefined;
  #writeChecked: WritePart | undefined;

  constructor(layout: LayoutDocument, checks: PartChecks) {
    this.#layout = layout;
    this.#checks = checks;
  }

  get write(): WritePart {
    return (this.#write ??= makeWrite(this.#layout, NO_CHECKS));
  }

  get read(): ReadPart {
    return (this.#read ??= makeRead(this.#layout, this.#checks));
  }

  get writeChecked(): WritePart {
    return (this.#writeChecked ??= makeWrite(this.#layout, this.#checks));
  }
}

/**
 * Makes the codec of a layout out of closures; nothing is evaluated. Throws a TypeError for a
 * layout that goes around without a byte or a level, refers to nothing or names an unsafe key.
 */
export function compilePacked(layout: LayoutDocument, checks: PartChecks = NO_CHECKS): PackedCodec {
  assertReadable(layout);
  const closures = new Closures(layout, checks);
  const decodeChecked = (bytes: Uint8Array, limits: DecodeLimits): CheckedDecoded => {
    const reader = new PackReader(bytes, limits, 0);
    const value = closures.read(reader);
    reader.finish();
    if (reader.fault !== undefined) return { fault: reader.fault };
    return reader.isRefused ? { refused: true } : { value };
  };

  return {
    part: layout.root.kind === 'bytes' ? 'bytes' : closures,
    encode: (value, limits) => packValue(closures.write, value, limits),
    encodeChecked: (value, limits) =>
      packChecked(closures.writeChecked, value, { limits, checks: NO_ARRAY }),
    decode: (bytes, limits) => unpackValue(closures.read, bytes, limits),
    decodeChecked,
  };
}

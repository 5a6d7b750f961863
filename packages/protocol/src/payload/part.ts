import type { DecodeLimits } from '../limits.js';
import type { ReadPart, WritePart } from './packed/described.js';
import type { CheckArray } from './packed/part-check.js';
import { PackReader } from './packed/pack-reader.js';
import { PackWriter } from './packed/pack-writer.js';
import { placeOf, type Decoded, type Encoded, type Fault } from './fault.js';

/** The code of the layout of one position: an input, an output, an item and so on. */
export interface PartCodec {
  readonly write: WritePart;
  readonly read: ReadPart;
}

/** How one position travels. A value whose whole layout is bytes needs no code for that. */
export type Part<Needed extends keyof PartCodec = 'read' | 'write'> =
  | Pick<PartCodec, Needed>
  | 'bytes';

/** The layouts of a call, stream or publish as its caller knows them. */
export interface ProcedureCodec {
  /** The hash of the layouts of what the caller sends. */
  readonly send: string;
  /** The hash of the layouts of what the caller receives. */
  readonly receive: string;
  readonly input?: Part;
  readonly up?: Part;
  readonly output?: Part<'read'>;
  readonly down?: Part<'read'>;
  /** Data of declared errors, by code. */
  readonly errors?: Readonly<Record<string, Part<'read'>>>;
}

/** The layouts of a call that the client answers, as the client knows them. */
export interface ClientCallCodec {
  /** The hash of the layouts of what the server sends. */
  readonly send: string;
  /** The hash of the layouts of what the server receives. */
  readonly receive: string;
  readonly input?: Part<'read'>;
  readonly output?: Part<'write'>;
  /** Data of declared errors, by code. */
  readonly errors?: Readonly<Record<string, Part<'write'>>>;
}

/** The layouts of a topic as a client knows them. */
export interface TopicCodec {
  /** The hash of the layout of its messages. */
  readonly receive: string;
  readonly message: Part<'read'>;
  /** The hash of the layout of a publish, where clients may publish. */
  readonly send?: string;
  /** What a publish carries: params, where there are any, and the message. */
  readonly publish?: PartCodec;
}

/** Stands for a layout that nobody has; it is equal to no other, not even to itself. */
export const NO_LAYOUT = '0000000000000000';

let idle: PackWriter | undefined;

/** Packs a value. What the layout or the limits do not take is a fault with its path. */
export function packValue(write: WritePart, value: unknown, limits: DecodeLimits): Encoded {
  const bytes = tryPack(write, value, { limits });
  return bytes === undefined ? explain(write, value, limits) : { bytes };
}

/** What a value is packed with: checks run where they are given. */
interface Packing {
  readonly limits: DecodeLimits;
  readonly checks?: CheckArray;
}

/** A value that was checked and written, or that it was not. */
export type CheckedEncoded = { readonly bytes: Uint8Array } | { readonly refused: true };

/**
 * Packs a value with the checks, so that what they make of it is written. It is `refused` when one
 * did not accept its part, or when the value cannot be written. Throws only what a check throws.
 */
export function packChecked(
  write: WritePart,
  value: unknown,
  packing: Required<Packing>,
): CheckedEncoded {
  const bytes = tryPack(write, value, packing);
  return bytes === undefined ? { refused: true } : { bytes };
}

/** Packs a value; `undefined` when it cannot be, without a reason. */
function tryPack(
  write: WritePart,
  value: unknown,
  { limits, checks }: Packing,
): Uint8Array | undefined {
  const writer = idle ?? new PackWriter(limits);
  // A getter of the value may come back here.
  idle = undefined;
  writer.start(limits, false);
  if (checks !== undefined) {
    writer.quiet = 0;
    writer.checks = checks;
  }
  const bytes = write(writer, value) ? writer.finish() : undefined;
  idle = writer;
  return bytes;
}

/** Reads a packed value by its structure. Never throws. */
export function unpackValue(read: ReadPart, bytes: Uint8Array, limits: DecodeLimits): Decoded {
  const reader = new PackReader(bytes, limits, 1);
  const value = read(reader);
  reader.finish();
  return reader.fault === undefined ? { value } : { fault: reader.fault };
}

/** Finds what is wrong; texts are looked at one by one only here. */
function explain(write: WritePart, value: unknown, limits: DecodeLimits): Encoded {
  const writer = new PackWriter(limits);
  writer.start(limits, true);
  const bytes = write(writer, value) ? writer.finish() : undefined;
  return bytes === undefined ? faultOf(writer) : { bytes };
}

function faultOf({ path: reversed, fault, expected }: PackWriter): Fault {
  const path = reversed.toReversed();
  const hint = expected === undefined ? '' : `: expected ${expected}`;
  return {
    fault: `cannot carry ${fault ?? 'a value that changes'} at ${placeOf(path)}${hint}`,
    path,
  };
}

import type { Reader } from './bytes/reader.js';
import type { Writer } from './bytes/writer.js';

/** What was stored of a publish (PROTOCOL.md, "Extensions"). */
export interface Published {
  readonly epoch: string;
  readonly offset: number;
  /** Where the topic message was kept when the publish was answered. */
  readonly stored: (typeof STORED)[number];
  /** Whether the publish id had been stored before. */
  readonly duplicate: boolean;
}

/** Values of `stored`, in the order of their numbers. */
export const STORED = ['node', 'broker', 'disk'] as const;

/** A publish id: who publishes, and the how manieth publish of theirs on the topic it is. */
export interface PublishId {
  readonly publisher: string;
  readonly counter: number;
}

/** The ext of a message, as its optional fields. */
export interface ExtFields {
  readonly traceParent?: string;
  readonly traceState?: string;
  readonly idempotencyKey?: Uint8Array;
  readonly publishId?: PublishId;
  readonly asOf?: { readonly epoch: string; readonly offset: number };
  readonly published?: Published;
  readonly retryAfterMs?: number;
  /** The silence before which a client wants a PING. */
  readonly idleMs?: number;
}

type Mutable = { -readonly [Name in keyof ExtFields]: ExtFields[Name] };

const TAGS = {
  traceParent: 0x81,
  traceState: 0x82,
  idempotencyKey: 0x03,
  publishId: 0x04,
  asOf: 0x05,
  published: 0x06,
  retryAfterMs: 0x87,
  idleMs: 0x88,
} as const;
/** A bit for each known tag, to find one that comes twice: calls with an ext are not few. */
const BITS = bitsOf(Object.values(TAGS));
const OPTIONAL = 0x80;
const DUPLICATE = 0x80;
const MAX_TRACE_PARENT = 64;
const MAX_TRACE_STATE = 512;
const MAX_KEY = 64;
const MAX_PUBLISHER = 64;
/** Bytes of an ext beside its texts and its key, with every tag in it. */
const FIXED_SIZE = 84;

/** Tells whether a message has anything for its ext. */
export function hasExt(fields: ExtFields): boolean {
  return (
    fields.traceParent !== undefined ||
    fields.traceState !== undefined ||
    fields.idempotencyKey !== undefined ||
    fields.publishId !== undefined ||
    fields.asOf !== undefined ||
    fields.published !== undefined ||
    fields.retryAfterMs !== undefined ||
    fields.idleMs !== undefined
  );
}

/** Guesses the size of an ext from above; 0 for a message without one. */
export function extSize(fields: ExtFields): number {
  if (!hasExt(fields)) return 0;
  const { traceParent = '', traceState = '', idempotencyKey, publishId } = fields;
  return (
    FIXED_SIZE +
    Math.min(traceParent.length * 3, MAX_TRACE_PARENT) +
    Math.min(traceState.length * 3, MAX_TRACE_STATE) +
    (idempotencyKey?.length ?? 0) +
    (publishId === undefined ? 0 : MAX_PUBLISHER)
  );
}

/** Writes the ext of a message, size included. */
export function encodeExt(writer: Writer, fields: ExtFields): void {
  const start = writer.beginBlock(1);
  if (fields.traceParent !== undefined) encodeText(writer, TAGS.traceParent, fields.traceParent);
  if (fields.traceState !== undefined) encodeText(writer, TAGS.traceState, fields.traceState);
  if (fields.idempotencyKey !== undefined) {
    writer.u8(TAGS.idempotencyKey);
    writer.sized(fields.idempotencyKey);
  }
  if (fields.publishId !== undefined) encodePublishId(writer, fields.publishId);
  if (fields.asOf !== undefined) {
    const place = fields.asOf;
    encodeTag(writer, TAGS.asOf, () => encodePlace(writer, place));
  }
  if (fields.published !== undefined) encodePublished(writer, fields.published);
  if (fields.retryAfterMs !== undefined) {
    const retryAfterMs = fields.retryAfterMs;
    encodeTag(writer, TAGS.retryAfterMs, () => writer.varint(retryAfterMs));
  }
  if (fields.idleMs !== undefined) {
    const idleMs = fields.idleMs;
    encodeTag(writer, TAGS.idleMs, () => writer.varint(idleMs));
  }
  writer.endBlock(start, 1);
}

function encodeTag(writer: Writer, tag: number, value: () => void): void {
  writer.u8(tag);
  const start = writer.beginBlock(1);
  value();
  writer.endBlock(start, 1);
}

function encodeText(writer: Writer, tag: number, text: string): void {
  writer.u8(tag);
  writer.text(text);
}

function encodePublishId(writer: Writer, id: PublishId): void {
  encodeTag(writer, TAGS.publishId, () => {
    writer.text(id.publisher);
    writer.varint(id.counter);
  });
}

function encodePlace(writer: Writer, place: { epoch: string; offset: number }): void {
  writer.u64(place.epoch);
  writer.varint(place.offset);
}

function encodePublished(writer: Writer, published: Published): void {
  encodeTag(writer, TAGS.published, () => {
    encodePlace(writer, published);
    writer.u8(STORED.indexOf(published.stored) | (published.duplicate ? DUPLICATE : 0));
  });
}

/** Reads an ext, size included; a fault is noted in the reader. */
export function decodeExt(reader: Reader): ExtFields {
  const ext = reader.sub(reader.varint());
  const fields: Mutable = {};
  let seen = 0;
  let unknown: Set<number> | undefined;
  while (ext.remaining > 0) {
    const tag = ext.u8();
    const value = ext.sub(ext.varint());
    const bit = BITS[tag] as number;
    if (bit === 0 ? unknown?.has(tag) : (seen & bit) !== 0) value.fail('BAD_EXT');
    seen |= bit;
    if (bit === 0) (unknown ??= new Set()).add(tag);
    decodeTag(tag, value, fields);
    if (value.remaining > 0) value.fail('TRAILING');
    if (value.fault !== undefined) ext.fail(value.fault);
  }
  if (ext.fault !== undefined) reader.fail(ext.fault);
  return fields;
}

function bitsOf(tags: readonly number[]): Uint8Array {
  const bits = new Uint8Array(256);
  for (const [index, tag] of tags.entries()) bits[tag] = 1 << index;
  return bits;
}

function decodeTag(tag: number, value: Reader, fields: Mutable): void {
  switch (tag) {
    case TAGS.traceParent:
      fields.traceParent = value.restText(MAX_TRACE_PARENT);
      return;
    case TAGS.traceState:
      fields.traceState = value.restText(MAX_TRACE_STATE);
      return;
    case TAGS.idempotencyKey:
      if (value.remaining < 1 || value.remaining > MAX_KEY) return value.fail('BAD_EXT');
      fields.idempotencyKey = value.copy(value.remaining);
      return;
    case TAGS.publishId: // publisher:text counter:varint
      fields.publishId = { publisher: value.text(MAX_PUBLISHER), counter: value.varint() };
      return;
    case TAGS.asOf: // epoch:u64 offset:varint
      fields.asOf = { epoch: value.u64(), offset: value.varint() };
      return;
    case TAGS.published: // epoch:u64 offset:varint stored:u8
      fields.published = decodePublished(value);
      return;
    case TAGS.retryAfterMs:
      fields.retryAfterMs = value.varint();
      return;
    case TAGS.idleMs:
      fields.idleMs = value.varint();
      return;
    default:
      if ((tag & OPTIONAL) === 0) return value.fail('BAD_EXT');
      value.rest();
  }
}

function decodePublished(value: Reader): Published {
  const epoch = value.u64();
  const offset = value.varint();
  const byte = value.u8();
  const stored = STORED[byte & ~DUPLICATE];
  if (stored === undefined) value.fail('BAD_EXT');
  return { epoch, offset, stored: stored ?? 'node', duplicate: (byte & DUPLICATE) !== 0 };
}

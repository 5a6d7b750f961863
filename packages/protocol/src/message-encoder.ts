import { varintSize, type Writer } from './bytes/writer.js';
import { encodeExt, extSize, hasExt, type ExtFields } from './ext.js';
import {
  CANCEL_REASONS,
  ENCODING,
  EXECUTED,
  GAP_REASONS,
  GOAWAY_REASONS,
  GONE_REASONS,
  JOIN_STATES,
  KINDS,
  PROCEDURE_KINDS,
  SESSION_LIMITS,
  STALE_REASONS,
  type CallMessage,
  type ChunkMessage,
  type EndedMessage,
  type EndMessage,
  type ErrorMessage,
  type HelloMessage,
  type ItemMessage,
  type Message,
  type Payload,
  type ResumedMessage,
  type ResultMessage,
  type ResumeMessage,
  type Revision,
  type SessionLimits,
  type SubscribeMessage,
  type TopicMessage,
  type WelcomeMessage,
} from './message.js';

const EXT = 0x04;
const BIT_3 = 0x08;
const BIT_4 = 0x10;

/** Bytes of a message beside its payload and texts, for guessing its size. */
const ENVELOPE = 24;
/** The largest first batch of a client, and what answers it is hardly larger. */
const HANDSHAKE = 8_192;

/**
 * Guesses the size of a message, near enough for limits. It is never so low that a batch which was
 * closed by the guess would pass the limit of a batch.
 */
export function sizeOf(message: Message): number {
  switch (message.kind) {
    case 'CALL':
    case 'RESULT':
    case 'ITEM':
    case 'END':
    case 'MESSAGE':
      return message.bytes.length + ENVELOPE + extSize(message);
    case 'ERROR':
      return message.bytes.length + sizeOfFailure(message);
    case 'ENDED':
      return sizeOfFailure(message);
    case 'BIND':
      return message.name.length + ENVELOPE * 2;
    case 'AUTH':
      return message.token.length * 3 + ENVELOPE;
    case 'HELLO':
    case 'WELCOME':
    case 'RESUME':
    case 'RESUMED':
      return HANDSHAKE;
    case 'SUBSCRIBE':
      return message.params.bytes.length + message.name.length + ENVELOPE * 2;
    case 'CHUNK':
      return message.bytes.length + ENVELOPE;
    default:
      return ENVELOPE * 2;
  }
}

function sizeOfFailure(message: ErrorMessage | EndedMessage): number {
  return message.message.length * 3 + message.code.length + ENVELOPE + extSize(message);
}

/** Writes one message with its kind and size. */
export function encodeMessage(writer: Writer, message: Message): void {
  switch (message.kind) {
    case 'RESULT':
    case 'ITEM':
    case 'END':
      if (!hasExt(message)) return encodeAnswer(writer, message);
      break;
    case 'MESSAGE':
      if (!hasExt(message)) return encodeTopicMessage(writer, message);
  }
  writer.u8(KINDS[message.kind]);
  // Most messages are payload and a few bytes; a guess that is right saves moving the body.
  const guess = 'bytes' in message && message.kind !== 'CREDIT' ? message.bytes.length + 6 : 8;
  const start = writer.beginBlock(guess);
  encodeBody(writer, message);
  writer.endBlock(start, guess);
}

/** The many are written with their size known: nothing is moved. */
function encodeAnswer(writer: Writer, message: ResultMessage | ItemMessage | EndMessage): void {
  const { id, bytes } = message;
  writer.u8(KINDS[message.kind]);
  writer.varint(varintSize(id) + 1 + bytes.length);
  writer.varint(id);
  writer.u8(message.encoding);
  writer.bytes(bytes);
}

function encodeTopicMessage(writer: Writer, message: TopicMessage): void {
  const { topic, offset, skipped, bytes } = message;
  writer.u8(KINDS.MESSAGE);
  writer.varint(varintSize(topic) + varintSize(offset) + varintSize(skipped) + 1 + bytes.length);
  writer.varint(topic);
  writer.varint(offset);
  writer.varint(skipped);
  writer.u8(message.encoding);
  writer.bytes(bytes);
}

function encodeBody(writer: Writer, message: Message): void {
  switch (message.kind) {
    case 'CALL':
      return encodeCall(writer, message);
    case 'RESULT':
    case 'ITEM':
    case 'END':
      writer.varint(message.id);
      return encodePayload(writer, message, 0);
    case 'ERROR':
      writer.varint(message.id);
      writer.u8(flagsOf(message, 0));
      writer.u8(EXECUTED.indexOf(message.executed));
      writer.text(message.code);
      writer.text(message.message);
      if (hasExt(message)) encodeExt(writer, message);
      return writer.bytes(message.bytes);
    case 'CANCEL':
      writer.varint(message.id);
      return writer.u8(CANCEL_REASONS.indexOf(message.reason));
    case 'CREDIT':
      writer.varint(message.id);
      writer.varint(message.items);
      return writer.varint(message.bytes);
    case 'BIND':
      writer.varint(message.procedure);
      writer.u8(PROCEDURE_KINDS.indexOf(message.procedureKind));
      writer.text(message.name);
      writer.u64(message.sendHash);
      return writer.u64(message.receiveHash);
    case 'CHUNK':
      return encodeChunk(writer, message);
    case 'VOID':
      return;
    default:
      return encodeTopicBody(writer, message);
  }
}

type TopicKind = 'SUBSCRIBE' | 'SUBSCRIBED' | 'UNSUBSCRIBE' | 'MESSAGE' | 'GAP' | 'ENDED' | 'STALE';
type CallKind =
  | 'CALL'
  | 'RESULT'
  | 'ERROR'
  | 'CANCEL'
  | 'ITEM'
  | 'END'
  | 'CREDIT'
  | 'BIND'
  | 'CHUNK'
  | 'VOID';

function encodeTopicBody(writer: Writer, message: Exclude<Message, { kind: CallKind }>): void {
  switch (message.kind) {
    case 'MESSAGE':
      writer.varint(message.topic);
      writer.varint(message.offset);
      writer.varint(message.skipped);
      return encodePayload(writer, message, 0);
    case 'SUBSCRIBE':
      return encodeSubscribe(writer, message);
    case 'SUBSCRIBED':
      writer.varint(message.sub);
      writer.varint(message.topic);
      writer.u8(JOIN_STATES.indexOf(message.state));
      writer.u64(message.epoch);
      writer.varint(message.offset);
      return writer.varint(message.top);
    case 'UNSUBSCRIBE':
      return writer.varint(message.sub);
    case 'GAP':
      writer.varint(message.sub);
      writer.u64(message.epoch);
      writer.varint(message.from);
      writer.varint(message.to ?? 0);
      return writer.u8(GAP_REASONS.indexOf(message.reason));
    case 'ENDED':
      writer.varint(message.sub);
      writer.text(message.code);
      writer.text(message.message);
      return hasExt(message) ? encodeExt(writer, message) : undefined;
    case 'STALE':
      writer.varint(message.sub);
      return writer.u8(STALE_REASONS.indexOf(message.reason));
    default:
      return encodeSessionBody(writer, message);
  }
}

function encodeSessionBody(
  writer: Writer,
  message: Exclude<Message, { kind: CallKind | TopicKind }>,
): void {
  switch (message.kind) {
    case 'PING':
    case 'PONG':
      return writer.u32(message.value);
    case 'HELLO':
      return encodeHello(writer, message);
    case 'WELCOME':
      return encodeWelcome(writer, message);
    case 'RESUME':
      return encodeResume(writer, message);
    case 'RESUMED':
      return encodeResumed(writer, message);
    case 'GONE':
      writer.u8(GONE_REASONS.indexOf(message.reason));
      return writer.varint(message.rx === undefined ? 0 : message.rx + 1);
    case 'GOAWAY':
      writer.u8(GOAWAY_REASONS.indexOf(message.reason));
      writer.varint(message.afterMs);
      return writer.varint(message.windowMs);
    case 'AUTH':
      return writer.text(message.token);
    case 'AUTHED':
      return writer.varint(message.expiresInMs);
  }
}

function flagsOf(message: Payload & ExtFields, bits: number): number {
  return message.encoding | (hasExt(message) ? EXT : 0) | bits;
}

function encodePayload(writer: Writer, message: Payload & ExtFields, bits: number): void {
  writer.u8(flagsOf(message, bits));
  if (hasExt(message)) encodeExt(writer, message);
  writer.bytes(message.bytes);
}

function encodeCall(writer: Writer, message: CallMessage): void {
  writer.varint(message.id);
  writer.varint(message.procedure);
  writer.u8(flagsOf(message, message.deadlineMs === undefined ? 0 : BIT_3));
  if (message.deadlineMs !== undefined) writer.u32(message.deadlineMs);
  if (hasExt(message)) encodeExt(writer, message);
  writer.bytes(message.bytes);
}

function encodeChunk(writer: Writer, message: ChunkMessage): void {
  encodeChunkFields(writer, message);
  writer.bytes(message.bytes);
}

function encodeChunkFields(writer: Writer, message: ChunkMessage): void {
  writer.varint(message.transfer);
  writer.u8((message.isFirst ? 1 : 0) | (message.isLast ? 2 : 0) | (message.isAbort ? 4 : 0));
  if (message.isFirst) writer.varint(message.size);
}

/** Writes all of a chunk but its piece, which must follow. */
export function encodeChunkHead(writer: Writer, message: ChunkMessage): void {
  const { transfer, isFirst, size, bytes } = message;
  writer.u8(KINDS.CHUNK);
  writer.varint(varintSize(transfer) + 1 + (isFirst ? varintSize(size) : 0) + bytes.length);
  encodeChunkFields(writer, message);
}

function encodeSubscribe(writer: Writer, message: SubscribeMessage): void {
  const { params, cursor, last } = message;
  writer.varint(message.sub);
  writer.text(message.name);
  const bits = (cursor === undefined ? 0 : BIT_3) | (last === undefined ? 0 : BIT_4);
  writer.u8((params.encoding === ENCODING.NONE ? 0 : ENCODING.SUPERJSON) | bits);
  writer.sized(params.bytes);
  writer.u64(message.payloadHash);
  if (cursor !== undefined) {
    writer.u64(cursor.epoch);
    writer.varint(cursor.offset);
  }
  if (last !== undefined) writer.varint(last);
}

function encodeRevisions(writer: Writer, revisions: readonly Revision[]): void {
  writer.varint(revisions.length);
  for (const { name, revision } of revisions) {
    writer.text(name);
    writer.u64(revision);
  }
}

function encodeLimits(writer: Writer, limits: SessionLimits): void {
  const names = Object.keys(SESSION_LIMITS) as (keyof SessionLimits)[];
  const told = names.filter((name) => limits[name] !== SESSION_LIMITS[name].absent);
  writer.varint(told.length);
  for (const name of told) {
    writer.u8(SESSION_LIMITS[name].tag);
    writer.varint(limits[name]);
  }
}

function encodeHello(writer: Writer, message: HelloMessage): void {
  writer.varint(message.features);
  writer.text(message.agent);
  writer.text(message.token);
  encodeRevisions(writer, message.revisions);
}

function encodeWelcome(writer: Writer, message: WelcomeMessage): void {
  writer.varint(message.features);
  writer.text(message.session);
  writer.sized(message.secret);
  encodeTerms(writer, message);
}

function encodeResume(writer: Writer, message: ResumeMessage): void {
  writer.varint(message.features);
  writer.text(message.token);
  writer.text(message.session);
  writer.varint(message.attach);
  writer.sized(message.secret);
  writer.varint(message.rx);
  writer.varint(message.first);
  encodeRevisions(writer, message.revisions);
}

function encodeResumed(writer: Writer, message: ResumedMessage): void {
  writer.varint(message.features);
  writer.varint(message.rx);
  encodeTerms(writer, message);
}

function encodeTerms(writer: Writer, message: WelcomeMessage | ResumedMessage): void {
  writer.varint(message.ttlMs);
  writer.varint(message.expiresInMs);
  writer.varint(message.idleMs);
  encodeLimits(writer, message.limits);
  encodeRevisions(writer, message.revisions);
}

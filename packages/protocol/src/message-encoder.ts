import { varintSize, type Writer } from './bytes/writer.js';
import { encodeExt, extSize, hasExt, type ExtFields } from './ext.js';
import {
  CANCEL_REASONS,
  ENCODING,
  KINDS,
  PROCEDURE_KINDS,
  type CallMessage,
  type ChunkMessage,
  type EndedMessage,
  type EndMessage,
  type ErrorMessage,
  type HelloMessage,
  type ItemMessage,
  type Message,
  type Payload,
  type ResultMessage,
  type ResumeMessage,
  type Revision,
  type SubscribeMessage,
  type TopicMessage,
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

/** Writes the body of a message of a kind that a side sends. */
export type BodyEncoder = (writer: Writer, message: Message) => void;

/** Writes one message with its kind and size. */
export function encodeMessage(writer: Writer, message: Message, encodeBody: BodyEncoder): void {
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

/** Writes the body of a topic message; of no other. */
export function encodeTopicBody(writer: Writer, message: Message): void {
  if (message.kind !== 'MESSAGE') return;
  writer.varint(message.topic);
  writer.varint(message.offset);
  writer.varint(message.skipped);
  encodePayload(writer, message);
}

/** Writes what a client sends; the messages of both directions are among it. */
export function encodeClientBody(writer: Writer, message: Message): void {
  switch (message.kind) {
    case 'CALL':
      return encodeCall(writer, message);
    case 'ITEM':
    case 'END':
      writer.varint(message.id);
      return encodePayload(writer, message);
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
    case 'SUBSCRIBE':
      return encodeSubscribe(writer, message);
    case 'UNSUBSCRIBE':
      return writer.varint(message.sub);
    case 'PING':
    case 'PONG':
      return writer.u32(message.value);
    case 'HELLO':
      return encodeHello(writer, message);
    case 'RESUME':
      return encodeResume(writer, message);
    case 'AUTH':
      return writer.text(message.token);
    case 'VOID':
      return;
    default:
      throw new TypeError(`a client sends no message of the kind "${message.kind}"`);
  }
}

/** Gives the flags of a message with a payload. */
export function flagsOf(message: Payload & ExtFields): number {
  return message.encoding | (hasExt(message) ? EXT : 0);
}

/** Writes flags, ext and payload of a message. */
export function encodePayload(writer: Writer, message: Payload & ExtFields): void {
  writer.u8(flagsOf(message));
  if (hasExt(message)) encodeExt(writer, message);
  writer.bytes(message.bytes);
}

function encodeCall(writer: Writer, message: CallMessage): void {
  writer.varint(message.id);
  writer.varint(message.procedure);
  writer.u8(flagsOf(message) | (message.deadlineMs === undefined ? 0 : BIT_3));
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

/** Writes the revisions of contracts. */
export function encodeRevisions(writer: Writer, revisions: readonly Revision[]): void {
  writer.varint(revisions.length);
  for (const { name, revision } of revisions) {
    writer.text(name);
    writer.u64(revision);
  }
}

function encodeHello(writer: Writer, message: HelloMessage): void {
  writer.varint(message.features);
  writer.text(message.agent);
  writer.text(message.token);
  encodeRevisions(writer, message.revisions);
  encodeWish(writer, message);
}

function encodeWish(writer: Writer, { idleMs }: HelloMessage | ResumeMessage): void {
  if (idleMs !== undefined) encodeExt(writer, { idleMs });
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
  encodeWish(writer, message);
}

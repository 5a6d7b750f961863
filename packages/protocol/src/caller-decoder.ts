import type { Reader } from './bytes/reader.js';
import {
  decodeName,
  encodingOf,
  extOf,
  FLAGS,
  flags,
  payloadBytes,
  pick,
} from './field-decoder.js';
import type { ExtFields } from './ext.js';
import type { BodyDecoder } from './message-decoder.js';
import { KINDS, PROCEDURE_KINDS, type CallMessage, type ReceivedMessage } from './message.js';

// id procedure flags [deadlineMs:u32] [ext] payload
function decodeCall(body: Reader): CallMessage {
  const id = body.varint();
  const procedure = body.varint();
  const byte = flags(body, FLAGS.ENCODING | FLAGS.EXT | FLAGS.BIT_3);
  const hasDeadline = (byte & FLAGS.BIT_3) !== 0;
  const deadlineMs = hasDeadline ? body.u32() : 0;
  const ext = extOf(body, byte);
  const encoding = encodingOf(byte);
  const bytes = payloadBytes(body, encoding);
  const call: CallMessage = hasDeadline
    ? { kind: 'CALL', id, procedure, deadlineMs, encoding, bytes }
    : { kind: 'CALL', id, procedure, encoding, bytes };
  return ext === undefined ? call : extended(call, ext);
}

/** Assigned one by one: what a spread makes is slow to make, and slow to read. */
function extended(call: CallMessage, ext: ExtFields): CallMessage {
  const message = call as { -readonly [Name in keyof CallMessage]: CallMessage[Name] };
  if (ext.traceParent !== undefined) message.traceParent = ext.traceParent;
  if (ext.traceState !== undefined) message.traceState = ext.traceState;
  if (ext.idempotencyKey !== undefined) message.idempotencyKey = ext.idempotencyKey;
  if (ext.publishId !== undefined) message.publishId = ext.publishId;
  if (ext.asOf !== undefined) message.asOf = ext.asOf;
  if (ext.published !== undefined) message.published = ext.published;
  if (ext.retryAfterMs !== undefined) message.retryAfterMs = ext.retryAfterMs;
  return message;
}

// procedure kind:u8 name:text sendHash:u64 receiveHash:u64 [ext]
function decodeBind(body: Reader): ReceivedMessage {
  const procedure = body.varint();
  const procedureKind = pick(body, PROCEDURE_KINDS);
  const name = decodeName(body);
  return {
    kind: 'BIND',
    procedure,
    procedureKind,
    name,
    sendHash: body.u64(),
    receiveHash: body.u64(),
  };
}

/** Decoders of what a caller alone sends, whichever side it is. */
export const CALLER_MESSAGES: readonly (readonly [number, BodyDecoder])[] = [
  [KINDS.BIND, decodeBind],
  [KINDS.CALL, decodeCall],
];

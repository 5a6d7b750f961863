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
  return ext === undefined ? call : { ...call, ...ext };
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

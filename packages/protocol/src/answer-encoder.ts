import type { Writer } from './bytes/writer.js';
import { encodeExt, hasExt } from './ext.js';
import { encodePayload, flagsOf } from './message-encoder.js';
import { EXECUTED, type ErrorMessage, type ResultMessage } from './message.js';

/** Writes the body of what ends a call, whichever side it comes from. */
export function encodeAnswer(writer: Writer, message: ResultMessage | ErrorMessage): void {
  if (message.kind === 'ERROR') return encodeError(writer, message);
  writer.varint(message.id);
  encodePayload(writer, message);
}

function encodeError(writer: Writer, message: ErrorMessage): void {
  writer.varint(message.id);
  writer.u8(flagsOf(message));
  writer.u8(EXECUTED.indexOf(message.executed));
  writer.text(message.code);
  writer.text(message.message);
  if (hasExt(message)) encodeExt(writer, message);
  writer.bytes(message.bytes);
}

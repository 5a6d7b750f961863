import {
  readBatch,
  writeBatch,
  writeBatchParts,
  type Batch,
  type BatchHead,
  type MessageCodec,
} from './batch.js';
import type { Writer } from './bytes/writer.js';
import { ALL_DECODERS } from './client-message-decoder.js';
import type { Message } from './message.js';
import { encodeAnyBody } from './server-message-encoder.js';
import type { Violation } from './violation.js';

/** The messages of both sides. */
export const FULL_CODEC: MessageCodec = { encodeBody: encodeAnyBody, decoders: ALL_DECODERS };

/**
 * Reads a batch of either side from untrusted bytes. Payloads in it are views of `bytes`: decode or
 * copy them before the bytes are reused. Never throws.
 */
export function decodeBatch(bytes: Uint8Array): Batch | Violation {
  return readBatch(bytes, FULL_CODEC);
}

/** Writes a whole batch of either side and gives its bytes. */
export function encodeBatch(
  writer: Writer,
  head: BatchHead,
  messages: readonly Message[],
): Uint8Array {
  return writeBatch(writer, FULL_CODEC, { head, messages });
}

/** Writes a whole batch of either side in parts: what is large in chunks is not copied. */
export function encodeBatchParts(
  writer: Writer,
  head: BatchHead,
  messages: readonly Message[],
): Uint8Array[] {
  return writeBatchParts(writer, FULL_CODEC, { head, messages });
}

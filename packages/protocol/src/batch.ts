import { Reader } from './bytes/reader.js';
import type { Writer } from './bytes/writer.js';
import { decodeMessage, type BodyDecoders } from './message-decoder.js';
import { encodeChunkHead, encodeMessage, type BodyEncoder } from './message-encoder.js';
import { isSequenced, KINDS, type Message, type ReceivedMessage } from './message.js';
import { Violation } from './violation.js';

const SEQ = 0x01;
const ACK = 0x02;
const NOW = 0x04;

/** One binary WebSocket message, read (PROTOCOL.md, "Batches"). */
export interface Batch {
  /** Low 16 bits of the number of the first sequenced message; `undefined` without one. */
  readonly seq: number | undefined;
  /** Low 16 bits of the highest number that the peer received. */
  readonly ack: number | undefined;
  /** Whether the peer asks for an acknowledgement in this turn. */
  readonly now: boolean;
  readonly messages: readonly ReceivedMessage[];
}

/** Head of a batch to be written. */
export interface BatchHead {
  readonly seq?: number | undefined;
  readonly ack?: number | undefined;
  readonly now?: boolean;
}

/** The messages that a side writes and reads; no more of them is loaded. */
export interface MessageCodec {
  readonly encodeBody: BodyEncoder;
  readonly decoders: BodyDecoders;
}

/** What is written into one batch. */
export interface BatchContent {
  readonly head: BatchHead;
  readonly messages: readonly Message[];
}

/** Tells whether a message takes a number of its direction. */
export function takesNumber(message: ReceivedMessage): boolean {
  switch (message.kind) {
    // The many first.
    case 'CALL':
    case 'RESULT':
    case 'ITEM':
      return true;
    case 'MESSAGE':
    case 'REFUSED':
      return false;
    case 'SKIPPED':
      return message.sequenced;
    default:
      return isSequenced(KINDS[message.kind]);
  }
}

/**
 * Reads a batch from untrusted bytes. Payloads in it are views of `bytes`: decode or copy them
 * before the bytes are reused. Never throws.
 */
export function readBatch(bytes: Uint8Array, { decoders }: MessageCodec): Batch | Violation {
  const reader = new Reader(bytes);
  const head = reader.u8();
  if (head > (SEQ | ACK | NOW)) reader.fail('BAD_HEAD');
  const seq = (head & SEQ) === 0 ? undefined : reader.u16();
  const ack = (head & ACK) === 0 ? undefined : reader.u16();
  const messages: ReceivedMessage[] = [];
  let numbered = false;
  while (reader.remaining > 0) {
    const kind = reader.u8();
    const outer = reader.enter(reader.varint());
    const message = decodeMessage(kind, reader, decoders);
    reader.leave(outer);
    numbered ||= isSequenced(kind);
    messages.push(message);
  }
  if (reader.fault === undefined) {
    if (messages.length === 0 && ack === undefined) reader.fail('EMPTY_BATCH');
    if (numbered !== (seq !== undefined)) reader.fail('BAD_HEAD');
  }
  if (reader.fault !== undefined) return new Violation(reader.fault);
  return { seq, ack, now: (head & NOW) !== 0, messages };
}

/** Below this, copying a piece is cheaper than writing one part more. */
const PART_BYTES = 4_096;

/** Bytes of a chunk beside its piece, at most; what is small beside it fits as well. */
const CHUNK_HEAD = 64;

/** Writes the head of a batch; the messages follow it in the same writer. */
function encodeHead(writer: Writer, head: BatchHead): void {
  const { seq, ack, now } = head;
  const bits = (seq === undefined ? 0 : SEQ) | (ack === undefined ? 0 : ACK) | (now ? NOW : 0);
  writer.u8(bits);
  if (seq !== undefined) writer.u16(seq & 0xffff);
  if (ack !== undefined) writer.u16(ack & 0xffff);
}

/** Writes a whole batch and gives its bytes. */
export function writeBatch(
  writer: Writer,
  { encodeBody }: MessageCodec,
  { head, messages }: BatchContent,
): Uint8Array {
  let large = 0;
  for (const message of messages) {
    if (message.kind === 'CHUNK') large += message.bytes.length + CHUNK_HEAD;
  }
  if (large > 0) writer.expect(large);
  encodeHead(writer, head);
  for (const message of messages) encodeMessage(writer, message, encodeBody);
  return writer.take();
}

/** Writes a whole batch and gives it in parts: what is large in chunks is not copied. */
export function writeBatchParts(
  writer: Writer,
  { encodeBody }: MessageCodec,
  { head, messages }: BatchContent,
): Uint8Array[] {
  const parts: Uint8Array[] = [];
  encodeHead(writer, head);
  for (const message of messages) {
    if (message.kind !== 'CHUNK' || message.bytes.length < PART_BYTES) {
      encodeMessage(writer, message, encodeBody);
    } else {
      encodeChunkHead(writer, message);
      parts.push(writer.take(), message.bytes);
    }
  }
  if (writer.size > 0) parts.push(writer.take());
  return parts;
}

import {
  encodeBatch,
  ENCODING,
  takesNumber,
  Writer,
  type ChunkMessage,
  type Message,
} from '@trunkline/protocol';

const PIECE = 16_384;
const PLAIN = { kind: 'CHUNK', isFirst: false, isLast: false, isAbort: false, size: 0 } as const;

/** A call with bytes as its input. */
export function bytesCall(id: number, procedure: number, size: number): Message {
  return { kind: 'CALL', id, procedure, encoding: ENCODING.BYTES, bytes: new Uint8Array(size) };
}

/** The chunks that a message is cut into. */
export function chunksOf(transfer: number, message: Message): ChunkMessage[] {
  // Without the head of its batch: flags, and a number of two bytes.
  const head = takesNumber(message) ? { seq: 1 } : {};
  const bytes = encodeBatch(new Writer(), head, [message]).slice(takesNumber(message) ? 3 : 1);
  const chunks: ChunkMessage[] = [];
  for (let from = 0; from < bytes.length; from += PIECE) {
    const isFirst = from === 0;
    const isLast = from + PIECE >= bytes.length;
    const piece = bytes.subarray(from, from + PIECE);
    const size = isFirst ? bytes.length : 0;
    chunks.push({ ...PLAIN, transfer, isFirst, isLast, size, bytes: piece });
  }
  return chunks;
}

/** Gives up a value in the middle. */
export function abortOf(transfer: number): ChunkMessage {
  return { ...PLAIN, transfer, isAbort: true, bytes: new Uint8Array(0) };
}

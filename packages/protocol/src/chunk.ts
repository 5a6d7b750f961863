import { takesNumber } from './batch.js';
import { Reader } from './bytes/reader.js';
import { Writer } from './bytes/writer.js';
import { decodeMessage, type BodyDecoders } from './message-decoder.js';
import { encodeMessage, type BodyEncoder } from './message-encoder.js';
import {
  ENCODING,
  KINDS,
  type CallMessage,
  type ChunkMessage,
  type EndMessage,
  type ErrorMessage,
  type ItemMessage,
  type Kind,
  type Message,
  type ReceivedMessage,
  type ResultMessage,
} from './message.js';
import { Violation } from './violation.js';

/** Messages whose payload may be so large that they are cut. */
export type LargeMessage = CallMessage | ResultMessage | ErrorMessage | ItemMessage | EndMessage;

const LARGE: ReadonlySet<string> = new Set(['CALL', 'RESULT', 'ERROR', 'ITEM', 'END']);
const NEVER_CUT: ReadonlySet<string> = new Set(['BIND', 'VOID', 'CHUNK']);
const NOTHING = new Uint8Array(0);

/** Bytes that hold the kind, the size and the id of any message. */
export const MAX_START = 17;

/** Tells whether a message belongs to a call and has a payload, so that it may be cut. */
export function mayBeCut(message: Message): message is LargeMessage {
  return LARGE.has(message.kind);
}

/** How messages are cut. */
export interface CutterOptions {
  readonly transfer: number;
  readonly chunkBytes: number;
  readonly encodeBody: BodyEncoder;
}

/** Cuts one message into chunks, each when it is asked for. The payload is not copied. */
export class Cutter {
  readonly #transfer: number;
  readonly #chunkBytes: number;
  readonly #head: Uint8Array;
  readonly #payload: Uint8Array;
  #given = 0;

  constructor(message: LargeMessage, { transfer, chunkBytes, encodeBody }: CutterOptions) {
    this.#transfer = transfer;
    this.#chunkBytes = chunkBytes;
    this.#head = headOf(message, encodeBody);
    this.#payload = message.bytes;
  }

  /** Bytes of the whole message. */
  get size(): number {
    return this.#head.length + this.#payload.length;
  }

  /** Whether all of it was given. */
  get isDone(): boolean {
    return this.#given > 0 && this.#given === this.size;
  }

  /** Gives the next chunk. Call only while it is not done. */
  next(): ChunkMessage {
    const from = this.#given;
    const to = Math.min(this.size, from + this.#chunkBytes);
    this.#given = to;
    return {
      kind: 'CHUNK',
      transfer: this.#transfer,
      isFirst: from === 0,
      isLast: to === this.size,
      isAbort: false,
      size: from === 0 ? this.size : 0,
      bytes: this.#piece(from, to),
    };
  }

  #piece(from: number, to: number): Uint8Array {
    const head = this.#head.length;
    const payload = this.#payload.subarray(Math.max(0, from - head), Math.max(0, to - head));
    if (from >= head) return payload;
    const piece = new Uint8Array(to - from);
    piece.set(this.#head.subarray(from, to));
    if (to > head) piece.set(payload, head - from);
    return piece;
  }
}

/** Kind, size and all that stands before the payload. */
function headOf(message: LargeMessage, encodeBody: BodyEncoder): Uint8Array {
  const writer = new Writer();
  encodeMessage(writer, { ...message, bytes: NOTHING }, encodeBody);
  const whole = new Reader(writer.take().slice());
  const kind = whole.u8();
  const body = whole.bytes(whole.varint());
  writer.u8(kind);
  writer.varint(body.length + message.bytes.length);
  writer.bytes(body);
  return writer.take().slice();
}

/** The chunk that drops a transfer. */
export function abortOf(transfer: number): ChunkMessage {
  const bytes = NOTHING;
  return { kind: 'CHUNK', transfer, isFirst: false, isLast: false, isAbort: true, size: 0, bytes };
}

/** Whose message a transfer carries, from its first bytes; `undefined` when it has no id. */
export function startOf(bytes: Uint8Array): { readonly of: Kind; readonly id: number } | undefined {
  const reader = new Reader(bytes);
  const kind = reader.u8();
  reader.varint();
  const id = reader.varint();
  const of = (Object.keys(KINDS) as Kind[]).find((name) => KINDS[name] === kind);
  if (reader.fault !== undefined || of === undefined || NO_ID.has(of)) return undefined;
  return { of, id };
}

const NO_ID: ReadonlySet<string> = new Set(
  (Object.keys(KINDS) as Kind[]).filter((name) => !LARGE.has(name) && name !== 'CANCEL'),
);

/** A message of which the payload has only begun. */
export interface Start {
  /** All of it but its payload. */
  readonly message: LargeMessage;
  /** Bytes before the payload. */
  readonly headBytes: number;
  /** Bytes of the whole message, as it says itself. */
  readonly size: number;
}

/**
 * Reads all that stands before the payload, from the first bytes of a message. Gives `undefined` when
 * they do not hold all of it, or make no message that is usually cut.
 */
export function readStart(bytes: Uint8Array, decoders: BodyDecoders): Start | undefined {
  const reader = new Reader(bytes);
  const kind = reader.u8();
  const size = reader.varint();
  const bodyAt = reader.position;
  const body = reader.sub(Math.min(size, reader.remaining));
  const message = decodeMessage(kind, body, decoders);
  if ((body.fault ?? reader.fault) !== undefined || reader.remaining > 0) return undefined;
  if (message.kind === 'SKIPPED' || message.kind === 'REFUSED' || !mayBeCut(message)) {
    return undefined;
  }
  // Without an encoding there must be no payload, which only the whole message tells.
  if (message.encoding === ENCODING.NONE) return undefined;
  const headBytes = bytes.length - message.bytes.length;
  return { message: { ...message, bytes: NOTHING }, headBytes, size: bodyAt + size };
}

/** Reads the message that the chunks of a transfer make. */
export function joinedMessage(
  bytes: Uint8Array,
  decoders: BodyDecoders,
): ReceivedMessage | Violation {
  const reader = new Reader(bytes);
  const kind = reader.u8();
  const body = reader.sub(reader.varint());
  const message = decodeMessage(kind, body, decoders);
  const fault = body.fault ?? reader.fault;
  if (fault !== undefined) return new Violation(fault);
  const fits = takesNumber(message) && !NEVER_CUT.has(message.kind) && reader.remaining === 0;
  return fits ? message : new Violation('BAD_CHUNK');
}

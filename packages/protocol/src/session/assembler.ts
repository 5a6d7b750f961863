import type { MessageCodec } from '../batch.js';
import {
  joinedMessage,
  MAX_START,
  readStart,
  startOf,
  type LargeMessage,
  type Start,
} from '../chunk.js';
import type { WireLimits } from '../limits.js';
import type { ChunkMessage, ReceivedMessage, RefusedMessage } from '../message.js';
import type { Runtime, Timer } from '../runtime.js';
import { Violation } from '../violation.js';
import type { ByteBudget } from './byte-budget.js';

/** What an assembler is made of. */
export interface AssemblerOptions {
  readonly runtime: Runtime;
  readonly codec: MessageCodec;
  readonly limits: WireLimits;
  /** The most bytes of a payload that this side takes. */
  readonly valueBytes: number;
  /** Which side this is: each has its limit for all values that are not complete. */
  readonly side: 'client' | 'server';
  /** What is set aside counts here as well, with that of other sessions. */
  readonly assembly?: ByteBudget | undefined;
  /** The most bytes of the payload of this message. */
  readonly maxBytesOf: (message: LargeMessage) => number;
  /** Takes what is refused between two chunks, because the next one did not come. */
  readonly late: (refused: RefusedMessage) => void;
}

/** A value of which chunks have come. */
interface Transfer {
  readonly size: number;
  /** What stands before the payload, where the first chunk has all of it. */
  readonly start: Start | undefined;
  /** The payload; without `start`, the whole message. Grows as bytes come. */
  buffer: Uint8Array;
  /** Bytes of the buffer that count. */
  counted: number;
  length: number;
  heardAt: number;
  /** Whether it was refused; what still comes is dropped. */
  isDropped: boolean;
  /** Who was told so. */
  refused: RefusedMessage | undefined;
}

/** Set aside for a value that has begun, if it is as large. */
const START_BYTES = 131_072;
/** As many times of what has come is set aside, so that little is copied while a value grows. */
const GROWTH = 8;
const NOTHING = new Uint8Array(0);
/** What a message has beside its payload, at most: ids, texts, extensions. */
const ENVELOPE = 8_192;

/** Joins chunks to messages, within limits (PROTOCOL.md, "CHUNK"). */
export class Assembler {
  readonly #options: AssemblerOptions;
  readonly #transfers = new Map<number, Transfer>();
  #timer: Timer | undefined;
  #heldBytes = 0;
  /** Whether there is no connection, so that what is held counts for nobody else. */
  #isPaused = false;

  constructor(options: AssemblerOptions) {
    this.#options = options;
  }

  /** Bytes set aside for values that are not complete. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Whether the rest of a value is to come. */
  get isBusy(): boolean {
    return this.#transfers.size > 0;
  }

  /** Takes a chunk; gives the message that is complete with it, or refused by it. */
  take(chunk: ChunkMessage): ReceivedMessage | Violation | undefined {
    const live = this.#transfers.get(chunk.transfer);
    if (chunk.isAbort) return this.#abort(chunk, live);
    if (chunk.isFirst !== (live === undefined)) return new Violation('BAD_CHUNK');
    const transfer = live ?? this.#begin(chunk);
    if (transfer === undefined) return new Violation('BAD_CHUNK');
    const length = transfer.length + chunk.bytes.length;
    if (length > transfer.size || (chunk.isLast && length < transfer.size)) {
      return new Violation('BAD_CHUNK');
    }
    transfer.heardAt = this.#options.runtime.now();
    const refused = this.#store(transfer, chunk.bytes);
    if (!chunk.isLast) return refused;
    const message = this.#complete(transfer, refused);
    this.#forget(chunk.transfer, transfer);
    return message;
  }

  /** There is no connection: nothing can come, and nobody is blamed for it. */
  pause(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    // Who is away must not keep others from sending.
    if (!this.#isPaused) this.#options.assembly?.give(this.#heldBytes);
    this.#isPaused = true;
  }

  /** Another connection goes on in the middle of what has come, if there still is room for it. */
  resume(): void {
    const { runtime, limits, assembly } = this.#options;
    const isCrowded = this.#isPaused && assembly?.take(this.#heldBytes) === false;
    if (isCrowded) this.#refuseAll();
    this.#isPaused = false;
    if (this.#transfers.size === 0) return;
    for (const transfer of this.#transfers.values()) transfer.heardAt = runtime.now();
    this.#timer ??= runtime.startTimer(limits.chunkPauseMs + 1, () => this.#look());
  }

  /** Ends the timer and forgets all. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const transfer of this.#transfers.values()) this.#drop(transfer);
    this.#transfers.clear();
  }

  #begin({ transfer, size, bytes }: ChunkMessage): Transfer | undefined {
    const { runtime, limits } = this.#options;
    if (this.#transfers.size >= limits.transfers) return undefined;
    const begun: Transfer = {
      size,
      start: readStart(bytes, this.#options.codec.decoders),
      buffer: NOTHING,
      counted: 0,
      length: 0,
      heardAt: runtime.now(),
      isDropped: false,
      refused: undefined,
    };
    this.#transfers.set(transfer, begun);
    this.#timer ??= runtime.startTimer(limits.chunkPauseMs + 1, () => this.#look());
    return begun;
  }

  #store(transfer: Transfer, bytes: Uint8Array): RefusedMessage | undefined {
    const { start, length: before } = transfer;
    transfer.length += bytes.length;
    if (transfer.isDropped) return undefined;
    const headBytes = start?.headBytes ?? 0;
    const at = Math.max(0, before - headBytes);
    const piece = before === 0 ? bytes.subarray(headBytes) : bytes;
    // Before the id is there, nobody could be told; until then there are a few bytes only.
    const isNamed = start !== undefined || transfer.length >= MAX_START;
    if (isNamed) {
      const code = this.#refusal(transfer, before === 0);
      if (code !== undefined) {
        if (start === undefined) putFirst(transfer, piece, at);
        return this.#refuse(transfer, code);
      }
    } else if (transfer.buffer.length === 0) {
      transfer.buffer = new Uint8Array(Math.min(transfer.size, MAX_START));
    }
    transfer.buffer.set(piece, at);
    return undefined;
  }

  /** Why what has come is not held; sets memory aside for it otherwise. */
  #refusal(transfer: Transfer, isFirst: boolean): 'TOO_LARGE' | 'BUSY' | undefined {
    const { start, size } = transfer;
    const { valueBytes, maxBytesOf } = this.#options;
    if (start === undefined) {
      if (size > valueBytes + ENVELOPE) return 'TOO_LARGE';
    } else if (isFirst) {
      const most = Math.min(valueBytes, maxBytesOf(start.message));
      if (size - start.headBytes > most) return 'TOO_LARGE';
    }
    return this.#grow(transfer) ? undefined : 'BUSY';
  }

  /** Makes room for what has come, and for what comes next; `false` if too much is held. */
  #grow(transfer: Transfer): boolean {
    const headBytes = transfer.start?.headBytes ?? 0;
    const needed = transfer.length - headBytes;
    if (needed <= transfer.counted) return true;
    const room = Math.min(transfer.size - headBytes, Math.max(START_BYTES, needed * GROWTH));
    const more = room - transfer.counted;
    const { limits, side, assembly } = this.#options;
    const maxBytes = side === 'server' ? limits.assemblyBytes : limits.assemblyDownBytes;
    const isAlone = this.#heldBytes === transfer.counted;
    if (this.#heldBytes + more > maxBytes && !isAlone) return false;
    if (assembly?.take(more) === false) return false;
    this.#heldBytes += more;
    transfer.counted = room;
    const { buffer } = transfer;
    transfer.buffer = new Uint8Array(room);
    transfer.buffer.set(buffer.length > room ? buffer.subarray(0, room) : buffer);
    return true;
  }

  #complete(
    transfer: Transfer,
    refused: RefusedMessage | undefined,
  ): ReceivedMessage | Violation | undefined {
    if (refused !== undefined) return { ...refused, isOver: true };
    if (transfer.isDropped) {
      return transfer.refused && { ...transfer.refused, isNew: false, isOver: true };
    }
    const { start, size, buffer, length } = transfer;
    if (start !== undefined) {
      if (start.size !== size) return new Violation('BAD_CHUNK');
      return { ...start.message, bytes: buffer, isOwned: true };
    }
    const message = joinedMessage(buffer.subarray(0, length), this.#options.codec.decoders);
    if (message instanceof Violation || !('bytes' in message)) return message;
    // CREDIT has a field of this name too, but is never cut.
    if ((message.bytes as Uint8Array).length <= this.#options.valueBytes) return message;
    const late = this.#refuse(transfer, 'TOO_LARGE');
    return late && { ...late, isOver: true };
  }

  /** Drops what has come; gives what its owner is told, if it is known whose it is. */
  #refuse(transfer: Transfer, code: RefusedMessage['code']): RefusedMessage | undefined {
    const owner = ownerOf(transfer);
    this.#drop(transfer);
    transfer.isDropped = true;
    if (owner === undefined) return undefined;
    transfer.refused = { kind: 'REFUSED', ...owner, code, isNew: true, isOver: false };
    return transfer.refused;
  }

  #refuseAll(): void {
    for (const transfer of this.#transfers.values()) {
      const refused = transfer.isDropped ? undefined : this.#refuse(transfer, 'BUSY');
      if (refused !== undefined) this.#options.late(refused);
    }
  }

  #abort(chunk: ChunkMessage, transfer: Transfer | undefined) {
    const { isFirst, isLast, bytes } = chunk;
    if (transfer === undefined || isFirst || isLast || bytes.length > 0) {
      return new Violation('BAD_CHUNK');
    }
    const refused = transfer.isDropped ? undefined : this.#refuse(transfer, 'CANCELLED');
    this.#forget(chunk.transfer, transfer);
    return refused && { ...refused, isOver: true };
  }

  #forget(number: number, transfer: Transfer): void {
    this.#drop(transfer);
    this.#transfers.delete(number);
    if (this.#transfers.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Holds nothing of a transfer any more. */
  #drop(transfer: Transfer): void {
    this.#heldBytes -= transfer.counted;
    if (!this.#isPaused) this.#options.assembly?.give(transfer.counted);
    transfer.counted = 0;
    transfer.buffer = NOTHING;
  }

  /** Refuses those that pause for too long. */
  #look(): void {
    const { runtime, limits, late } = this.#options;
    this.#timer = undefined;
    const now = runtime.now();
    const told: RefusedMessage[] = [];
    let next = Number.POSITIVE_INFINITY;
    for (const transfer of this.#transfers.values()) {
      if (transfer.isDropped) continue;
      const rest = transfer.heardAt + limits.chunkPauseMs - now;
      if (rest >= 0) {
        next = Math.min(next, rest);
        continue;
      }
      const refused = this.#refuse(transfer, 'TOO_LARGE');
      if (refused !== undefined) told.push(refused);
    }
    if (next < Number.POSITIVE_INFINITY) {
      this.#timer = runtime.startTimer(next + 1, () => this.#look());
    }
    for (const refused of told) late(refused);
  }
}

/** Keeps just enough to tell whose a message is that is not held. */
function putFirst(transfer: Transfer, piece: Uint8Array, at: number): void {
  if (at >= MAX_START) return;
  const first = new Uint8Array(MAX_START);
  first.set(transfer.buffer.subarray(0, at));
  first.set(piece.subarray(0, MAX_START - at), at);
  transfer.buffer = first;
}

function ownerOf({ start, buffer, length }: Transfer): ReturnType<typeof startOf> {
  if (start === undefined) return startOf(buffer.subarray(0, length));
  return { of: start.message.kind, id: start.message.id };
}

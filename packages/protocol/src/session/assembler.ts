import { joinedMessage, MAX_START, startOf } from '../chunk.js';
import type { WireLimits } from '../limits.js';
import type { ChunkMessage, ReceivedMessage, RefusedMessage } from '../message.js';
import type { Runtime, Timer } from '../runtime.js';
import { Violation } from '../violation.js';

/** What an assembler is made of. */
export interface AssemblerOptions {
  readonly runtime: Runtime;
  readonly limits: WireLimits;
  /** The most bytes of a payload that this side takes. */
  readonly valueBytes: number;
  /** The most bytes of all values that are not complete, unless there is only one. */
  readonly maxBytes: number;
  /** Takes what is refused between two chunks, because the next one did not come. */
  readonly late: (refused: RefusedMessage) => void;
}

/** A value of which chunks have come. */
interface Transfer {
  readonly size: number;
  /** Grows as bytes come: nothing is set aside by an announced size. */
  buffer: Uint8Array;
  length: number;
  heardAt: number;
  /** Whether it was refused; what still comes is dropped. */
  isDropped: boolean;
  /** Who was told so. */
  refused: RefusedMessage | undefined;
}

const START_BYTES = 1_024;
const NOTHING = new Uint8Array(0);
/** What a message has beside its payload, at most: ids, texts, extensions. */
const ENVELOPE = 8_192;

/** Joins chunks to messages, within limits (PROTOCOL.md, "CHUNK"). */
export class Assembler {
  readonly #options: AssemblerOptions;
  readonly #transfers = new Map<number, Transfer>();
  #timer: Timer | undefined;
  #heldBytes = 0;

  constructor(options: AssemblerOptions) {
    this.#options = options;
  }

  /** Bytes of values that are not complete. */
  get heldBytes(): number {
    return this.#heldBytes;
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

  /** Ends the timer and forgets all. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#transfers.clear();
    this.#heldBytes = 0;
  }

  #begin({ transfer, size }: ChunkMessage): Transfer | undefined {
    const { runtime, limits } = this.#options;
    if (this.#transfers.size >= limits.transfers) return undefined;
    const begun: Transfer = {
      size,
      buffer: NOTHING,
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
    const from = transfer.length;
    transfer.length += bytes.length;
    if (transfer.isDropped) return undefined;
    this.#heldBytes += bytes.length;
    grow(transfer);
    transfer.buffer.set(bytes, from);
    // Before the id is there, nobody could be told; until then there are a few bytes only.
    if (transfer.length < MAX_START && transfer.length < transfer.size) return undefined;
    const { valueBytes, maxBytes } = this.#options;
    if (transfer.size > valueBytes + ENVELOPE) return this.#refuse(transfer, 'TOO_LARGE');
    const isAlone = this.#heldBytes === transfer.length;
    if (this.#heldBytes > maxBytes && !isAlone) return this.#refuse(transfer, 'BUSY');
    return undefined;
  }

  #complete(
    transfer: Transfer,
    refused: RefusedMessage | undefined,
  ): ReceivedMessage | Violation | undefined {
    if (refused !== undefined) return { ...refused, isOver: true };
    if (transfer.isDropped) {
      return transfer.refused && { ...transfer.refused, isNew: false, isOver: true };
    }
    const message = joinedMessage(transfer.buffer.subarray(0, transfer.length));
    if (message instanceof Violation || !('bytes' in message)) return message;
    // CREDIT has a field of this name too, but is never cut.
    const { length } = message.bytes as Uint8Array;
    if (length <= this.#options.valueBytes) return message;
    const late = this.#refuse(transfer, 'TOO_LARGE');
    return late && { ...late, isOver: true };
  }

  /** Drops what has come; gives what its owner is told, if it is known whose it is. */
  #refuse(transfer: Transfer, code: RefusedMessage['code']): RefusedMessage | undefined {
    const start = startOf(transfer.buffer.subarray(0, transfer.length));
    this.#heldBytes -= transfer.length;
    transfer.isDropped = true;
    transfer.buffer = NOTHING;
    if (start === undefined) return undefined;
    transfer.refused = { kind: 'REFUSED', ...start, code, isNew: true, isOver: false };
    return transfer.refused;
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
    if (!transfer.isDropped) this.#heldBytes -= transfer.length;
    this.#transfers.delete(number);
    if (this.#transfers.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
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

/** Makes room for what has come, and for as much again. */
function grow(transfer: Transfer): void {
  const { length, size, buffer } = transfer;
  if (length <= buffer.length) return;
  const room = Math.min(size, Math.max(START_BYTES, length, buffer.length * 2));
  transfer.buffer = new Uint8Array(room);
  transfer.buffer.set(buffer);
}

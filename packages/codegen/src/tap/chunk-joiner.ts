import type { ChunkMessage } from '@trunkline/protocol';

/** Bytes of all values of one direction that are being put together. */
const MAX_BYTES = 32 * 1_048_576;
/** What a piece costs beside its bytes: a peer may send a million of them with none. */
const PIECE_BYTES = 128;

/** Puts the chunks of one direction together, as far as there is room. */
export class ChunkJoiner {
  readonly #transfers = new Map<number, Uint8Array[]>();
  #bytes = 0;

  /** Gives the whole when its last piece comes. What is too much in all is forgotten. */
  join({ transfer, isFirst, isLast, isAbort, bytes }: ChunkMessage): Uint8Array | undefined {
    const pieces = isFirst ? [] : this.#transfers.get(transfer);
    if (isFirst || isAbort) this.#forget(transfer);
    if (pieces === undefined || isAbort) return undefined;
    // The batch that it came in is not kept.
    pieces.push(bytes.slice());
    this.#transfers.set(transfer, pieces);
    this.#bytes += bytes.length + PIECE_BYTES;
    const isTooMuch = this.#bytes > MAX_BYTES;
    if (isLast || isTooMuch) this.#forget(transfer);
    return isLast && !isTooMuch ? Buffer.concat(pieces) : undefined;
  }

  #forget(transfer: number): void {
    for (const { length } of this.#transfers.get(transfer) ?? []) {
      this.#bytes -= length + PIECE_BYTES;
    }
    this.#transfers.delete(transfer);
  }
}

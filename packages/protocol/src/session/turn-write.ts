import type { Transport } from '../transport.js';

/** Hands the batches of one turn to a transport, in order and in as few writes as it can. */
export class TurnWrite {
  readonly #transport: Transport;
  #batches: Uint8Array[] = [];
  /** Bytes that were taken. */
  bytes = 0;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Takes a batch. */
  add(batch: Uint8Array): void {
    this.#batches.push(batch);
    this.bytes += batch.length;
  }

  /** Takes a batch in parts; the transport must have `writeParts`. */
  addParts(parts: readonly Uint8Array[]): void {
    this.end();
    this.#transport.writeParts?.(parts);
    for (const { length } of parts) this.bytes += length;
  }

  /** Writes what was not written before. */
  end(): void {
    if (this.#batches.length > 0) this.#transport.write(this.#batches);
    this.#batches = [];
  }
}

import type { CreditWindow, Runtime } from '@trunkline/protocol';
import { ItemQueue, type ItemQueueOwner } from './item-queue.js';
import type { ServerLimits } from '../limits/limits.js';

/** An item that waits costs more than its bytes. */
const ITEM_BYTES = 128;

/**
 * What all streams of a session to the server may have outstanding together. Each has the window of
 * the start for certain, so what windows grow by comes from one half of it alone.
 */
export class UpCredit {
  readonly #runtime: Runtime;
  readonly #limits: ServerLimits;
  /** What the window of each stream has grown by. */
  readonly #grown = new Map<ItemQueue, number>();
  #bytes = 0;

  constructor(runtime: Runtime, limits: ServerLimits) {
    this.#runtime = runtime;
    this.#limits = limits;
  }

  /** Bytes that all streams together may have outstanding now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether one more stream fits. If not, those whose windows have grown are asked to shrink. */
  hasRoom(): boolean {
    const { upCreditBytes, upCreditSessionBytes } = this.#limits;
    if (this.#bytes + upCreditBytes <= upCreditSessionBytes) return true;
    for (const [queue, grown] of this.#grown) if (grown > 0) queue.narrow();
    return false;
  }

  /** Makes the queue of a stream that begins; `close` it when nothing of it waits any more. */
  open(owner: ItemQueueOwner): ItemQueue {
    const { upCreditItems, upCreditBytes, upCreditMaxItems, upCreditMaxBytes } = this.#limits;
    const queue: ItemQueue = new ItemQueue({
      ...owner,
      window: { items: upCreditItems, bytes: upCreditBytes },
      growth: {
        most: { items: upCreditMaxItems, bytes: upCreditMaxBytes },
        now: () => this.#runtime.now(),
        mayGrow: (by) => this.#grow(queue, by),
      },
      shrunk: () => this.#shrunk(queue),
    });
    this.#grown.set(queue, 0);
    this.#bytes += upCreditBytes;
    return queue;
  }

  close(queue: ItemQueue): void {
    this.#shrunk(queue);
    if (this.#grown.delete(queue)) this.#bytes -= this.#limits.upCreditBytes;
  }

  #grow(queue: ItemQueue, by: CreditWindow): boolean {
    const grown = this.#grown.get(queue);
    const bytes = by.bytes + by.items * ITEM_BYTES;
    if (grown === undefined || this.#bytes + bytes > this.#limits.upCreditSessionBytes / 2) {
      return false;
    }
    this.#grown.set(queue, grown + bytes);
    this.#bytes += bytes;
    return true;
  }

  /** A stream has the window again that it began with, and holds no more than that. */
  #shrunk(queue: ItemQueue): void {
    const grown = this.#grown.get(queue);
    if (grown === undefined) return;
    this.#grown.set(queue, 0);
    this.#bytes -= grown;
  }
}

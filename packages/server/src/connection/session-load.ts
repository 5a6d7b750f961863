import { SessionWire } from './session-wire.js';

/** How much waits for the client of a session, and whether more may. */
export abstract class SessionLoad extends SessionWire {
  /** What the inputs of its running handlers cost, in bytes. */
  protected abstract readonly inputCost: number;
  /** Since when its outbox was not written to its end. */
  #waitingSince: number | undefined;
  #isWeighed = false;

  /** Closes its connection. */
  abstract tooSlow(): void;

  get heldBytes(): number {
    const { queuedBytes, unackedBytes, unackedBulkBytes, assembledBytes } = this.wire;
    return queuedBytes + unackedBytes + unackedBulkBytes + assembledBytes + this.inputCost;
  }

  /** Bytes that wait to be written, here or in the socket. */
  get outboxBytes(): number {
    return this.wire.queuedBytes;
  }

  /** Bytes that were written and are not acknowledged. */
  get unackedBytes(): number {
    return this.wire.unackedBytes + this.wire.unackedBulkBytes;
  }

  get smallBytes(): number {
    const { outboxBytes, bulkBytes, writtenBytes } = this.wire;
    return outboxBytes - bulkBytes + writtenBytes;
  }

  get bulkBytes(): number {
    const { bulkBytes, begunBytes, unackedBulkBytes } = this.wire;
    // What was written of one that is being written counts with all of it.
    return bulkBytes + Math.max(0, unackedBulkBytes - begunBytes);
  }

  get waitingBytes(): number {
    const { outboxBytes, begunBytes, writtenBytes } = this.wire;
    return outboxBytes - begunBytes + writtenBytes;
  }

  /** With nothing in the outbox there is always room: nobody would be told of it later. */
  hasRoom(): boolean {
    const { outboxMessages, outboxBytes } = this.limits;
    const { queuedMessages } = this.wire;
    if (queuedMessages === 0) return true;
    if (this.#isLate) return false;
    return queuedMessages < outboxMessages && this.queuedSmall < outboxBytes;
  }

  /** The other half of what may be held is left for the results of calls. */
  hasItemRoom(isLarge: boolean): boolean {
    const { heldBytes } = this.limits;
    if (this.wire.queuedMessages === 0) return true;
    if (this.queuedSmall * 2 > heldBytes) return false;
    return !isLarge || this.wire.bulkBytes * 2 <= heldBytes;
  }

  /** Notes what is left in the outbox after it was written as far as it could. */
  protected noteWaiting(): void {
    const { outboxBytes, bulkBytes } = this.wire;
    if (outboxBytes === 0 && !this.#isWeighed) return;
    // What is large may take its time, and what is small passes it.
    if (outboxBytes === bulkBytes) this.#waitingSince = undefined;
    else this.#waitingSince ??= this.runtime.now();
    this.#isWeighed = outboxBytes > 0;
    this.services.outboxes.weigh(this, outboxBytes);
  }

  /** There is no connection any more that something could wait for. */
  protected noteGone(): void {
    this.#waitingSince = undefined;
    this.#isWeighed = false;
    this.services.outboxes.weigh(this, 0);
  }

  get #isLate(): boolean {
    if (this.#waitingSince === undefined) return false;
    return this.runtime.now() - this.#waitingSince > this.limits.outboxMs;
  }

  private get queuedSmall(): number {
    return this.wire.queuedBytes - this.wire.bulkBytes;
  }
}

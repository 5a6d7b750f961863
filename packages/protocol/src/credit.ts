/** A window of a stream: items and payload bytes. */
export interface CreditWindow {
  readonly items: number;
  readonly bytes: number;
}

/** The producer's side of a stream's credit (PROTOCOL.md, "CREDIT"). */
export class ProducerCredit {
  #items: number;
  #bytes: number;
  #sentItems = 0;
  #sentBytes = 0;

  constructor(start: CreditWindow) {
    this.#items = start.items;
    this.#bytes = start.bytes;
  }

  /** Whether an item of any size may be sent now. */
  get isOpen(): boolean {
    return this.#sentItems < this.#items && this.#sentBytes < this.#bytes;
  }

  /** How many items were sent: the index of the next one. */
  get sentItems(): number {
    return this.#sentItems;
  }

  /** Notes an item as sent. Call only while `isOpen`. */
  spend(bytes: number): void {
    this.#sentItems++;
    this.#sentBytes += bytes;
  }

  /** Takes new totals; smaller ones change nothing. */
  raise(items: number, bytes: number): void {
    this.#items = Math.max(this.#items, items);
    this.#bytes = Math.max(this.#bytes, bytes);
  }
}

/** A stream that has brought as many windows is long enough to be given a wider one. */
const LONG_WINDOWS = 4;

/**
 * The consumer's side: judges what arrives, and says when to grant more. The window of items is
 * doubled, up to `mostItems`, while a long stream uses up its credit and its consumer keeps up: small
 * items then come in fewer batches. That of bytes stays, and bounds what a slow consumer holds.
 */
export class ConsumerCredit {
  readonly #bytes: number;
  readonly #mostItems: number;
  #items: number;
  /** Whether all credit was used up since the window was last looked at. */
  #wasUsedUp = false;
  #grantedItems: number;
  #grantedBytes: number;
  #receivedItems = 0;
  #receivedBytes = 0;
  #takenItems = 0;
  #takenBytes = 0;

  constructor(window: CreditWindow, mostItems = window.items) {
    this.#items = window.items;
    this.#bytes = window.bytes;
    this.#mostItems = mostItems;
    this.#grantedItems = window.items;
    this.#grantedBytes = window.bytes;
  }

  /** Notes an item that has arrived; `false` when there was no credit for it. */
  receive(bytes: number): boolean {
    const allowed =
      this.#receivedItems < this.#grantedItems && this.#receivedBytes < this.#grantedBytes;
    this.#receivedItems++;
    this.#receivedBytes += bytes;
    if (this.#receivedItems >= this.#grantedItems) this.#wasUsedUp = true;
    return allowed;
  }

  /** All that was granted, from the start. */
  get granted(): CreditWindow {
    return { items: this.#grantedItems, bytes: this.#grantedBytes };
  }

  /**
   * Notes that the consumer's code has taken an item. Gives the new totals when half of the window
   * is used, so that a fast stream costs one message for many items.
   */
  take(bytes: number): CreditWindow | undefined {
    this.#takenItems++;
    this.#takenBytes += bytes;
    const total = this.#takenBytes + this.#bytes;
    const isDue =
      (this.#takenItems + this.#items - this.#grantedItems) * 2 >= this.#items ||
      (total - this.#grantedBytes) * 2 >= this.#bytes;
    if (!isDue) return undefined;
    this.#widen();
    const items = this.#takenItems + this.#items;
    this.#grantedItems = items;
    this.#grantedBytes = total;
    return { items, bytes: total };
  }

  #widen(): void {
    const isLong = this.#takenItems >= this.#items * LONG_WINDOWS;
    const keepsUp = (this.#receivedItems - this.#takenItems) * 4 <= this.#items;
    if (!this.#wasUsedUp || !isLong || !keepsUp) return;
    this.#wasUsedUp = false;
    this.#items = Math.min(this.#items * 2, this.#mostItems);
  }
}

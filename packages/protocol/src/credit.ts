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

/** How the window of a consumer may grow. */
export interface CreditGrowth {
  /** What it grows to at most. */
  readonly most: CreditWindow;
  /** Milliseconds of a clock. */
  readonly now: () => number;
  /** Asked before the window grows by as much; it does not when the answer is `false`. */
  readonly mayGrow?: (by: CreditWindow) => boolean;
}

/** Waiting for credit has to take this part of the time, and this many times a usual pause. */
const STALLED_PART = 1 / 8;
const USUAL_PAUSES = 4;
/** A longer silence is the producer's own. */
const MAX_ROUND_MS = 5_000;

/** A time in which a window is taken: when it began, what had been taken, and what waiting it had. */
interface Span extends CreditWindow {
  readonly at: number;
  stalls: number;
  stalledMs: number;
}

/**
 * The consumer's side: judges what arrives, and says when to grant more. The window is sized from
 * the measured rate and round trip: when its consumer has taken all that there was, and the next
 * item needed a grant that was still on its way, the time in between is noted. Where that is an
 * eighth of the time in which a window is taken, or more, the window is doubled. So a long link is
 * kept full, a slow producer or consumer gets no more, and who stops holds no more than the window.
 */
export class ConsumerCredit {
  readonly #start: CreditWindow;
  readonly #growth: CreditGrowth | undefined;
  #items: number;
  #bytes: number;
  #grantedItems: number;
  #grantedBytes: number;
  #receivedItems = 0;
  #receivedBytes = 0;
  #takenItems = 0;
  #takenBytes = 0;
  /** What was granted before the oldest grant of which no item has shown that it arrived. */
  #known: CreditWindow | undefined;
  /** Since when there is nothing to take, while the producer has used up what it knew of. */
  #starvedAt: number | undefined;
  #span: Span;

  constructor(window: CreditWindow, growth?: CreditGrowth) {
    this.#start = window;
    this.#growth = growth;
    this.#items = window.items;
    this.#bytes = window.bytes;
    this.#grantedItems = window.items;
    this.#grantedBytes = window.bytes;
    this.#span = { at: growth?.now() ?? 0, items: 0, bytes: 0, stalls: 0, stalledMs: 0 };
  }

  /** What may be outstanding now. */
  get window(): CreditWindow {
    return { items: this.#items, bytes: this.#bytes };
  }

  /** What was granted and is not taken yet: what the consumer may have to hold. */
  get outstanding(): CreditWindow {
    return {
      items: this.#grantedItems - this.#takenItems,
      bytes: this.#grantedBytes - this.#takenBytes,
    };
  }

  /** Notes an item that has arrived; `false` when there was no credit for it. */
  receive(bytes: number): boolean {
    const allowed =
      this.#receivedItems < this.#grantedItems && this.#receivedBytes < this.#grantedBytes;
    if (this.#known !== undefined && this.#hasUsed(this.#known)) this.#noteArrived();
    this.#receivedItems++;
    this.#receivedBytes += bytes;
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
    const isDue =
      (this.#takenItems + this.#items - this.#grantedItems) * 2 >= this.#items ||
      (this.#takenBytes + this.#bytes - this.#grantedBytes) * 2 >= this.#bytes;
    const totals = isDue ? this.#grant() : undefined;
    if (this.#takenItems === this.#receivedItems) this.#noteStarved();
    return totals;
  }

  /** Goes back to the window of the start, as fast as the consumer's code takes what was granted. */
  narrow(): void {
    this.#items = this.#start.items;
    this.#bytes = this.#start.bytes;
  }

  #grant(): CreditWindow {
    if (this.#growth !== undefined) {
      this.#grow(this.#growth);
      this.#known ??= this.granted;
    }
    // Totals never shrink: a window that was made narrow is granted again when it is used.
    this.#grantedItems = Math.max(this.#grantedItems, this.#takenItems + this.#items);
    this.#grantedBytes = Math.max(this.#grantedBytes, this.#takenBytes + this.#bytes);
    return this.granted;
  }

  #hasUsed({ items, bytes }: CreditWindow): boolean {
    return this.#receivedItems >= items || this.#receivedBytes >= bytes;
  }

  #noteStarved(): void {
    if (this.#growth === undefined || this.#known === undefined) return;
    if (this.#hasUsed(this.#known)) this.#starvedAt = this.#growth.now();
  }

  /** An item has come that needed a grant: its producer knows of it. */
  #noteArrived(): void {
    this.#known = undefined;
    if (this.#growth === undefined || this.#starvedAt === undefined) return;
    const stalledMs = this.#growth.now() - this.#starvedAt;
    this.#starvedAt = undefined;
    if (stalledMs > MAX_ROUND_MS) return;
    this.#span.stalls++;
    this.#span.stalledMs += stalledMs;
  }

  #grow(growth: CreditGrowth): void {
    const span = this.#span;
    const items = this.#takenItems - span.items;
    const bytes = this.#takenBytes - span.bytes;
    const hasItems = items >= this.#items;
    const hasBytes = bytes >= this.#bytes;
    if (!hasItems && !hasBytes) return;
    const now = growth.now();
    const taken = { items: this.#takenItems, bytes: this.#takenBytes };
    this.#span = { at: now, ...taken, stalls: 0, stalledMs: 0 };
    if (!isStalled(span, items, now - span.at)) return;
    const by = {
      items: hasItems ? growthOf(this.#items, growth.most.items) : 0,
      bytes: hasBytes ? growthOf(this.#bytes, growth.most.bytes) : 0,
    };
    if (by.items + by.bytes === 0 || growth.mayGrow?.(by) === false) return;
    this.#items += by.items;
    this.#bytes += by.bytes;
  }
}

function isStalled({ stalls, stalledMs }: Span, items: number, ms: number): boolean {
  if (stalledMs <= ms * STALLED_PART) return false;
  const usualMs = (ms - stalledMs) / Math.max(1, items - stalls);
  return stalledMs > usualMs * USUAL_PAUSES * stalls;
}

function growthOf(size: number, most: number): number {
  return Math.max(0, Math.min(size, most - size));
}

import type { WireLimits } from '../limits.js';

/** A batch with chunks that is not acknowledged. */
interface Flight {
  /** Number of its last message. */
  readonly number: number;
  readonly bytes: number;
  readonly sentAt: number;
  /** What had been delivered when it was written, and when that was known. */
  readonly delivered: number;
  readonly deliveredAt: number;
}

/** The rate is the best of as many batches: a pause of the sender is no slow link. */
const RATES = 16;
const WIDE_BYTES = 524_288;
/** Coarse clocks must not make a link look as if it were infinite. */
const MIN_ELAPSED_MS = 0.5;

/** How many bytes of chunks may be on their way, from what acknowledgements tell of the link. */
export class BulkWindow {
  readonly #limits: WireLimits;
  readonly #flights: Flight[] = [];
  readonly #rates: number[] = [];
  #unacked = 0;
  #delivered = 0;
  #deliveredAt = 0;
  #roundTripMs = Number.POSITIVE_INFINITY;
  #bytes: number;

  constructor(limits: WireLimits) {
    this.#limits = limits;
    this.#bytes = limits.windowStartBytes;
  }

  /** Whether as many chunks as fit go into one batch; in a narrow one each is acknowledged alone. */
  get isWide(): boolean {
    return this.bytes >= WIDE_BYTES;
  }

  /** Bytes of the window. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of chunks that may be written now; one chunk may always be on its way. */
  get room(): number {
    if (this.#unacked === 0) return Math.max(this.#bytes, this.#limits.chunkBytes);
    return Math.max(0, this.#bytes - this.#unacked);
  }

  /** Whether half of the window is not acknowledged, so that the peer is asked to. */
  get isHalfUsed(): boolean {
    return this.#unacked * 2 >= this.#bytes;
  }

  /** Notes chunks that were written in a batch whose last message has this number. */
  wrote(number: number, bytes: number, now: number): void {
    // A link that rested was not slow.
    if (this.#unacked === 0) this.#deliveredAt = now;
    this.#unacked += bytes;
    const delivered = this.#delivered;
    this.#flights.push({ number, bytes, sentAt: now, delivered, deliveredAt: this.#deliveredAt });
  }

  /** Notes that all numbers up to this one were acknowledged. */
  acknowledged(number: number, now: number): void {
    let last: Flight | undefined;
    while (this.#flights[0] !== undefined && this.#flights[0].number <= number) {
      last = this.#flights.shift() as Flight;
      this.#unacked -= last.bytes;
      this.#delivered += last.bytes;
    }
    if (last === undefined) return;
    this.#deliveredAt = now;
    this.#measure(last, now);
  }

  #measure(flight: Flight, now: number): void {
    const { windowAheadMs, windowMinBytes, windowMaxBytes, chunkBytes } = this.#limits;
    const roundTripMs = now - flight.sentAt;
    this.#roundTripMs = Math.min(this.#roundTripMs, roundTripMs);
    const elapsed = Math.max(MIN_ELAPSED_MS, now - flight.deliveredAt);
    this.#rates.push((this.#delivered - flight.delivered) / elapsed);
    if (this.#rates.length > RATES) this.#rates.shift();
    const wanted = Math.max(...this.#rates) * (this.#roundTripMs + windowAheadMs);
    // A part of a chunk is never used: rounded down, the window of a far link would not grow, and
    // rounded up, that of a slow one would be a queue.
    const isQueueing = roundTripMs - this.#roundTripMs > windowAheadMs / 2;
    const chunks = wanted / chunkBytes;
    const whole = (isQueueing ? Math.floor(chunks) : Math.ceil(chunks)) * chunkBytes;
    this.#bytes = Math.min(windowMaxBytes, Math.max(windowMinBytes, whole));
  }
}

import type { Runtime } from '@trunkline/protocol';

/** How fast tokens come, and how many there are at most. */
export interface TokenRate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Fractions of a token add up with rounding errors; less than this is none. */
const ROUNDING = 1e-6;

/** A token bucket on the runtime's clock: full at first, filled evenly, never over its burst. */
export class TokenBucket {
  readonly #runtime: Runtime;
  readonly #rate: TokenRate;
  #tokens: number;
  #filledAt: number;

  constructor(runtime: Runtime, rate: TokenRate) {
    this.#runtime = runtime;
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#filledAt = runtime.now();
  }

  /** Takes tokens, all of them or none; tells whether they were there. */
  take(count = 1): boolean {
    this.#fill();
    if (this.#tokens + ROUNDING < count) return false;
    this.#tokens = Math.max(0, this.#tokens - count);
    return true;
  }

  /** Whole milliseconds until a token is there; 0 now, `Infinity` when none ever will be. */
  get waitMs(): number {
    return this.waitFor(1);
  }

  /** As `waitMs`, for several tokens at once. */
  waitFor(count: number): number {
    this.#fill();
    const missing = count - this.#tokens;
    if (missing <= ROUNDING) return 0;
    const { perSecond, burst } = this.#rate;
    return burst < count ? Infinity : Math.ceil((missing * 1000) / perSecond - ROUNDING);
  }

  /** Whether it holds its burst, as if nothing had ever been taken. */
  get isFull(): boolean {
    this.#fill();
    return this.#tokens + ROUNDING >= this.#rate.burst;
  }

  #fill(): void {
    const now = this.#runtime.now();
    const { perSecond, burst } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#filledAt) * perSecond) / 1000);
    this.#filledAt = now;
  }
}

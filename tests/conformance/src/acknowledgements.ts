/** After 200 ms all is acknowledged; a slow machine may take longer. */
const LATEST_MS = 2_000;

/** Watches that the other side acknowledges what it is sent, and in time. */
export class Acknowledgements {
  readonly #onLate: (fault: string) => void;
  #tx = 0;
  /** The highest number that the other side can know. */
  #due = 0;
  #acked = 0;
  #timer: NodeJS.Timeout | undefined;
  #wake: (() => void) | undefined;
  #isEnded = false;

  /** `onLate` is told the fault when the other side takes too long. */
  constructor(onLate: (fault: string) => void) {
    this.#onLate = onLate;
  }

  /** Goes on with the numbers of an earlier connection, of which all up to `rx` have come. */
  resume(before: Acknowledgements, rx: number): void {
    this.#tx = before.#tx;
    this.#acked = this.#due = rx;
  }

  /** The highest number that the other side has acknowledged. */
  get acked(): number {
    return this.#acked;
  }

  /** Gives that many numbers to what never comes. */
  lost(count: number): void {
    this.#tx += count;
  }

  /** So many of what has a number already were written again. */
  resent(count: number): void {
    this.#due = Math.min(this.#tx, this.#due + count);
    if (!this.isComplete && this.#timer === undefined) this.#watch();
  }

  /** The highest number that was given. */
  get tx(): number {
    return this.#tx;
  }

  /** Whether all that was sent has been acknowledged. */
  get isComplete(): boolean {
    return this.#acked >= this.#due;
  }

  /** Gives that many numbers. */
  sent(count: number): void {
    this.#tx += count;
    this.#due = this.#tx;
    if (count > 0 && this.#timer === undefined) this.#watch();
  }

  /** Notes an acknowledgement; says what is wrong with it. */
  received(ack: number): string | undefined {
    const number = this.#acked + ((ack - this.#acked) & 0xffff);
    if (number > this.#tx) {
      return `acknowledged ${ack}, expected ${this.#acked} to ${this.#tx}`;
    }
    this.#acked = number;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.isComplete) this.#watch();
    else this.#wake?.();
    return undefined;
  }

  /** Waits until all is acknowledged; says what is not in time. */
  async settle(withinMs: number): Promise<string | undefined> {
    if (!this.isComplete && !this.#isEnded) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, withinMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.isComplete ? undefined : this.#fault();
  }

  /** Stops watching: nothing is acknowledged any more. */
  end(): void {
    this.#isEnded = true;
    clearTimeout(this.#timer);
    this.#wake?.();
  }

  #watch(): void {
    if (this.#isEnded) return;
    this.#timer = setTimeout(() => this.#onLate(this.#fault()), LATEST_MS);
  }

  #fault(): string {
    return `acknowledged ${this.#acked} of ${this.#due} messages in time`;
  }
}

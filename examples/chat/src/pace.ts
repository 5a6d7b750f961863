const MOST = 5;
const WITHIN_MS = 5_000;

/** Lets five messages pass in five seconds. */
export class Pace {
  #passed: number[] = [];

  /** Lets a message pass and gives 0, or gives the milliseconds to wait for that. */
  take(): number {
    const now = performance.now();
    this.#passed = this.#passed.filter((at) => now - at < WITHIN_MS);
    const [oldest] = this.#passed;
    if (oldest !== undefined && this.#passed.length >= MOST) {
      return Math.ceil(oldest + WITHIN_MS - now);
    }
    this.#passed.push(now);
    return 0;
  }
}

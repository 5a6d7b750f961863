/** A timer that was started and can be cancelled; cancelling twice is fine. */
export interface Timer {
  cancel(): void;
}

/**
 * Clock, timers and randomness, passed to whatever needs them. So a test can hold all three;
 * `systemRuntime` is the real one.
 */
export interface Runtime {
  /** Monotonic milliseconds from some start. */
  now(): number;
  /** Milliseconds since 1970; only for times that come from outside, such as a token's expiry. */
  wallNow(): number;
  /**
   * Calls back once, after at least `delayMs` milliseconds. Only a timer that `keepsAlive` keeps a
   * process running that has nothing else to wait for.
   */
  startTimer(delayMs: number, callback: () => void, keepsAlive?: boolean): Timer;
  /** Calls back when the present turn of the event loop and its microtasks are done. */
  endOfTurn(callback: () => void): void;
  /** A number in [0, 1), for jitter; not for secrets. */
  random(): number;
  /** Bytes from a cryptographically strong source. */
  randomBytes(count: number): Uint8Array;
}

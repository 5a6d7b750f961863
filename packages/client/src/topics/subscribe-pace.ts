import type { Runtime, Timer } from '@trunkline/protocol';

// A server ends sessions over 1,024 at once and 20 per second; what is on the way needs some room.
const BURST = 1_000;
const INTERVAL_MS = 50;

/** Spreads the SUBSCRIBEs and UNSUBSCRIBEs of one connection, in order, as a server takes them. */
export class SubscribePace {
  readonly #runtime: Runtime;
  readonly #waiting = new Set<() => void>();
  #left = BURST;
  #countedAt: number;
  #timer: Timer | undefined;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.#countedAt = runtime.now();
  }

  /** Sends at once or in its turn; gives the function that takes back what was not sent yet. */
  add(send: () => void): () => boolean {
    this.#waiting.add(send);
    this.#pump();
    return () => this.#waiting.delete(send);
  }

  /** The connection is gone: nothing is sent any more. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#waiting.clear();
    this.#left = 0;
    this.#countedAt = Number.POSITIVE_INFINITY;
  }

  #pump(): void {
    this.#refill();
    for (const send of this.#waiting) {
      if (this.#left < 1) break;
      this.#left--;
      this.#waiting.delete(send);
      send();
    }
    if (this.#waiting.size === 0 || this.#countedAt === Number.POSITIVE_INFINITY) return;
    this.#timer ??= this.#runtime.startTimer(INTERVAL_MS, () => {
      this.#timer = undefined;
      this.#pump();
    });
  }

  #refill(): void {
    const now = this.#runtime.now();
    const gained = (now - this.#countedAt) / INTERVAL_MS;
    if (gained <= 0) return;
    this.#left = Math.min(BURST, this.#left + gained);
    this.#countedAt = now;
  }
}

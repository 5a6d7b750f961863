import { reactionTo, type Runtime } from '@trunkline/protocol';
import type { Ending } from './retry-decision.js';

/** A connection that ends so soon after a wake was dead before. */
const WAKE_MS = 10_000;

/** What a wake changes in how long is waited before an attempt. */
export class Haste {
  readonly #runtime: Runtime;
  #wokeAt = Number.NEGATIVE_INFINITY;
  #notBefore = Number.NEGATIVE_INFINITY;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** The server has not asked for a time without attempts that is not over. */
  get mayTry(): boolean {
    return this.#runtime.now() >= this.#notBefore;
  }

  /** Notes that there was a wake while there was a connection. */
  wokeUp(): void {
    this.#wokeAt = this.#runtime.now();
  }

  /** Says how long to wait after an ending: not at all when it had been dead before a wake. */
  delayOf({ closed, phase }: Ending, delayMs: number): number {
    const now = this.#runtime.now();
    const reaction = reactionTo(closed.code);
    if (reaction === 'retry-after') this.#notBefore = now + delayMs;
    const isDue = phase === 'live' && reaction === 'retry' && now - this.#wokeAt < WAKE_MS;
    this.#wokeAt = Number.NEGATIVE_INFINITY;
    return isDue ? 0 : delayMs;
  }
}

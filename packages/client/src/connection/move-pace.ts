import { reactionTo, type Runtime } from '@trunkline/protocol';
import { backoffMs, type ReconnectOptions } from './backoff.js';
import { namedDelay, type Ending } from './retry-decision.js';

/** No server drains for longer than a day. */
const MAX_AFTER_MS = 86_400_000;
/** A server in trouble welcomes too, and then closes: only what lasts this long starts anew. */
export const LASTING_MS = 10_000;

/** When a client that is asked to leave opens its next connection. */
export class MovePace {
  readonly #runtime: Runtime;
  readonly #range: ReconnectOptions;
  /** Tries to move in a row that have failed. */
  #failures = 0;
  /** Moves in a row to connections that did not last. */
  #hasty = 0;

  constructor(runtime: Runtime, range: ReconnectOptions) {
    this.#runtime = runtime;
    this.#range = range;
  }

  /** Gives when to move that is named `afterMs` on a connection of this age. */
  askedMs(afterMs: number, ageMs: number): number {
    if (ageMs >= LASTING_MS) this.#hasty = 0;
    const namedMs = Math.min(afterMs, MAX_AFTER_MS);
    // Servers that send a client on and on must not keep it busy with nothing else.
    return this.#hasty === 0 ? namedMs : Math.max(namedMs, this.#backoffMs(this.#hasty));
  }

  /** Gives when to try again after the next connection has failed. */
  failedMs({ closed }: Ending): number {
    const named = reactionTo(closed.code) === 'retry-after' ? namedDelay(closed.reason) : undefined;
    return Math.max(named ?? 0, this.#backoffMs(++this.#failures));
  }

  /** The client has moved. */
  moved(): void {
    this.#hasty++;
  }

  /** Nothing is tried any more. */
  stop(): void {
    this.#failures = 0;
  }

  #backoffMs(count: number): number {
    return backoffMs(count, this.#range, this.#runtime.random());
  }
}

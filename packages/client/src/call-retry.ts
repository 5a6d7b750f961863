import type { ErrorMessage, Executed, Runtime } from '@trunkline/protocol';
import { backoffMs } from './backoff.js';
import type { PendingCall } from './pending-call.js';
import { RetryBudget } from './retry-budget.js';

const MAX_RETRIES = 4;
const RETRY_RANGE = { minMs: 50, maxMs: 2_000 };

/** What passes by itself. Whatever else refuses a call would refuse it again. */
const PASSING: ReadonlySet<string> = new Set(['BUSY', 'UNAVAILABLE', 'DRAINING', 'SESSION_LOST']);

/**
 * Decides which calls are tried again, and when. What did not run is, and of idempotent calls also
 * what nobody knows to have run; tries are bounded for each call, and for all of them together.
 */
export class CallRetry {
  readonly #runtime: Runtime;
  readonly #budget = new RetryBudget();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  succeeded(): void {
    this.#budget.succeeded();
  }

  /** Gives how long a call must rest, in milliseconds; `undefined` when its error is final. */
  restMs(
    call: PendingCall,
    { code, executed, retryAfterMs = 0 }: ErrorMessage,
  ): number | undefined {
    if (!PASSING.has(code) || !mayRepeat(call, executed) || !this.#hasTry(call)) return undefined;
    if (executed !== 'no') call.mayHaveRun = true;
    const backoff = backoffMs(call.retries + 1, RETRY_RANGE, this.#runtime.random());
    return Math.max(backoff, retryAfterMs);
  }

  /** Whether a call goes again whose session was lost; notes the try if it was one. */
  repeatsLost(call: PendingCall, executed: Executed): boolean {
    if (!mayRepeat(call, executed)) return false;
    // What never reached the server has cost it nothing.
    if (executed === 'no') return true;
    if (!this.#hasTry(call)) return false;
    call.retries++;
    call.mayHaveRun = true;
    return true;
  }

  #hasTry({ retries }: PendingCall): boolean {
    return retries < MAX_RETRIES && this.#budget.refused();
  }
}

function mayRepeat({ handler, request }: PendingCall, executed: Executed): boolean {
  if (!handler.isRepeatable) return false;
  return executed === 'no' || (executed === 'unknown' && request.idempotencyKey !== undefined);
}

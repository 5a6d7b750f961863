import type { ErrorMessage, Runtime } from '@trunkline/protocol';
import { backoffMs } from './backoff.js';
import type { PendingCall } from './pending-call.js';
import { RetryBudget } from './retry-budget.js';

const MAX_RETRIES = 4;
const RETRY_RANGE = { minMs: 50, maxMs: 2_000 };

/** Decides which refused calls are tried again, and when. Only what did not run ever is. */
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
    if (code !== 'BUSY' || executed !== 'no' || !call.handler.isRepeatable) return undefined;
    if (call.retries >= MAX_RETRIES || !this.#budget.refused()) return undefined;
    const backoff = backoffMs(call.retries + 1, RETRY_RANGE, this.#runtime.random());
    return Math.max(backoff, retryAfterMs);
  }
}

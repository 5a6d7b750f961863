import type { ErrorMessage, Executed, Runtime } from '@trunkline/protocol';
import { backoffMs, notBefore } from '../connection/backoff.js';
import type { PendingCall } from './pending-call.js';
import { RetryBudget } from './retry-budget.js';

const MAX_RETRIES = 4;
const RETRY_RANGE = { minMs: 50, maxMs: 2_000 };
/** Whoever is told to wait longer is not made to wait, but told. */
const MAX_REST_MS = 30_000;

/** What passes by itself. Whatever else refuses a call would refuse it again. */
const PASSING: ReadonlySet<string> = new Set(['BUSY', 'UNAVAILABLE', 'DRAINING', 'SESSION_LOST']);

/**
 * Decides which calls are tried again, and when. What did not run is, and of idempotent calls also
 * what nobody knows to have run; tries are bounded for each call, and for all of them together. A
 * time that the server names is kept to, and where it is too late the error is final at once.
 */
export class CallRetry {
  readonly #runtime: Runtime;
  readonly #budget = new RetryBudget();
  /** When the last call is due that rests because its procedure is called too often, by name. */
  readonly #due = new Map<string, number>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  succeeded(): void {
    this.#budget.succeeded();
  }

  /** Gives how long a call must rest, in milliseconds; `undefined` when its error is final. */
  restMs(call: PendingCall, error: ErrorMessage): number | undefined {
    const { code, executed, retryAfterMs } = error;
    if (code === 'RATE') return this.#ratedMs(call, error);
    if (!PASSING.has(code) || !mayRepeat(call, executed) || !this.#hasTry(call)) return undefined;
    const backoff = backoffMs(call.retries + 1, RETRY_RANGE, this.#runtime.random());
    const restMs =
      retryAfterMs === undefined ? backoff : Math.max(backoff, this.#notBefore(retryAfterMs));
    if (retryAfterMs !== undefined && !this.#mayRest(call, restMs)) return undefined;
    if (executed !== 'no') call.mayHaveRun = true;
    return restMs;
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

  /**
   * The server is in no trouble and says when to come, so no budget is spent. The time is when one
   * call may come; each that rests already takes as long. Publishes would not keep their order.
   */
  #ratedMs(call: PendingCall, { executed, retryAfterMs }: ErrorMessage): number | undefined {
    const { name, kind } = call.request;
    const isOver = call.retries >= MAX_RETRIES || kind === 'publish' || !call.handler.isRepeatable;
    if (isOver || executed !== 'no' || retryAfterMs === undefined) return undefined;
    const now = this.#runtime.now();
    const behindMs = Math.max(0, (this.#due.get(name) ?? 0) - now);
    const restMs = behindMs + this.#notBefore(retryAfterMs);
    if (!this.#mayRest(call, restMs)) return undefined;
    this.#due.set(name, now + behindMs + retryAfterMs);
    return restMs;
  }

  #notBefore(namedMs: number): number {
    return notBefore(namedMs, this.#runtime.random());
  }

  #mayRest({ request: { deadlineAt = Infinity } }: PendingCall, restMs: number): boolean {
    return restMs <= MAX_REST_MS && this.#runtime.now() + restMs < deadlineAt;
  }

  #hasTry({ retries }: PendingCall): boolean {
    return retries < MAX_RETRIES && this.#budget.refused();
  }
}

function mayRepeat({ handler, request }: PendingCall, executed: Executed): boolean {
  if (!handler.isRepeatable) return false;
  return executed === 'no' || (executed === 'unknown' && request.idempotencyKey !== undefined);
}

import type { SafeResult, WithInput } from '@trunkline/protocol';

/** What may be said of a call, stream or publish beside its input. */
export interface CallOptions {
  /** Withdraws it: it fails with `CANCELLED`, and the handler's own signal fires. */
  readonly signal?: AbortSignal;
  /**
   * Milliseconds until it fails with `DEADLINE`; it travels to the handler. `null` or `Infinity`
   * sets none here, and a call then has the one of the server.
   */
  readonly deadlineMs?: number | null;
}

/** Calls a procedure. Fails with a `TrunklineError` that says whether the handler ran. */
export interface CallMethod<Input, Output, Errors = {}> {
  (...args: WithInput<Input, CallOptions>): Promise<Output>;
  /** Calls it and gives the outcome as a value, so that errors are typed. */
  readonly safe: (...args: WithInput<Input, CallOptions>) => Promise<SafeResult<Output, Errors>>;
}

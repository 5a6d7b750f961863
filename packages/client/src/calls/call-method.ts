import type { SafeResult, WithInput } from '@trunkline/protocol';

/** What may be said of a call, stream or publish beside its input. */
export interface CallOptions {
  /** Withdraws it: it fails with `CANCELLED`, and the handler's own signal fires. */
  readonly signal?: AbortSignal;
  /**
   * Milliseconds until it fails with `DEADLINE`; it travels to the handler, which has no more than the
   * contract allows. Left out, it is the contract's, else the client's. `null` or `Infinity` sets none
   * here, and a call then has the one of the server.
   */
  readonly deadlineMs?: number | null;
}

/** What may be said of a call beside its input. */
export interface UnaryOptions extends CallOptions {
  /**
   * Names what is done: of all calls with one key, the first one alone runs the handler, within five
   * minutes of the last. Only for calls whose contract says `idempotent`, which have a random key
   * otherwise. 1 to 64 bytes of UTF-8; for clients that are not signed in it must not be guessed.
   */
  readonly idempotencyKey?: string;
}

/** Calls a procedure. Fails with a `TrunklineError` that says whether the handler ran. */
export interface CallMethod<Input, Output, Errors = {}> {
  (...args: WithInput<Input, UnaryOptions>): Promise<Output>;
  /** Calls it and gives the outcome as a value, so that errors are typed. */
  readonly safe: (...args: WithInput<Input, UnaryOptions>) => Promise<SafeResult<Output, Errors>>;
}

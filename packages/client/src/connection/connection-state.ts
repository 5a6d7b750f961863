import type { Runtime } from '@trunkline/protocol';
import { notify, type ErrorHook } from './error-hook.js';

/**
 * What the connection is doing. `idle` is before the first attempt, and while it is paused;
 * `unreachable` still tries; `denied` and `closed` last until `reconnectNow()`.
 */
export type ConnectionStatus =
  | 'idle'
  | 'connecting'
  | 'live'
  | 'waiting'
  | 'unreachable'
  | 'denied'
  | 'closed';

/**
 * What a server refuses. `token`: it is missing, wrong or old, and there was no better one; who logs
 * in again is let in. `denied`: this user, or a page of this origin, is not served.
 */
export type Refusal = 'token' | 'denied';

/** The connection at one moment; a new object for each change. */
export interface ConnectionState {
  readonly status: ConnectionStatus;
  /** When this status began, on the clock of `performance.now()`. */
  readonly since: number;
  /** Which attempt in a row this is, from 1; 0 while idle and live. */
  readonly attempt: number;
  /** When the next attempt begins, on the clock of `performance.now()`. */
  readonly nextAttemptAt?: number;
  /** Why the last connection ended, or why there will be no other. */
  readonly reason?: string;
  /** What the server has refused, when that is why there will be no other connection. */
  readonly refusal?: Refusal;
  /** What to look at when no connection ever opened. */
  readonly hints?: readonly string[];
  /**
   * After so many milliseconds of silence connections were cut again and again: a proxy may have such
   * a time-out. The server is asked to ping twice as often.
   */
  readonly suspectedIdleMs?: number;
  /** Contracts that the server does not have, or has with another revision than this client. */
  readonly staleContracts: readonly string[];
}

/** What changes of a state; the rest follows. */
export type StateChange = Omit<ConnectionState, 'since' | 'staleContracts'> & {
  readonly staleContracts?: readonly string[];
};

/** Holds the present state and tells those who watch it. */
export class StateKeeper {
  state: ConnectionState;
  readonly #runtime: Runtime;
  readonly #onError: ErrorHook;
  readonly #watchers = new Set<{ readonly listener: (state: ConnectionState) => void }>();

  constructor(runtime: Runtime, onError: ErrorHook) {
    this.#runtime = runtime;
    this.#onError = onError;
    this.state = Object.freeze({
      status: 'idle',
      since: runtime.now(),
      attempt: 0,
      staleContracts: [],
    });
  }

  /** Whether no other connection will be made. */
  get isFinal(): boolean {
    return this.state.status === 'closed' || this.state.status === 'denied';
  }

  change(change: StateChange): void {
    const { status, since, staleContracts } = this.state;
    this.state = Object.freeze({
      staleContracts,
      ...change,
      since: change.status === status ? since : this.#runtime.now(),
    });
    const { state } = this;
    for (const { listener } of this.#watchers) notify(listener, state, this.#onError);
  }

  /** Calls the listener at each change from now on; gives the function that ends it. */
  watch(listener: (state: ConnectionState) => void): () => void {
    const watcher = { listener };
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }
}

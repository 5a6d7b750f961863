import type { Runtime, Timer } from '@trunkline/protocol';
import type { AttachPhase } from './retry-decision.js';
import type { ClientSession } from './client-session.js';

/** The session of a client that is open, or may go on: kept for as long as its server keeps it. */
export class KeptSession {
  readonly #runtime: Runtime;
  #session: ClientSession | undefined;
  /** Runs until the server has forgotten it. */
  #timer: Timer | undefined;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  get session(): ClientSession | undefined {
    return this.#session;
  }

  /** It is open. */
  opened(session: ClientSession): void {
    this.#timer?.cancel();
    this.#session = session;
  }

  /** It will not go on, and those who use it are told. */
  lose(rx: number | undefined): void {
    const session = this.#session;
    this.forget();
    session?.user?.lost(rx);
  }

  /** It will not go on. */
  forget(): void {
    this.#timer?.cancel();
    this.#session?.stop();
    this.#session = undefined;
  }

  /** Its connection is gone: it waits for another one, for as long as the server does. */
  leave(isDialing: () => boolean): void {
    this.#session?.leave();
    const { remainingMs = 0 } = this.#session ?? {};
    if (remainingMs === 0) return this.forget();
    // Who is about to ask the server for it is told whether it still goes on.
    this.#timer = this.#runtime.startTimer(remainingMs, () => {
      if (!isDialing()) this.lose(undefined);
    });
  }

  /** A connection that should have brought it back did not. */
  missed(phase: AttachPhase): void {
    if (phase === 'resuming') this.#session?.detach();
    this.loseExpired();
  }

  /** A device that slept may have woken up after it has ended. */
  loseExpired(): void {
    if (this.#session?.remainingMs === 0) this.lose(undefined);
  }
}

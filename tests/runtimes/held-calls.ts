import { createDeferred, type Deferred } from '../support/deferred.js';

interface Held {
  starts: number;
  readonly started: Deferred<void>;
  readonly released: Deferred<void>;
}

/** Calls that are answered when they are released, by names. */
export class HeldCalls {
  readonly #held = new Map<string, Held>();

  /** Counts a start, and waits; gives the count. Fails when the signal fires. */
  async hold(name: string, signal: AbortSignal): Promise<number> {
    const held = this.#find(name);
    held.starts++;
    held.started.resolve();
    const ended = createDeferred<never>();
    const end = (): void => ended.reject(signal.reason);
    signal.addEventListener('abort', end);
    try {
      await Promise.race([held.released.promise, ended.promise]);
    } finally {
      signal.removeEventListener('abort', end);
    }
    return held.starts;
  }

  /** Resolves when a handler of this name has started. */
  started(name: string): Promise<void> {
    return this.#find(name).started.promise;
  }

  /** Lets all be answered that have this name, now and later. */
  release(name: string): void {
    this.#find(name).released.resolve();
  }

  #find(name: string): Held {
    let held = this.#held.get(name);
    if (held === undefined) {
      held = { starts: 0, started: createDeferred(), released: createDeferred() };
      this.#held.set(name, held);
    }
    return held;
  }
}

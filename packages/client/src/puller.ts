/** What a source gives: a value, its end, or its failure. */
export type Step<Value> =
  | { readonly value: Value }
  | { readonly isEnd: true }
  | { readonly error: unknown };

/** Where a loop takes its values from. */
export interface PullSource<Value> {
  /** Called for the first `next()`, once. */
  started(): void;
  /** Gives the next step; `undefined` when there is none yet. Not called after an end. */
  pull(): Step<Value> | undefined;
  /** The loop was left; nothing is pulled any more. Called at most once. */
  left(): void;
}

interface Waiter<Value> {
  readonly resolve: (result: IteratorResult<Value, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** The iterator of a `for await` loop over values that come by calls. */
export class Puller<Value> implements AsyncIterableIterator<Value, undefined> {
  readonly #source: PullSource<Value>;
  #waiters: Waiter<Value>[] = [];
  #state: 'new' | 'started' | 'over' = 'new';

  constructor(source: PullSource<Value>) {
    this.#source = source;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Value, undefined>> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      if (this.#state === 'new') {
        this.#state = 'started';
        this.#source.started();
      }
      this.wake();
    });
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    if (this.#state !== 'over') {
      this.#state = 'over';
      this.#source.left();
    }
    this.wake();
    return Promise.resolve(DONE);
  }

  /** The source has something new: serves who waits. */
  wake(): void {
    while (this.#waiters.length > 0) {
      const step = this.#state === 'over' ? { isEnd: true as const } : this.#source.pull();
      if (step === undefined) return;
      // Taken anew each time, since what is pulled may have ended the loop.
      const waiter = this.#waiters.shift() as Waiter<Value>;
      if ('value' in step) {
        waiter.resolve({ done: false, value: step.value });
        continue;
      }
      this.#state = 'over';
      if ('error' in step) waiter.reject(step.error);
      else waiter.resolve(DONE);
    }
  }
}

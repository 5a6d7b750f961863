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

const END = { isEnd: true } as const;
const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** The iterator of a `for await` loop over values that come by calls. */
export class Puller<Value> implements AsyncIterableIterator<Value, undefined> {
  readonly #source: PullSource<Value>;
  #waiters: Waiter<Value>[] = [];
  #isPulling = false;
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
    // What is pulled may wake again, and what it brings is pulled by the loop below.
    if (this.#isPulling) return;
    this.#isPulling = true;
    while (this.#waiters.length > 0) {
      const step = this.#state === 'over' ? END : this.#source.pull();
      if (step === undefined) break;
      this.#serve(this.#waiters.shift() as Waiter<Value>, step);
    }
    this.#isPulling = false;
  }

  #serve({ resolve, reject }: Waiter<Value>, step: Step<Value>): void {
    if ('value' in step) return resolve({ done: false, value: step.value });
    this.#state = 'over';
    if ('error' in step) reject(step.error);
    else resolve(DONE);
  }
}

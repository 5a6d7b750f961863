import type { ErrorHook } from './error-hook.js';
import type { ItemSource } from './stream-method.js';

/** Where a pump sends what it takes. */
export interface PumpTarget {
  /** Whether an item may be sent now; if not, `wake` is called when it may. */
  isOpen(): boolean;
  /** Sends an item. Throws a TrunklineError for one that cannot be sent. */
  item(item: unknown): void;
  /** There are no more items. */
  end(): void;
  /** The source has failed, or gave an item that cannot be sent. */
  failed(error: unknown): void;
}

type ItemIterator = AsyncIterator<unknown> | Iterator<unknown>;

/** Takes items from the user's source, each only when it may be sent, and returns the source. */
export class UpPump {
  readonly #source: ItemSource<unknown>;
  readonly #target: PumpTarget;
  readonly #onError: ErrorHook;
  #iterator: ItemIterator | undefined;
  #isStopped = false;
  #wake: (() => void) | undefined;

  constructor(source: ItemSource<unknown>, target: PumpTarget, onError: ErrorHook) {
    this.#source = source;
    this.#target = target;
    this.#onError = onError;
  }

  /** Begins to take items. Call once. */
  start(): void {
    void this.#run();
  }

  /** Items may be sent again. */
  wake(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** Takes no more items and returns the source's iterator. Idempotent. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.wake();
    void this.#return();
  }

  async #run(): Promise<void> {
    // The stream is not quite open yet, and its owner does not know its id.
    await Promise.resolve();
    if (this.#isStopped) return;
    try {
      this.#iterator = iteratorOf(this.#source);
      for (;;) {
        while (!this.#isStopped && !this.#target.isOpen()) await this.#untilWoken();
        if (this.#isStopped) return;
        const { done, value } = await this.#take();
        if (this.#isStopped) return;
        if (done === true) break;
        this.#target.item(value);
      }
    } catch (error) {
      if (this.#isStopped) return this.#onError(error);
      this.stop();
      return this.#target.failed(error);
    }
    this.#isStopped = true;
    this.#target.end();
  }

  /** An iterator that has ended or failed is not returned. */
  async #take(): Promise<IteratorResult<unknown>> {
    const iterator = this.#iterator as ItemIterator;
    try {
      const result = await iterator.next();
      if (result.done === true) this.#iterator = undefined;
      return result;
    } catch (error) {
      this.#iterator = undefined;
      throw error;
    }
  }

  #untilWoken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  async #return(): Promise<void> {
    try {
      await this.#iterator?.return?.();
    } catch (error) {
      this.#onError(error);
    }
  }
}

/** Tells whether a value can be the items of a stream. */
export function isItemSource(value: unknown): value is ItemSource<unknown> {
  if (typeof value !== 'object' || value === null) return typeof value === 'string';
  return Symbol.asyncIterator in value || Symbol.iterator in value;
}

function iteratorOf(source: ItemSource<unknown>): ItemIterator {
  return Symbol.asyncIterator in Object(source)
    ? (source as AsyncIterable<unknown>)[Symbol.asyncIterator]()
    : (source as Iterable<unknown>)[Symbol.iterator]();
}

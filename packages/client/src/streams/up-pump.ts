import { TrunklineError } from '@trunkline/protocol';
import type { ErrorHook } from '../connection/error-hook.js';
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
  /** The source is ended now; what it gives is called when it has. */
  readonly watch?: ((reason: TrunklineError) => () => void) | undefined;
}

/** Why a source is stopped whose stream did not fail. */
export const NO_MORE: TrunklineError = new TrunklineError('CANCELLED', 'no more items are wanted');

type ItemIterator = AsyncIterator<unknown> | Iterator<unknown>;

/** Takes items from the user's source, each only when it may be sent, and returns the source. */
export class UpPump {
  readonly #source: ItemSource<unknown>;
  readonly #target: PumpTarget;
  readonly #onError: ErrorHook;
  #iterator: ItemIterator | undefined;
  #controller: AbortController | undefined;
  #isStopped = false;
  #running: Promise<void> | undefined;
  #wake: (() => void) | undefined;

  constructor(source: ItemSource<unknown>, target: PumpTarget, onError: ErrorHook) {
    this.#source = source;
    this.#target = target;
    this.#onError = onError;
  }

  /** Begins to take items. Call once. */
  start(): void {
    this.#running = this.#run();
  }

  /** Items may be sent again. */
  wake(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** Takes no more items, fires the source's signal and returns its iterator. Idempotent. */
  stop(reason: TrunklineError): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.wake();
    this.#controller?.abort(reason);
    const ended = this.#target.watch?.(reason);
    // Neither rejects. One that does not wait for its last item may return before that has come.
    void this.#return().then(() => this.#running?.then(ended));
  }

  async #run(): Promise<void> {
    // The stream is not quite open yet, and its owner does not know its id.
    await Promise.resolve();
    if (this.#isStopped) return;
    try {
      this.#iterator = iteratorOf(this.#open());
      for (;;) {
        while (!this.#isStopped && !this.#target.isOpen()) await this.#untilWoken();
        if (this.#isStopped) return;
        const { done, value } = await this.#take();
        if (this.#isStopped) return;
        if (done === true) break;
        this.#target.item(value);
      }
    } catch (error) {
      if (this.#isStopped) return this.#failedLate(error);
      this.stop(NO_MORE);
      return this.#target.failed(error);
    }
    this.#isStopped = true;
    this.#target.end();
  }

  #open(): AsyncIterable<unknown> | Iterable<unknown> {
    if (typeof this.#source !== 'function') return this.#source;
    this.#controller = new AbortController();
    return this.#source(this.#controller.signal);
  }

  /** A source may say with its signal's reason that it has heard of it. */
  #failedLate(error: unknown): void {
    const signal = this.#controller?.signal;
    const isHeard = signal !== undefined && (error === signal.reason || isAbortError(error));
    if (!isHeard) this.#onError(error);
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
      this.#failedLate(error);
    }
  }
}

/** What fails for a signal, in Node and in pages. */
function isAbortError(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

/** Tells whether a value can be the items of a stream. */
export function isItemSource(value: unknown): value is ItemSource<unknown> {
  if (typeof value === 'string' || typeof value === 'function') return true;
  if (typeof value !== 'object' || value === null) return false;
  return Symbol.asyncIterator in value || Symbol.iterator in value;
}

function iteratorOf(source: AsyncIterable<unknown> | Iterable<unknown>): ItemIterator {
  return Symbol.asyncIterator in Object(source)
    ? (source as AsyncIterable<unknown>)[Symbol.asyncIterator]()
    : (source as Iterable<unknown>)[Symbol.iterator]();
}

import {
  ConsumerCredit,
  type CreditGrowth,
  type CreditWindow,
  type Payload,
} from '@trunkline/protocol';
import { isPromise } from '../chain.js';

type Waiter = {
  readonly resolve: (result: IteratorResult<unknown>) => void;
  readonly reject: (error: unknown) => void;
};

/** Where the items of a queue go through, and whom it tells. */
export interface ItemQueueOwner {
  /** Decodes and parses an item; throws, or rejects, when it does not fit. */
  readonly read: (item: Payload) => unknown;
  /** The handler has taken enough that the caller may send more. */
  readonly grant: (totals: CreditWindow) => void;
  /** The handler wants no more items. */
  readonly stop: () => void;
}

/** What an item queue keeps to as well. */
export interface ItemQueueOptions extends ItemQueueOwner {
  readonly window: CreditWindow;
  /** How the window grows when the handler takes items fast; it stays if this is left out. */
  readonly growth?: CreditGrowth;
  /** The window, made narrow, has come back to its start. */
  readonly shrunk?: () => void;
}

/** The items that a caller sends to a stream, as the handler iterates them: once, under credit. */
export class ItemQueue implements AsyncIterable<unknown> {
  readonly #options: ItemQueueOptions;
  readonly #credit: ConsumerCredit;
  /** As they came: decoded, a few bytes can be many values. */
  readonly #items: Payload[] = [];
  readonly #waiters: Waiter[] = [];
  #end: { readonly error: unknown } | 'ended' | 'stopped' | undefined;
  #isIterated = false;
  #given = 0;
  #hasEnded = false;
  #isNarrowing = false;
  /** Those whose items are being read: a schema may wait for something that never comes. */
  readonly #reading = new Set<Waiter>();

  constructor(options: ItemQueueOptions) {
    this.#options = options;
    this.#credit = new ConsumerCredit(options.window, options.growth);
  }

  /** Whether the caller has said that no more items come. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Whether the handler waits for an item that may still come. */
  get isAwaited(): boolean {
    return this.#end === undefined && this.#waiters.length > 0;
  }

  /** How many items the handler was given. */
  get given(): number {
    return this.#given;
  }

  /** Takes an item that has arrived; `false` when there was no credit for it. */
  push({ encoding, bytes, isOwned }: Payload): boolean {
    if (!this.#credit.receive(bytes.length)) return false;
    if (this.#end !== undefined) return true;
    // The payload is a view of its batch.
    this.#items.push({ encoding, bytes: isOwned ? bytes : bytes.slice(), isOwned: true });
    this.#serve();
    return true;
  }

  /** Tells the caller again what it may send: it may not have heard it. */
  tellCredit(): void {
    if (!this.#hasEnded) this.#options.grant(this.#credit.granted);
  }

  /** The caller has sent its last item. */
  end(): void {
    this.#hasEnded = true;
    this.#end ??= 'ended';
    this.#serve();
  }

  /** The stream has failed: the handler gets this error, the first one, and no item any more. */
  fail(error: unknown): void {
    if (this.#end === 'stopped' || typeof this.#end === 'object') return;
    this.#end = { error };
    this.#items.length = 0;
    for (const waiter of this.#reading) waiter.reject(error);
    this.#reading.clear();
    this.#serve();
  }

  /** Goes back to the window of the start, and says when it is there. */
  narrow(): void {
    this.#credit.narrow();
    this.#isNarrowing = true;
    this.#noteShrunk();
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    if (this.#isIterated) throw new TypeError('the items of a stream can be iterated once');
    this.#isIterated = true;
    return { next: () => this.#next(), return: () => this.#return() };
  }

  #next(): Promise<IteratorResult<unknown>> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.#serve();
    });
  }

  #return(): Promise<IteratorResult<unknown>> {
    if (this.#end === undefined) this.#options.stop();
    this.#end = 'stopped';
    this.#items.length = 0;
    this.#serve();
    return Promise.resolve({ done: true, value: undefined });
  }

  #serve(): void {
    while (this.#waiters.length > 0) {
      const item = this.#items.shift();
      if (item === undefined && this.#end === undefined) return;
      const waiter = this.#waiters.shift() as Waiter;
      if (item !== undefined) this.#give(item, waiter);
      else if (typeof this.#end === 'object') waiter.reject(this.#end.error);
      else waiter.resolve({ done: true, value: undefined });
    }
  }

  #give(item: Payload, waiter: Waiter): void {
    const totals = this.#credit.take(item.bytes.length);
    if (totals !== undefined) this.#options.grant(totals);
    if (this.#isNarrowing) this.#noteShrunk();
    try {
      const value = this.#options.read(item);
      if (isPromise(value)) this.#giveLater(Promise.resolve(value), waiter);
      else this.#resolve(waiter, value);
    } catch (error) {
      waiter.reject(error);
    }
  }

  #giveLater(reading: Promise<unknown>, waiter: Waiter): void {
    this.#reading.add(waiter);
    const settled = (): void => void this.#reading.delete(waiter);
    reading.then(
      (value) => this.#reading.has(waiter) && this.#resolve(waiter, value),
      waiter.reject,
    );
    reading.then(settled, settled);
  }

  #resolve({ resolve }: Waiter, value: unknown): void {
    this.#given++;
    resolve({ done: false, value });
  }

  #noteShrunk(): void {
    const { items, bytes } = this.#credit.outstanding;
    const { window, shrunk } = this.#options;
    if (items > window.items || bytes > window.bytes) return;
    this.#isNarrowing = false;
    shrunk?.();
  }
}

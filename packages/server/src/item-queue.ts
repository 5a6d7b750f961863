import { ConsumerCredit, type CreditWindow } from '@trunkline/protocol';

interface QueuedItem {
  readonly value: unknown;
  readonly bytes: number;
}

type Waiter = {
  readonly resolve: (result: IteratorResult<unknown>) => void;
  readonly reject: (error: unknown) => void;
};

/** What an item queue keeps to, and whom it tells. */
export interface ItemQueueOptions {
  readonly window: CreditWindow;
  /** Parses an item; throws, or rejects, when it does not fit. */
  readonly parse: (value: unknown) => unknown;
  /** The handler has taken enough that the caller may send more. */
  readonly grant: (totals: CreditWindow) => void;
  /** The handler wants no more items. */
  readonly stop: () => void;
}

/** The items that a caller sends to a stream, as the handler iterates them: once, under credit. */
export class ItemQueue implements AsyncIterable<unknown> {
  readonly #options: ItemQueueOptions;
  readonly #credit: ConsumerCredit;
  readonly #items: QueuedItem[] = [];
  #waiter: Waiter | undefined;
  #end: { readonly error: unknown } | 'ended' | 'stopped' | undefined;
  #isIterated = false;

  constructor(options: ItemQueueOptions) {
    this.#options = options;
    this.#credit = new ConsumerCredit(options.window);
  }

  /** Whether the caller has said that no more items come. */
  get hasEnded(): boolean {
    return this.#end === 'ended';
  }

  /** Takes an item that has arrived; `false` when there was no credit for it. */
  push(value: unknown, bytes: number): boolean {
    if (!this.#credit.receive(bytes)) return false;
    if (this.#end !== undefined) return true;
    this.#items.push({ value, bytes });
    this.#serve();
    return true;
  }

  /** The caller has sent its last item. */
  end(): void {
    this.#end ??= 'ended';
    this.#serve();
  }

  /** The stream is over: the handler gets this error after the items that are there. */
  fail(error: unknown): void {
    if (this.#end === 'stopped') return;
    this.#end = { error };
    this.#serve();
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    if (this.#isIterated) throw new TypeError('the items of a stream can be iterated once');
    this.#isIterated = true;
    return { next: () => this.#next(), return: () => this.#return() };
  }

  #next(): Promise<IteratorResult<unknown>> {
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
      this.#serve();
    });
  }

  #return(): Promise<IteratorResult<unknown>> {
    if (this.#end === undefined) this.#options.stop();
    this.#end = 'stopped';
    this.#items.length = 0;
    return Promise.resolve({ done: true, value: undefined });
  }

  #serve(): void {
    const waiter = this.#waiter;
    if (waiter === undefined) return;
    const item = this.#items.shift();
    if (item !== undefined) {
      this.#waiter = undefined;
      return this.#give(item, waiter);
    }
    if (this.#end === undefined) return;
    this.#waiter = undefined;
    if (typeof this.#end === 'object') waiter.reject(this.#end.error);
    else waiter.resolve({ done: true, value: undefined });
  }

  #give(item: QueuedItem, waiter: Waiter): void {
    const totals = this.#credit.take(item.bytes);
    if (totals !== undefined) this.#options.grant(totals);
    new Promise((resolve) => resolve(this.#options.parse(item.value))).then(
      (value) => waiter.resolve({ done: false, value }),
      waiter.reject,
    );
  }
}

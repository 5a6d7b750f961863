import { ConsumerCredit, type CreditWindow, type Payload } from '@trunkline/protocol';

type Waiter = {
  readonly resolve: (result: IteratorResult<unknown>) => void;
  readonly reject: (error: unknown) => void;
};

/** What an item queue keeps to, and whom it tells. */
export interface ItemQueueOptions {
  readonly window: CreditWindow;
  /** Decodes and parses an item; throws, or rejects, when it does not fit. */
  readonly read: (item: Payload) => unknown;
  /** The handler has taken enough that the caller may send more. */
  readonly grant: (totals: CreditWindow) => void;
  /** The handler wants no more items. */
  readonly stop: () => void;
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
  #hasEnded = false;

  constructor(options: ItemQueueOptions) {
    this.#options = options;
    this.#credit = new ConsumerCredit(options.window);
  }

  /** Whether the caller has said that no more items come. */
  get hasEnded(): boolean {
    return this.#hasEnded;
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
    this.#serve();
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
    new Promise((resolve) => resolve(this.#options.read(item))).then(
      (value) => waiter.resolve({ done: false, value }),
      waiter.reject,
    );
  }
}

import type { EndMessage, ErrorMessage, ItemMessage } from '@trunkline/protocol';
import { isPromise } from '../chain.js';

/** What a stream gives when it is asked. */
export type Reply = ItemMessage | EndMessage | ErrorMessage;

/** Gives a stream's messages one by one, each when it is asked for: credit decides when. */
export interface StreamReplies {
  /** The next ITEM, or the final message. Not called again after a final one. */
  next(): Reply | Promise<Reply>;
  /** Ends the handler's generator; resolves when it has ended. Idempotent, never rejects. */
  stop(): Promise<void>;
}

/** One stream on its way, as its replies need it. All but `failed` and `stopFailed` may throw. */
export interface StreamSource {
  /** Where its items come from, for who reads an error. */
  readonly name: string;
  /** Runs guards and handler; gives what the handler has given. */
  run(): unknown;
  /** The message of what its generator has yielded. */
  item(value: unknown): ItemMessage | Promise<ItemMessage>;
  /** The message of what its generator has returned. */
  end(value: unknown): Promise<EndMessage>;
  /** The message of what was thrown. */
  failed(error: unknown): ErrorMessage;
  /** Is told what a generator throws that was ended. */
  stopFailed(error: unknown): void;
}

type ItemIterator = AsyncIterator<unknown> | Iterator<unknown>;

/** The replies of a stream whose handler gives items. */
export class ItemReplies implements StreamReplies {
  readonly #source: StreamSource;
  readonly #started: Promise<void>;
  #iterator: ItemIterator | undefined;
  #failure: ErrorMessage | undefined;
  #isStopped = false;
  #stopping: Promise<void> | undefined;

  constructor(source: StreamSource) {
    this.#source = source;
    this.#started = this.#start();
  }

  next(): Reply | Promise<Reply> {
    if (this.#failure !== undefined) return this.#failure;
    if (this.#iterator === undefined) return this.#started.then(() => this.next());
    try {
      const reply = this.#pull(this.#iterator);
      return isPromise(reply)
        ? Promise.resolve(reply).catch((error: unknown) => this.#failed(error))
        : reply;
    } catch (error) {
      return this.#failed(error);
    }
  }

  stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#iterator !== undefined) this.#stopping ??= this.#stopIterator(this.#iterator);
    return this.#stopping ?? Promise.resolve();
  }

  async #start(): Promise<void> {
    try {
      this.#iterator = iteratorOf(await this.#source.run(), this.#source.name);
      // It was stopped while the guards were still thinking.
      if (this.#isStopped) void this.stop();
    } catch (error) {
      this.#failure = this.#source.failed(error);
    }
  }

  /** At once where the iterator is a plain one and the schema waits for nothing. */
  #pull(iterator: ItemIterator): ItemMessage | Promise<ItemMessage | EndMessage> {
    const result = iterator.next();
    return isPromise(result)
      ? Promise.resolve(result).then((late) => this.#reply(late))
      : this.#reply(result);
  }

  #reply(result: IteratorResult<unknown>): ItemMessage | Promise<ItemMessage | EndMessage> {
    return result.done === true ? this.#source.end(result.value) : this.#source.item(result.value);
  }

  async #failed(error: unknown): Promise<ErrorMessage> {
    await this.stop();
    return this.#source.failed(error);
  }

  async #stopIterator(iterator: ItemIterator): Promise<void> {
    try {
      await iterator.return?.();
    } catch (error) {
      this.#source.stopFailed(error);
    }
  }
}

function iteratorOf(items: unknown, source: string): ItemIterator {
  if (typeof items === 'object' && items !== null) {
    if (Symbol.asyncIterator in items)
      return (items as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    if (Symbol.iterator in items) return (items as Iterable<unknown>)[Symbol.iterator]();
  }
  throw new TypeError(`${source} must give an iterable of items, such as a generator`);
}

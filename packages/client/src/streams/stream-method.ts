import type { ErrorOf, SafeResult, WithInput } from '@trunkline/protocol';
import type { CallOptions } from '../calls/call-method.js';

/** What `for` or `for await` takes. */
type AnyIterable<Item> = Iterable<Item> | AsyncIterable<Item>;

/**
 * Items to send: anything that `for` or `for await` takes, or a function that gives it. When no more
 * items are wanted, the signal that such a function is given fires, and the iterator is returned;
 * a generator that waits for something ends only when that has settled, so pass the signal on.
 */
export type ItemSource<Item> = AnyIterable<Item> | ((signal: AbortSignal) => AnyIterable<Item>);

/** What is called while a stream runs; `end` or `error` comes once and last. */
export interface StreamListeners<Item, Output = undefined, Errors = {}> {
  readonly item?: (item: Item) => unknown;
  /** The stream has ended well; `output` is what it ended with, if it has an output. */
  readonly end?: (output: Output) => unknown;
  readonly error?: (error: ErrorOf<Errors>) => unknown;
}

/**
 * Items from the server. Nothing is sent before it is read. It may be read once, by a loop or by
 * `subscribe`; leaving the loop stops the handler.
 */
export interface DownStream<Item, Output = undefined, Errors = {}> extends AsyncIterable<Item> {
  /** Reads by callbacks. Gives the function that ends it, after which nothing is called. */
  readonly subscribe: (listeners: StreamListeners<Item, Output, Errors>) => () => void;
  /** What the stream ends with. Settles when it has been read to its end, or has failed. */
  readonly output: Promise<Output>;
}

/** Opens a stream of items from the server. */
export interface DownStreamMethod<Input, Down, Output = undefined, Errors = {}> {
  (...args: WithInput<Input, CallOptions>): DownStream<Down, Output, Errors>;
}

/**
 * Sends items to the server. The items are taken as fast as the server takes them, and their
 * iterator is returned when no more are wanted. A stream without input is given `undefined`.
 */
export interface UpStreamMethod<Input, Up, Output, Errors = {}> {
  (input: Input, items: ItemSource<Up>, options?: CallOptions): Promise<Output>;
  /** Sends them and gives the outcome as a value, so that errors are typed. */
  readonly safe: (
    input: Input,
    items: ItemSource<Up>,
    options?: CallOptions,
  ) => Promise<SafeResult<Output, Errors>>;
}

/** Opens a stream with items both ways. A stream without input is given `undefined`. */
export interface DuplexStreamMethod<Input, Up, Down, Output = undefined, Errors = {}> {
  (input: Input, items: ItemSource<Up>, options?: CallOptions): DownStream<Down, Output, Errors>;
}

/** Opens a stream; `undefined` stands for a direction that it does not have. */
export type StreamMethod<Input, Up, Down, Output, Errors = {}> = [Up] extends [undefined]
  ? DownStreamMethod<Input, Down, Output, Errors>
  : [Down] extends [undefined]
    ? UpStreamMethod<Input, Up, Output, Errors>
    : DuplexStreamMethod<Input, Up, Down, Output, Errors>;

import { locate, type TrunklineError, type StreamShape } from '@trunkline/protocol';
import type { CallOptions } from '../calls/call-method.js';
import {
  cancelledError,
  checkCallOptions,
  checkDeadlineMs,
  type CallPort,
} from '../calls/call-port.js';
import { promiseOf, safely } from '../calls/calls.js';
import { notify } from '../connection/error-hook.js';
import { HeldCalls } from '../calls/held-calls.js';
import { Later } from './later.js';
import { Puller, type PullSource, type Step } from './puller.js';
import { refuseUnknownListener } from '../connection/refuse-unknown.js';
import { StreamCall, type StreamConsumer, type StreamRequest } from './stream-call.js';
import type { DownStream, ItemSource, StreamListeners } from './stream-method.js';
import type { Outcome } from '../calls/unary-call.js';
import { isItemSource } from './up-pump.js';

/** What is known of a stream's shape at run time. */
export type StreamKind = Pick<
  StreamShape,
  'hasUp' | 'hasDown' | 'hasOutput' | 'deadlineMs' | 'codec'
>;

/** Makes the method of a stream: what its parameters are depends on what the stream has. */
export function createStreamMethod(port: CallPort, name: string, kind: StreamKind): object {
  const { hasUp, hasDown, hasOutput, deadlineMs, codec } = kind;
  const requestOf = (input: unknown, items: unknown, options: CallOptions = {}): StreamRequest => {
    checkCallOptions(name, options);
    checkDeadlineMs(options.deadlineMs ?? null);
    if (hasUp && !isItemSource(items)) {
      throw new TypeError(`${name}: items must be iterable, not "${String(items)}"`);
    }
    const up = hasUp ? (items as ItemSource<unknown>) : undefined;
    return { name, codec, input, items: up, hasDown, hasOutput, options, deadlineMs };
  };
  if (hasUp && hasDown) {
    return (input: unknown, items: unknown, options?: CallOptions) =>
      createDownStream(port, requestOf(input, items, options));
  }
  if (!hasUp) {
    return (input?: unknown, options?: CallOptions) =>
      createDownStream(port, requestOf(input, undefined, options));
  }
  const start =
    (input: unknown, items: unknown, options?: CallOptions) =>
    (outcome: Outcome<unknown>): void =>
      upload(port, requestOf(input, items, options), outcome);
  type Parameters = [input: unknown, items: unknown, options?: CallOptions];
  const send = (...parameters: Parameters) => promiseOf(start(...parameters));
  const safe = (...parameters: Parameters) => safely(start(...parameters));
  return Object.freeze(Object.assign(send, { safe }));
}

function upload(port: CallPort, request: StreamRequest, outcome: Outcome<unknown>): void {
  const call = new StreamCall(port, request, {
    item: () => {},
    end: (output) => outcome.done(output),
    failed: (error) => outcome.failed(error),
  });
  call.start();
}

function createDownStream(
  port: CallPort,
  request: StreamRequest,
): DownStream<unknown, unknown, {}> {
  const output = new Later<unknown>();
  let isRead = false;
  const readOnce = (): void => {
    if (isRead) {
      throw new TypeError(
        `${request.name}: this stream was read already; call the method again for another one`,
      );
    }
    isRead = true;
  };
  return Object.freeze({
    [Symbol.asyncIterator]: () => {
      readOnce();
      return new StreamLoop(port, request, output).puller;
    },
    subscribe: (listeners: StreamListeners<unknown, unknown>) => {
      readOnce();
      return subscribe(port, { ...request, listeners, output });
    },
    get output() {
      return output.promise;
    },
  });
}

/** A stream in the hands of a loop. What it holds is bounded by the credit that it gives. */
class StreamLoop implements StreamConsumer, PullSource<unknown> {
  readonly puller: Puller<unknown> = new Puller(this);
  readonly #name: string;
  readonly #call: StreamCall;
  readonly #output: Later<unknown>;
  #items: { readonly value: unknown; readonly bytes: number }[] = [];
  #last: Step<unknown> | undefined;

  constructor(port: CallPort, request: StreamRequest, output: Later<unknown>) {
    this.#name = request.name;
    this.#call = new StreamCall(port, request, this);
    this.#output = output;
  }

  started(): void {
    this.#call.start();
  }

  pull(): Step<unknown> | undefined {
    const item = this.#items.shift();
    if (item === undefined) return this.#last;
    this.#call.taken(item.bytes);
    return item;
  }

  left(): void {
    this.#items = [];
    this.#call.leave();
    this.#output.reject(leftError(this.#name));
  }

  item(value: unknown, bytes: number): void {
    this.#items.push({ value, bytes });
    this.puller.wake();
  }

  end(output: unknown): void {
    this.#last = { isEnd: true };
    this.#output.resolve(output);
    this.puller.wake();
  }

  failed(error: TrunklineError): void {
    // Who has withdrawn it waits for no more items.
    if (error.code === 'CANCELLED') this.#items = [];
    this.#last = { error };
    this.#output.reject(error);
    this.puller.wake();
  }
}

const LISTENERS: readonly (keyof StreamListeners<unknown, unknown>)[] = ['item', 'end', 'error'];

/** What comes of the output of a stream that nobody reads any more. */
function leftError(name: string): TrunklineError {
  return locate(cancelledError('unknown', undefined), name);
}

interface SubscribeRequest extends StreamRequest {
  readonly listeners: StreamListeners<unknown, unknown>;
  readonly output: Later<unknown>;
}

function subscribe(port: CallPort, request: SubscribeRequest): () => void {
  const { listeners, output } = request;
  const { onError } = port;
  refuseUnknownListener(listeners, LISTENERS);
  const held = new HeldCalls();
  const call: StreamCall = new StreamCall(port, request, {
    item: (value, bytes) => {
      notify(listeners.item, value, onError);
      call.taken(bytes);
    },
    end: (value) => {
      output.resolve(value);
      notify(listeners.end, value, onError);
    },
    failed: (error) => {
      output.reject(error);
      // A stream may fail at once.
      held.run(() => {
        if (listeners.error !== undefined) notify(listeners.error, error as never, onError);
        else if (!output.isAskedFor) onError(error);
      });
    },
  });
  call.start();
  held.release();
  return () => {
    held.drop();
    call.leave();
    output.reject(leftError(request.name));
  };
}

import {
  ConsumerCredit,
  ProducerCredit,
  TrunklineError,
  Violation,
  WIRE_LIMITS,
  type CreditMessage,
  type CreditWindow,
  type EndMessage,
  type ItemMessage,
  type ResultMessage,
} from '@trunkline/protocol';
import type { CallOptions } from './call-method.js';
import { cancelledError, deadlineAt, onAbort, type CallPort } from './call-port.js';
import type { PendingCall, StreamHandler } from './pending-call.js';
import type { ItemSource } from './stream-method.js';
import { readOutput, startOrFail } from './unary-call.js';
import { UpPump } from './up-pump.js';
import { decodeValue, encodeValue } from './value.js';

/** Takes what a stream brings. One of `end` and `failed` is called once and last. */
export interface StreamConsumer {
  /** An item has come; tell the stream when the user's code has taken it. */
  item(value: unknown, bytes: number): void;
  end(output: unknown): void;
  failed(error: TrunklineError): void;
}

/** A stream to be opened. */
export interface StreamRequest {
  readonly name: string;
  readonly input: unknown;
  /** What goes up; `undefined` where nothing does. */
  readonly items: ItemSource<unknown> | undefined;
  readonly hasDown: boolean;
  readonly hasOutput: boolean;
  readonly options: CallOptions;
}

const DOWN_WINDOW: CreditWindow = {
  items: WIRE_LIMITS.downCreditItems.value,
  bytes: WIRE_LIMITS.downCreditBytes.value,
};

/** One stream on the wire: items under credit both ways, its end, and all that can cut it short. */
export class StreamCall implements StreamHandler {
  readonly #port: CallPort;
  readonly #request: StreamRequest;
  readonly #consumer: StreamConsumer;
  readonly #down = new ConsumerCredit(DOWN_WINDOW);
  readonly #pump: UpPump | undefined;
  #up: ProducerCredit | undefined;
  #hasItems = false;
  #call: PendingCall | undefined;
  #isOver = false;
  #stopListening: () => void = () => {};

  constructor(port: CallPort, request: StreamRequest, consumer: StreamConsumer) {
    this.#port = port;
    this.#request = request;
    this.#consumer = consumer;
    if (request.items !== undefined) this.#pump = this.#createPump(request.items);
  }

  /** Items that came or went cannot be had again. */
  get isRepeatable(): boolean {
    return !this.#hasItems && this.#up === undefined;
  }

  /** Opens the stream. Call once; does nothing after `leave`. */
  start(): void {
    if (this.#isOver) return;
    const { name, input, options } = this.#request;
    const { signal } = options;
    if (signal?.aborted) return this.failed(cancelledError('no', signal.reason));
    const due = deadlineAt(this.#port, options, undefined);
    this.#call = startOrFail(this.#port, { kind: 'stream', name, input, due }, this);
    if (this.#isOver) return;
    this.#stopListening = onAbort(signal, () => {
      this.failed(cancelledError(this.#cancel('withdrawn'), signal?.reason));
    });
  }

  /** The user's code has taken an item. */
  taken(bytes: number): void {
    const totals = this.#down.take(bytes);
    if (totals === undefined || this.#call === undefined || this.#isOver) return;
    this.#port.calls.send({ kind: 'CREDIT', id: this.#call.id, ...totals });
  }

  /** The user's code wants no more of it; the consumer is not called any more. */
  leave(): void {
    if (this.#isOver) return;
    this.#finish();
    this.#cancel('stopped');
  }

  opened(credit: CreditWindow): void {
    if (this.#pump === undefined) return;
    this.#up = new ProducerCredit(credit);
    this.#pump.start();
  }

  item(message: ItemMessage): Violation | undefined {
    if (!this.#request.hasDown) return new Violation('BAD_ITEM');
    const { length } = message.bytes;
    if (!this.#down.receive(length)) return new Violation('NO_CREDIT');
    this.#hasItems = true;
    const decoded = decodeValue(message);
    if ('value' in decoded) {
      this.#consumer.item(decoded.value, length);
    } else {
      this.#cancel('stopped');
      const text = `an item cannot be read: ${decoded.fault}`;
      this.failed(new TrunklineError('INTERNAL', text, { executed: 'yes' }));
    }
    return undefined;
  }

  credit({ items, bytes }: CreditMessage): void {
    this.#up?.raise(items, bytes);
    this.#pump?.wake();
  }

  stopped(): void {
    this.#pump?.stop();
  }

  hasRoom(): void {
    this.#pump?.wake();
  }

  done(message: ResultMessage | EndMessage): void {
    this.#finish();
    const output = this.#request.hasOutput ? readOutput(message) : undefined;
    if (output instanceof TrunklineError) this.#consumer.failed(output);
    else this.#consumer.end(output);
  }

  failed(error: TrunklineError): void {
    if (this.#isOver) return;
    this.#finish();
    this.#consumer.failed(error);
  }

  #createPump(items: ItemSource<unknown>): UpPump {
    const { calls, onError } = this.#port;
    return new UpPump(
      items,
      {
        isOpen: () => this.#up?.isOpen === true && calls.hasRoom(this),
        item: (item) => this.#sendItem(item),
        end: () => calls.send({ kind: 'END', id: this.#id, encoding: 0, bytes: NOTHING }),
        failed: (error) => this.#upFailed(error),
      },
      onError,
    );
  }

  get #id(): number {
    return this.#call?.id ?? -1;
  }

  #sendItem(item: unknown): void {
    const { calls } = this.#port;
    const payload = encodeValue(item, calls.maxItemBytes);
    this.#up?.spend(payload.bytes.length);
    calls.send({ kind: 'ITEM', id: this.#id, ...payload });
  }

  #upFailed(error: unknown): void {
    const executed = this.#cancel('failed');
    const known = error instanceof TrunklineError ? error : undefined;
    const code = known?.code ?? 'CANCELLED';
    const text = `the items could not all be sent: ${known?.message ?? 'their source failed'}`;
    this.failed(new TrunklineError(code, text, { executed, cause: error }));
  }

  #cancel(reason: Parameters<CallPort['calls']['cancel']>[1]): 'no' | 'unknown' | 'yes' {
    return this.#call === undefined ? 'no' : this.#port.calls.cancel(this.#call, reason);
  }

  #finish(): void {
    this.#isOver = true;
    this.#stopListening();
    this.#pump?.stop();
  }
}

const NOTHING = new Uint8Array(0);

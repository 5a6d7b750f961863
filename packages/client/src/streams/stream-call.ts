import {
  ConsumerCredit,
  locate,
  ProducerCredit,
  TrunklineError,
  Violation,
  WIRE_DEFAULTS,
  type CreditMessage,
  type CreditWindow,
  type EndMessage,
  type ItemMessage,
  type ProcedureCodec,
  type ResultMessage,
  type TraceSpan,
} from '@trunkline/protocol';
import type { CallOptions } from '../calls/call-method.js';
import { cancelledError, deadlineAt, onAbort, type CallPort } from '../calls/call-port.js';
import { startSpan } from '../calls/call-span.js';
import type { CallSession, PendingCall, StreamHandler } from '../calls/pending-call.js';
import type { ItemSource } from './stream-method.js';
import { readOutput, startOrFail } from '../calls/unary-call.js';
import { NO_MORE, UpPump } from './up-pump.js';
import { decodeValue, encodeValue, sizeError, type Unsent } from '../value/value.js';

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
  readonly codec: ProcedureCodec | undefined;
  readonly input: unknown;
  /** What goes up; `undefined` where nothing does. */
  readonly items: ItemSource<unknown> | undefined;
  readonly hasDown: boolean;
  readonly hasOutput: boolean;
  readonly options: CallOptions;
  /** What the contract gives it where the caller says nothing; `undefined` for no end. */
  readonly deadlineMs?: number | undefined;
}

const DOWN_WINDOW: CreditWindow = {
  items: WIRE_DEFAULTS.downCreditItems,
  bytes: WIRE_DEFAULTS.downCreditBytes,
};

/** What the window grows to; servers let it be no more than this ahead of them by default. */
const MOST_DOWN: CreditWindow = { items: 1_024, bytes: 1_048_576 };

/** One stream on the wire: items under credit both ways, its end, and all that can cut it short. */
export class StreamCall implements StreamHandler {
  readonly #port: CallPort;
  readonly #request: StreamRequest;
  readonly #consumer: StreamConsumer;
  readonly #down: ConsumerCredit;
  readonly #pump: UpPump | undefined;
  #up: ProducerCredit | undefined;
  /** How many have come. */
  #items = 0;
  /** Whether the source has ended, and whether the server was told. */
  #end: 'open' | 'due' | 'sent' = 'open';
  /** What was sent and may have to be sent again in another form: no more than the first credit. */
  #unanswered: Unsent[] | undefined;
  #backlog: Unsent[] = [];
  #call: PendingCall | undefined;
  #span: TraceSpan | undefined;
  #isOver = false;
  #stopListening: () => void = () => {};

  constructor(port: CallPort, request: StreamRequest, consumer: StreamConsumer) {
    this.#port = port;
    this.#request = request;
    this.#consumer = consumer;
    const { runtime } = port;
    this.#down = new ConsumerCredit(DOWN_WINDOW, { most: MOST_DOWN, now: () => runtime.now() });
    if (request.items === undefined) return;
    this.#pump = this.#createPump(request.items);
    if (request.codec !== undefined) this.#unanswered = [];
  }

  /** Items that came or went cannot be had again. */
  get isRepeatable(): boolean {
    return this.#items === 0 && this.#up === undefined;
  }

  /** Opens the stream. Call once; does nothing after `leave`. */
  start(): void {
    if (this.#isOver) return;
    const { name, codec, input, options, deadlineMs } = this.#request;
    const { signal } = options;
    if (signal?.aborted) return this.failed(cancelledError('no', signal.reason));
    const due = deadlineAt(this.#port, options, deadlineMs);
    const span = startSpan(this.#port, 'stream', name);
    this.#span = span;
    const isDeadlineStandard = options.deadlineMs === undefined;
    const request = { kind: 'stream', name, codec, input, due, isDeadlineStandard, span } as const;
    this.#call = startOrFail(this.#port, request, this);
    if (this.#isOver) return;
    this.#stopListening = onAbort(signal, () => {
      this.failed(cancelledError(this.#cancel('withdrawn'), signal?.reason));
    });
  }

  /** The user's code has taken an item. */
  taken(bytes: number): void {
    const totals = this.#down.take(bytes);
    if (totals === undefined || !this.#isSent || this.#isOver) return;
    this.#call?.session?.send({ kind: 'CREDIT', id: this.#id, ...totals });
  }

  /** The user's code wants no more of it; the consumer is not called any more. */
  leave(): void {
    if (this.#isOver) return;
    this.#finish();
    this.#span?.end();
    this.#cancel('stopped');
  }

  opened(credit: CreditWindow): void {
    if (this.#pump === undefined) return;
    const isAgain = this.#up !== undefined;
    this.#up = new ProducerCredit(credit);
    if (!isAgain) return this.#pump.start();
    // The server refused the layout, so nothing that came behind the call was read. It is kept: a cut
    // may come before what is sent now is read either.
    if (this.#unanswered === undefined) return this.#upFailed(FORGOTTEN);
    this.#backlog = [...this.#unanswered];
    if (this.#end === 'sent') this.#end = 'due';
    this.#goOn();
  }

  item(message: ItemMessage): Violation | undefined {
    if (!this.#request.hasDown) return new Violation('BAD_ITEM');
    const { length } = message.bytes;
    if (!this.#down.receive(length)) return new Violation('NO_CREDIT');
    this.#items++;
    this.#unanswered = undefined;
    const decoded = decodeValue(message, this.#request.codec?.down, this.#port.superjson.code);
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
    this.#unanswered = undefined;
    this.#up?.raise(items, bytes);
    this.#goOn();
  }

  get itemsReceived(): number {
    return this.#items;
  }

  tellCredit(): void {
    if (this.#isOver || !this.#request.hasDown) return;
    this.#call?.session?.send({ kind: 'CREDIT', id: this.#id, ...this.#down.granted });
  }

  stopped(): void {
    this.#pump?.stop(NO_MORE);
  }

  hasRoom(): void {
    this.#goOn();
  }

  done(message: ResultMessage | EndMessage): void {
    this.#finish();
    const output = this.#request.hasOutput
      ? readOutput(this.#port, message, this.#request.codec?.output)
      : undefined;
    const error = output instanceof TrunklineError ? locate(output, this.#request.name) : undefined;
    this.#span?.end(error);
    if (error !== undefined) this.#consumer.failed(error);
    else this.#consumer.end(output);
  }

  failed(failure: TrunklineError): void {
    if (this.#isOver) return;
    const error = locate(failure, this.#request.name);
    this.#finish(error);
    this.#span?.end(error);
    this.#consumer.failed(error);
  }

  #createPump(items: ItemSource<unknown>): UpPump {
    const { onError, watchSource } = this.#port;
    const { name } = this.#request;
    return new UpPump(
      items,
      {
        isOpen: () => this.#backlog.length === 0 && this.#isOpen,
        item: (item) => this.#sendItem(item),
        end: () => {
          this.#end = 'due';
          this.#goOn();
        },
        failed: (error) => this.#upFailed(error),
        watch: watchSource && ((reason) => watchSource(name, reason)),
      },
      onError,
    );
  }

  get #id(): number {
    return this.#call?.id ?? -1;
  }

  #sendItem(item: unknown): void {
    const payload = encodeValue(item, this.#request.codec?.up, this.#port.superjson.code);
    this.#unanswered?.push(payload);
    // While the call waits to go again its id may be that of another one: this goes with the rest.
    if (!this.#isSent) return;
    // The call may have gone again since the item was asked for, with items that are larger now.
    if (this.#backlog.length > 0 || this.#up?.isOpen !== true) this.#backlog.push(payload);
    else this.#send(payload);
  }

  #send(payload: Unsent): void {
    const call = this.#call as PendingCall;
    const session = call.session as CallSession;
    const sent = session.asSent(call, payload, this.#request.codec?.up);
    const tooLarge = sizeError(sent, session.maxItemBytes);
    if (tooLarge !== undefined) throw tooLarge;
    this.#up?.spend(sent.bytes.length);
    session.send({ kind: 'ITEM', id: this.#id, ...sent });
  }

  get #isSent(): boolean {
    return this.#call?.state === 'sent';
  }

  get #isOpen(): boolean {
    if (!this.#isSent || this.#up?.isOpen !== true) return false;
    return this.#call?.session?.hasRoom(this) === true;
  }

  /** Sends what was sent in vain before, and then lets the source go on or ends the items. */
  #goOn(): void {
    if (!this.#isSent) return;
    try {
      while (this.#backlog.length > 0 && this.#isOpen) this.#send(this.#backlog.shift() as Unsent);
    } catch (error) {
      this.#backlog = [];
      return this.#upFailed(error);
    }
    if (this.#backlog.length > 0) return;
    if (this.#end === 'open') return this.#pump?.wake();
    if (this.#end === 'sent') return;
    this.#end = 'sent';
    this.#call?.session?.send({ kind: 'END', id: this.#id, encoding: 0, bytes: NOTHING });
  }

  #upFailed(error: unknown): void {
    const executed = this.#cancel('failed');
    const known = error instanceof TrunklineError ? error : undefined;
    const code = known?.code ?? 'CANCELLED';
    const text = `the items could not all be sent: ${known?.message ?? 'their source failed'}`;
    const data = code === FORGOTTEN.code ? { items: this.#items } : undefined;
    this.failed(new TrunklineError(code, text, { executed, data, cause: error }));
  }

  #cancel(reason: Parameters<CallPort['calls']['cancel']>[1]): 'no' | 'unknown' | 'yes' {
    return this.#call === undefined ? 'no' : this.#port.calls.cancel(this.#call, reason);
  }

  #finish(reason: TrunklineError = NO_MORE): void {
    this.#isOver = true;
    this.#stopListening();
    this.#pump?.stop(reason);
  }
}

const NOTHING = new Uint8Array(0);

const FORGOTTEN = new TrunklineError(
  'STREAM_LOST',
  'the server took items and refused their layout afterwards',
);

import {
  ANSWERING_CODEC,
  ENCODING,
  NO_LAYOUT,
  readTraceContext,
  TrunklineError,
  Violation,
  type BindMessage,
  type CallMessage,
  type CancelMessage,
  type ClientCallCodec,
  type ErrorCode,
  type Executed,
  type Payload,
  type ReceivedMessage,
  type RefusedMessage,
  type Timer,
} from '@trunkline/protocol';
import type { AnyHandler, ServedCall } from './client-handler.js';
import { HandlerContext } from './handler-context.js';
import type {
  Answering,
  AnswerTerms,
  AnswerWire,
  ServingOptions,
  SessionAnswers,
} from './serving.js';
import { decodeValue, encodeValue, sizeError } from '../value/value.js';
import { Snapshot } from '../value/snapshot.js';

/** A procedure that the server has bound to a number. */
interface Bound {
  readonly name: string;
  readonly handler: AnyHandler;
  readonly codec: ClientCallCodec | undefined;
  /** Whether the server packs its inputs by a layout that is the client's own. */
  readonly readsPacked: boolean;
  /** Whether the server reads what is packed here. */
  readonly writesPacked: boolean;
}

/** A call from its CALL to its final message. */
interface Entry {
  readonly id: number;
  readonly bound: Bound;
  readonly context: HandlerContext;
  timer: Timer | undefined;
}

/** Handlers that run at once; a server that starts more is refused. */
const MAX_RUNNING = 64;
/** Bytes of answers that wait to be written; with more, no further call is taken. */
const MAX_WAITING = 4_194_304;
/** No contract has as many. */
const MAX_BOUND = 4_096;
const MAX_DATA_BYTES = 2_816;
const MAX_MESSAGE_LENGTH = 256;
const CODE = /^[A-Z][A-Z0-9_]{0,63}$/;
const NOTHING: Payload = { encoding: ENCODING.NONE, bytes: new Uint8Array(0) };

const REFUSALS: Readonly<Record<RefusedMessage['code'], string>> = {
  TOO_LARGE: 'the value is too large, or did not come to its end',
  BUSY: 'too many large values are coming',
  CANCELLED: 'the caller withdrew',
};

/** Answers the calls of a server in all sessions of a client. */
export class ServedHandlers implements Answering {
  readonly codec = ANSWERING_CODEC;
  /** Handlers that run, also those that nobody waits for any more. */
  running = 0;
  readonly options: ServingOptions;
  readonly served: ReadonlyMap<string, ServedCall>;

  /** `served` is what there are handlers for, by names on the wire. */
  constructor(served: ReadonlyMap<string, ServedCall>, options: ServingOptions) {
    this.served = served;
    this.options = options;
  }

  begin(wire: AnswerWire, terms: AnswerTerms): SessionAnswers {
    return new ServedCalls(this, { wire, terms });
  }
}

/** Answers the calls of a server in one session. */
class ServedCalls implements SessionAnswers {
  readonly #handlers: ServedHandlers;
  readonly #options: ServingOptions;
  readonly #entries = new Map<number, Entry>();
  readonly #bound: (Bound | undefined)[] = [];
  #wire: AnswerWire | undefined;
  #terms: AnswerTerms;
  #whenIdle: (() => void) | undefined;

  constructor(
    handlers: ServedHandlers,
    { wire, terms }: { readonly wire: AnswerWire; readonly terms: AnswerTerms },
  ) {
    this.#handlers = handlers;
    this.#options = handlers.options;
    this.#wire = wire;
    this.#terms = terms;
  }

  get outstanding(): number {
    return this.#entries.size;
  }

  resumed(terms: AnswerTerms): void {
    this.#terms = terms;
  }

  leave(idle: () => void): void {
    this.#whenIdle = idle;
    if (this.#entries.size === 0) idle();
  }

  receive(message: ReceivedMessage): Violation | boolean {
    switch (message.kind) {
      case 'BIND':
        return this.#bind(message) ?? true;
      case 'CALL':
        return this.#call(message) ?? true;
      case 'CANCEL':
        if (message.id % 2 === 0) return false;
        this.#cancel(message);
        return true;
      case 'REFUSED':
        if (message.of !== 'CALL') return false;
        return this.#refused(message) ?? true;
      default:
        return false;
    }
  }

  stop(reason: string): void {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    this.#bound.length = 0;
    this.#wire = undefined;
    this.#whenIdle = undefined;
    for (const entry of entries) {
      entry.timer?.cancel();
      entry.context.abort(new TrunklineError('SESSION_LOST', reason));
    }
  }

  #bind({ procedure, procedureKind, name, ...hashes }: BindMessage): Violation | undefined {
    if (procedure !== this.#bound.length) return new Violation('BAD_BIND');
    if (procedure >= MAX_BOUND) return new Violation('TOO_MANY_BOUND');
    const served = procedureKind === 'call' ? this.#handlers.served.get(name) : undefined;
    this.#bound.push(served && this.#boundOf(name, served, hashes));
    return undefined;
  }

  #boundOf(
    name: string,
    { handler, shape }: ServedCall,
    { sendHash, receiveHash }: Pick<BindMessage, 'sendHash' | 'receiveHash'>,
  ): Bound {
    const mayPack = this.#terms.takesPacked;
    // Who packs nothing needs no codec to be made.
    const hasHashes = sendHash !== NO_LAYOUT || receiveHash !== NO_LAYOUT;
    const codec = mayPack && hasHashes ? shape.codec : undefined;
    return {
      name,
      handler,
      codec,
      readsPacked: codec?.send === sendHash,
      writesPacked: codec?.receive === receiveHash,
    };
  }

  #call(message: CallMessage): Violation | undefined {
    const { id, procedure } = message;
    if (id % 2 === 0 || this.#entries.has(id)) return new Violation('BAD_CALL_ID');
    if (procedure >= this.#bound.length) return new Violation('BAD_PROCEDURE');
    const bound = this.#bound[procedure];
    const refusal = this.#refusal(message, bound);
    if (refusal !== undefined) this.#answerError(id, refusal[0], refusal[1], 'no');
    else this.#start(message, bound as Bound);
    return undefined;
  }

  #refusal(
    { encoding, deadlineMs, idempotencyKey }: CallMessage,
    bound: Bound | undefined,
  ): readonly [ErrorCode, string] | undefined {
    if (bound === undefined) return ['NOT_FOUND', 'the client has no handler for it'];
    if (encoding === ENCODING.PACKED && !bound.readsPacked) {
      return ['LAYOUT', 'what is sent is packed with another layout than that of the client'];
    }
    if (idempotencyKey !== undefined) return ['UNAVAILABLE', 'idempotency keys are not offered'];
    if (deadlineMs === 0) return ['DEADLINE', 'the deadline had passed'];
    if (this.#handlers.running >= MAX_RUNNING) return ['BUSY', 'too many calls are running'];
    const waitingBytes = this.#wire?.queuedBytes ?? 0;
    return waitingBytes > MAX_WAITING ? ['BUSY', 'too many answers are waiting'] : undefined;
  }

  #start(message: CallMessage, bound: Bound): void {
    const { id, deadlineMs } = message;
    const { runtime, superjson } = this.#options;
    const decoded = decodeValue(message, bound.codec?.input, superjson.code);
    if ('fault' in decoded) {
      const text = `malformed payload: ${decoded.fault}`;
      return this.#answerError(id, 'INVALID_INPUT', text, 'no');
    }
    const heardAt = this.#wire?.heardAt ?? runtime.now();
    const deadlineAt = deadlineMs === undefined ? undefined : heardAt + deadlineMs;
    const context = new HandlerContext(runtime, deadlineAt, readTraceContext(message));
    const entry: Entry = { id, bound, context, timer: undefined };
    this.#entries.set(id, entry);
    this.#handlers.running++;
    if (context.remainingMs !== undefined) {
      const late = (): void => this.#late(entry);
      entry.timer = runtime.startTimer(context.remainingMs, late);
    }
    void this.#run(entry, decoded.value);
  }

  async #run(entry: Entry, input: unknown): Promise<void> {
    const { bound, context } = entry;
    try {
      const output = await bound.handler(input, context);
      const payload = await this.#encode(output, bound.writesPacked, bound.codec?.output);
      this.#finish(entry, payload);
    } catch (error) {
      await this.#failed(entry, error);
    } finally {
      this.#handlers.running--;
    }
  }

  #finish(entry: Entry, payload: Payload): void {
    if (!this.#isOpen(entry)) return;
    const error = sizeError(payload, this.#terms.valueInBytes);
    this.#forget(entry);
    if (error !== undefined) this.#answerError(entry.id, error.code, error.message, 'yes');
    else this.#wire?.send({ kind: 'RESULT', id: entry.id, ...payload });
  }

  /** Of what a handler throws the server is told what the contract declares, and no more. */
  async #failed(entry: Entry, error: unknown): Promise<void> {
    const { bound, context, id } = entry;
    if (!this.#isOpen(entry)) return;
    if (context.hasMade(error) && CODE.test(error.code)) {
      const { code, message, data } = error;
      const { errors = {} } = bound.codec ?? {};
      const part = Object.hasOwn(errors, code) ? errors[code] : undefined;
      try {
        const payload = await this.#encode(data, bound.writesPacked, part);
        if (!this.#isOpen(entry)) return;
        if (payload.bytes.length <= MAX_DATA_BYTES) {
          this.#forget(entry);
          return this.#answerError(id, code, message, 'yes', payload);
        }
        const most = `errors carry at most ${MAX_DATA_BYTES} bytes`;
        this.#options.onError(new TypeError(`the data of "${code}" is too large: ${most}`));
      } catch (failure) {
        this.#options.onError(failure);
      }
      if (!this.#isOpen(entry)) return;
    } else this.#options.onError(error);
    this.#forget(entry);
    this.#answerError(id, 'INTERNAL', 'the handler of the client failed', 'yes');
  }

  /** Packed where the server has the same layout; the code for superjson may have to be loaded. */
  async #encode(
    value: unknown,
    isPacked: boolean,
    part: NonNullable<ClientCallCodec['output']> | undefined,
  ): Promise<Payload> {
    const { superjson } = this.#options;
    const written = encodeValue(value, isPacked ? part : undefined, superjson.code);
    if (!(written instanceof Snapshot)) return written;
    await superjson.load();
    return encodeValue(written.value, undefined, superjson.code) as Payload;
  }

  #cancel({ id, reason }: CancelMessage): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined && reason === 'deadline') return this.#late(entry);
    if (entry !== undefined) return this.#abort(entry, 'CANCELLED', REFUSALS.CANCELLED);
    // It was answered, and the answer is still being written.
    if (this.#wire?.abandon(id) === true) {
      this.#answerError(id, 'CANCELLED', REFUSALS.CANCELLED, 'yes');
    }
  }

  #late(entry: Entry): void {
    this.#abort(entry, 'DEADLINE', 'the deadline has passed');
  }

  /** Answers in the handler's place; what it gives later is dropped, and its slot stays taken. */
  #abort(entry: Entry, code: 'CANCELLED' | 'DEADLINE', text: string): void {
    this.#forget(entry);
    this.#answerError(entry.id, code, text, 'unknown');
    entry.context.abort(new TrunklineError(code, text));
  }

  /** An input that came in chunks is not taken. */
  #refused({ id, isNew, code }: RefusedMessage): Violation | undefined {
    if (!isNew) return undefined;
    if (id % 2 === 0 || this.#entries.has(id)) return new Violation('BAD_CALL_ID');
    this.#answerError(id, code, REFUSALS[code], 'no');
    return undefined;
  }

  #isOpen(entry: Entry): boolean {
    return this.#entries.get(entry.id) === entry;
  }

  #forget(entry: Entry): void {
    entry.timer?.cancel();
    this.#entries.delete(entry.id);
    if (this.#whenIdle === undefined) return;
    // The answer is given after this.
    this.#options.runtime.endOfTurn(() => {
      if (this.#entries.size === 0) this.#whenIdle?.();
    });
  }

  // Each is a field of the message.
  // oxlint-disable-next-line max-params
  #answerError(
    id: number,
    code: string,
    text: string,
    executed: Executed,
    payload = NOTHING,
  ): void {
    const message = text.slice(0, MAX_MESSAGE_LENGTH);
    this.#wire?.send({ kind: 'ERROR', id, code, message, executed, ...payload });
  }
}

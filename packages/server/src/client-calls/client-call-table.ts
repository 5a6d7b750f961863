import { clientCallCodecs } from '@trunkline/contract/codecs';
import {
  CallIds,
  ENCODING,
  Violation,
  type ErrorMessage,
  type Executed,
  type LargeMessage,
  type Outgoing,
  type Payload,
  type RefusedMessage,
  type ResultMessage,
  type Runtime,
  type Timer,
  type TraceContext,
  type TrunklineError,
} from '@trunkline/protocol';
import { isPromise } from '../chain.js';
import { localError } from '../failure.js';
import type { ServerLimits } from '../limits/limits.js';
import type { Observation } from '../observe/observation.js';
import type { GuardedTracer } from '../tracing/guarded-tracer.js';
import type { CallerLink } from './caller-link.js';
import { ClientBindings } from './client-bindings.js';
import {
  asSuperjson,
  readError,
  readOutput,
  writeInput,
  type CalledProcedure,
} from './client-value.js';

/** What the calls to one client are made from. */
export interface ClientCallTableOptions {
  readonly runtime: Runtime;
  readonly limits: ServerLimits;
  readonly link: CallerLink;
  /** `undefined` where nobody observes. */
  readonly observation: Observation | undefined;
  /** `undefined` where nobody traces. */
  readonly tracer: GuardedTracer | undefined;
}

/** What is called, with what. */
export interface ClientCallRequest {
  readonly procedure: CalledProcedure;
  readonly input: unknown;
  /** The one of the contract, or of the server's limits, where it is left out. */
  readonly deadlineMs: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** Travels with it. */
  readonly trace: TraceContext | undefined;
}

/** What comes of a client that was called. */
export type ClientAnswer = ResultMessage | ErrorMessage | RefusedMessage;

/** A call from its start to its settlement; afterwards it only keeps its id taken. */
interface PendingCall {
  readonly procedure: CalledProcedure;
  readonly deadlineAt: number;
  readonly trace: TraceContext | undefined;
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: unknown) => void;
  id: number;
  payload: Payload;
  entry: Outgoing | undefined;
  timer: Timer | undefined;
  stopListening: () => void;
  isSettled: boolean;
}

/** Bytes of a batch that are not payload, at most. */
const ENVELOPE = 512;
const ENDED = 'the session has ended';
const NOTHING: Payload = { encoding: ENCODING.NONE, bytes: new Uint8Array(0) };

/** The calls of the server to one client: ids, deadlines, cancelling, answers. */
export class ClientCallTable {
  readonly #options: ClientCallTableOptions;
  readonly #ids = new CallIds<PendingCall>(1);
  readonly #bindings: ClientBindings;
  #isLost = false;

  constructor(options: ClientCallTableOptions) {
    this.#options = options;
    this.#bindings = new ClientBindings(options.link);
  }

  /** `undefined` where nobody observes. */
  get observation(): Observation | undefined {
    return this.#options.observation;
  }

  /** `undefined` where nobody traces. */
  get tracer(): GuardedTracer | undefined {
    return this.#options.tracer;
  }

  /** Calls without a final message. */
  get outstanding(): number {
    return this.#ids.taken;
  }

  /** Calls the client. Rejects with a TrunklineError that says whether its handler ran. */
  async call({ procedure, input, deadlineMs, signal, trace }: ClientCallRequest): Promise<unknown> {
    const { runtime, limits } = this.#options;
    const { deadlineMs: own } = procedure.definition;
    const ms = Math.min(deadlineMs ?? own ?? limits.deadlineMs, own ?? Infinity);
    const deadlineAt = runtime.now() + ms;
    const codec = this.#bindings.inputCodec(procedure);
    this.#assertRoom(procedure);
    if (signal?.aborted) throw withdrawn('no', signal);
    const written = writeInput(procedure, codec, input);
    const payload = isPromise(written) ? await written : written;
    // A session may have ended while a schema waited for something.
    if (isPromise(written)) this.#assertRoom(procedure);
    this.#assertFits(procedure, payload);
    return new Promise((resolve, reject) => {
      const call: PendingCall = {
        procedure,
        deadlineAt,
        trace,
        resolve,
        reject,
        id: -1,
        payload,
        entry: undefined,
        timer: undefined,
        stopListening: () => {},
        isSettled: false,
      };
      this.#start(call, signal);
    });
  }

  /** What a client answered. That of a call that is not known is ignored. */
  receive(message: ClientAnswer): Violation | undefined {
    // Who was never called has nothing to answer.
    if (this.#bindings.isEmpty) return new Violation('WRONG_DIRECTION');
    if (message.kind === 'REFUSED') this.#refused(message);
    else this.#answered(message);
    return undefined;
  }

  #answered(message: ResultMessage | ErrorMessage): void {
    const call = this.#ids.holder(message.id);
    if (call === undefined) return;
    const { isSettled } = call;
    this.#free(call);
    if (isSettled) return;
    if (message.kind === 'ERROR' && this.#mustUnpack(call, message))
      return this.#sendUnpacked(call);
    this.#settle(call);
    if (message.kind === 'RESULT') this.#succeed(call, message);
    else this.#fail(call, message);
  }

  /** An answer that came in chunks is not taken. The id is free when there is no more of it. */
  #refused({ id, isNew, isOver, code }: RefusedMessage): void {
    const call = this.#ids.holder(id);
    // What its sender has aborted is answered by it with an ERROR.
    if (call === undefined || code === 'CANCELLED') return;
    const isFailing = isNew && !call.isSettled;
    if (isFailing) this.#settle(call);
    if (isOver) this.#free(call);
    else if (isNew) this.#options.link.send({ kind: 'CANCEL', id, reason: 'stopped' });
    const text = 'the answer of the client is too large, or did not come to its end';
    if (isFailing) call.reject(localError(code, text, { executed: 'yes' }));
  }

  /** The most bytes of the payload of an answer of which only the start has come. */
  maxBytesOf({ id }: LargeMessage): number {
    const call = this.#ids.holder(id);
    return call === undefined ? 0 : this.#maxOutput(call.procedure);
  }

  /** The session goes on, where the client has accepted all that was numbered up to `rx`. */
  resumed(rx: number): void {
    for (const call of this.#ids.holders()) {
      // Nobody answers a call that will never come.
      if (call.entry?.state === 'void' && call.entry.number > rx) this.#free(call);
    }
  }

  /** The session has ended. What was never written did not run; of the rest it is not known. */
  lost(): void {
    if (this.#isLost) return;
    this.#isLost = true;
    const calls = this.#ids.holders().filter(({ isSettled }) => !isSettled);
    const errors = calls.map(({ entry }) => {
      const isUnsent = entry === undefined || entry.state === 'queued';
      return localError('SESSION_LOST', ENDED, { executed: isUnsent ? 'no' : 'unknown' });
    });
    for (const call of calls) this.#settle(call);
    this.#ids.clear();
    calls.forEach((call, index) => call.reject(errors[index]));
  }

  #assertRoom(procedure: CalledProcedure): void {
    const { limits, link } = this.#options;
    const no = { executed: 'no' } as const;
    if (this.#isLost) throw localError('SESSION_LOST', ENDED, no);
    if (this.#ids.taken >= limits.clientCalls) {
      const text = `the client has not answered ${this.#ids.taken} calls`;
      throw localError('BUSY', text, no);
    }
    if (link.waitingBytes > limits.heldBytes) {
      throw localError('BACKPRESSURE', 'too much waits for the client already', no);
    }
    if (!this.#bindings.hasRoomFor(procedure)) {
      throw localError('BUSY', 'too many procedures of the client are in use', no);
    }
  }

  #assertFits({ definition }: CalledProcedure, { bytes }: Payload): void {
    const { limits, link } = this.#options;
    const wanted = definition.maxInputBytes ?? limits.valueOutBytes;
    const most = link.cutsLarge ? wanted : Math.min(wanted, limits.batchBytes - ENVELOPE);
    if (bytes.length <= most) return;
    const text = `the input has ${bytes.length} bytes: at most ${most} can be sent, limit "valueOutBytes" or "maxInputBytes" of the contract`;
    throw localError('TOO_LARGE', text, { executed: 'no' });
  }

  #start(call: PendingCall, signal: AbortSignal | undefined): void {
    const { runtime } = this.#options;
    this.#write(call);
    // It may have been lost at once.
    if (call.isSettled) return;
    const ms = call.deadlineAt - runtime.now();
    call.timer = runtime.startTimer(Math.max(0, ms), () => this.#expired(call));
    if (signal === undefined) return;
    const aborted = (): void => this.#cancel(call, signal);
    signal.addEventListener('abort', aborted);
    call.stopListening = () => signal.removeEventListener('abort', aborted);
  }

  #write(call: PendingCall): void {
    const { link } = this.#options;
    const { procedure, deadlineAt, payload, trace } = call;
    const { encoding, bytes } = payload;
    const id = this.#ids.next;
    call.id = id;
    // Before anything is sent, which may be too much for a session without a connection.
    this.#ids.take(id, call);
    const number = this.#bindings.bind(procedure);
    const message = { kind: 'CALL', id, procedure: number, deadlineAt, encoding, bytes } as const;
    call.entry = link.send(trace === undefined ? message : { ...message, ...trace });
    // Only what is packed may have to be written again.
    if (encoding !== ENCODING.PACKED) call.payload = NOTHING;
  }

  #succeed(call: PendingCall, message: ResultMessage): void {
    const { procedure } = call;
    const most = this.#maxOutput(procedure);
    if (message.bytes.length > most) {
      const text = `the output has more than ${most} bytes, limit "valueInBytes" or "maxOutputBytes" of the contract`;
      return call.reject(localError('TOO_LARGE', text, { executed: 'yes' }));
    }
    try {
      const output = readOutput(procedure, message, this.#readingTerms(procedure));
      call.resolve(output);
    } catch (error) {
      call.reject(error);
    }
  }

  #fail(call: PendingCall, message: ErrorMessage): void {
    const { procedure } = call;
    const error = readError(procedure, message, this.#readingTerms(procedure));
    // A schema that waits for something may still find that the data does not fit.
    void Promise.resolve(error).then(call.reject, call.reject);
  }

  #readingTerms(procedure: CalledProcedure) {
    return { codecs: this.#bindings.answerCodecs(procedure), limits: this.#options.limits };
  }

  #maxOutput({ definition }: CalledProcedure): number {
    return definition.maxOutputBytes ?? this.#options.limits.valueInBytes;
  }

  #mustUnpack({ payload }: PendingCall, { code, executed }: ErrorMessage): boolean {
    return code === 'LAYOUT' && executed === 'no' && payload.encoding === ENCODING.PACKED;
  }

  /** The client has other layouts: it did not run, and goes again in the form that all read. */
  #sendUnpacked(call: PendingCall): void {
    const { procedure, payload } = call;
    const codec = clientCallCodecs(procedure.definition).input;
    this.#bindings.refused(procedure);
    try {
      call.payload = asSuperjson(payload, codec);
      this.#assertFits(procedure, call.payload);
    } catch (error) {
      this.#settle(call);
      return call.reject(error);
    }
    this.#write(call);
  }

  #cancel(call: PendingCall, signal: AbortSignal): void {
    const executed = this.#withdraw(call);
    if (executed === 'unknown') {
      const { link } = this.#options;
      link.abandon(call.id);
      link.send({ kind: 'CANCEL', id: call.id, reason: 'withdrawn' });
    }
    call.reject(withdrawn(executed, signal));
  }

  /** No CANCEL: the client has the deadline too, and ends the call itself. */
  #expired(call: PendingCall): void {
    const executed = this.#withdraw(call);
    // What went in chunks has its deadline from when the first of them was written.
    if (executed === 'unknown' && call.entry?.isBegun === true) {
      this.#options.link.send({ kind: 'CANCEL', id: call.id, reason: 'deadline' });
    }
    const text = 'the deadline passed before the client had answered';
    call.reject(localError('DEADLINE', text, { executed }));
  }

  /** Settles a call and takes it back where that is possible. */
  #withdraw(call: PendingCall): Executed {
    const { link } = this.#options;
    const { entry } = call;
    this.#settle(call);
    if (entry === undefined || !(link.withdraw(entry) || link.void(entry))) return 'unknown';
    // Of one that had begun the client knows the id, and answers; it never ran all the same.
    if (entry.isBegun) link.abandon(call.id);
    else this.#free(call);
    return 'no';
  }

  #settle(call: PendingCall): void {
    call.isSettled = true;
    call.timer?.cancel();
    call.stopListening();
    call.payload = NOTHING;
  }

  #free(call: PendingCall): void {
    // Answered while it was being written: the rest of it is not sent.
    this.#options.link.abandon(call.id);
    this.#ids.free(call.id);
  }
}

/** Hands on what a client answered; from one that takes no calls there is nothing to answer. */
export function receiveAnswer(
  calls: ClientCallTable | undefined,
  message: ClientAnswer,
): Violation | undefined {
  return calls === undefined ? new Violation('WRONG_DIRECTION') : calls.receive(message);
}

function withdrawn(executed: Executed, signal: AbortSignal): TrunklineError {
  const options = { executed, cause: signal.reason as unknown };
  return localError('CANCELLED', 'the caller withdrew', options);
}

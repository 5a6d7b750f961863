import {
  locate,
  TrunklineError,
  type Part,
  type Payload,
  type ProcedureCodec,
  type ResultMessage,
  type TraceSpan,
} from '@trunkline/protocol';
import type { CallOptions } from './call-method.js';
import { cancelledError, deadlineAt, onAbort, type CallPort } from './call-port.js';
import { startSpan } from './call-span.js';
import type { CallHandler, CallRequest, PendingCall } from './pending-call.js';
import { decodeValue, encodeValue } from '../value/value.js';

/** Takes the one outcome of a call. */
export interface Outcome<Value> {
  done(value: Value): void;
  failed(error: TrunklineError): void;
}

/** A call or publish to be made. */
export interface UnaryRequest<Value> {
  readonly kind: 'call' | 'publish';
  readonly name: string;
  readonly codec: ProcedureCodec | undefined;
  readonly input: unknown;
  readonly options: CallOptions | undefined;
  /** What the contract gives it where the caller says nothing; the client's own default if missing. */
  readonly deadlineMs?: number | undefined;
  readonly idempotencyKey?: Uint8Array;
  readonly read: (message: ResultMessage) => Value | TrunklineError;
}

/**
 * Makes a call with one answer and tells its outcome exactly once. Throws a TypeError for senseless
 * options, and what getters of the input throw.
 */
export function startUnary<Value>(
  port: CallPort,
  request: UnaryRequest<Value>,
  outcome: Outcome<Value>,
): void {
  const { kind, name, codec, input, options = {}, idempotencyKey } = request;
  const { signal } = options;
  const due = deadlineAt(port, options, request.deadlineMs ?? port.deadlineMs);
  if (signal?.aborted) return outcome.failed(locate(cancelledError('no', signal.reason), name));
  const isDeadlineStandard =
    options.deadlineMs === undefined && (request.deadlineMs !== undefined || !port.hasOwnDeadline);
  const span = startSpan(port, kind, name);
  let stopListening = (): void => {};
  let mayHaveRun = (): boolean => false;
  const handler: CallHandler = {
    isRepeatable: true,
    done: (message) => {
      stopListening();
      const value = request.read(message as ResultMessage);
      const error = value instanceof TrunklineError ? locate(value, name) : undefined;
      span?.end(error);
      if (error !== undefined) outcome.failed(error);
      else outcome.done(value as Value);
    },
    failed: (failure) => {
      stopListening();
      // The last try did not run, but one before it may have.
      const isUncertain = failure.executed === 'no' && mayHaveRun();
      const error = locate(failure, name, isUncertain ? 'unknown' : failure.executed);
      span?.end(error);
      outcome.failed(error);
    },
  };
  const start = { kind, name, codec, input, due, isDeadlineStandard, idempotencyKey, span };
  const call = startOrFail(port, start, handler);
  if (call === undefined || call.state === 'settled') return;
  mayHaveRun = () => call.mayHaveRun;
  stopListening = onAbort(signal, () => {
    handler.failed(cancelledError(port.calls.cancel(call, 'withdrawn'), signal?.reason));
  });
}

interface CallStart {
  readonly kind: CallRequest['kind'];
  readonly name: string;
  readonly codec: ProcedureCodec | undefined;
  readonly input: unknown;
  readonly due: number | undefined;
  readonly isDeadlineStandard: boolean;
  readonly idempotencyKey?: Uint8Array | undefined;
  /** Ended by the handler; here only where the handler is not told. */
  readonly span: TraceSpan | undefined;
}

/** Starts a call or a stream; a refusal is told to the handler, and nothing is returned then. */
export function startOrFail(
  port: CallPort,
  { kind, name, codec, input, due, isDeadlineStandard, idempotencyKey, span }: CallStart,
  handler: CallHandler,
): PendingCall | undefined {
  try {
    const payload = encodeValue(input, codec?.input, port.superjson.code);
    // Written out: the rest of a pattern makes objects of a kind that is slow to read.
    const trace = span?.context;
    const deadlineAt = due;
    return port.calls.start(
      { kind, name, codec, payload, deadlineAt, isDeadlineStandard, idempotencyKey, trace },
      handler,
    );
  } catch (error) {
    if (!(error instanceof TrunklineError)) {
      span?.end();
      throw error;
    }
    handler.failed(error);
    return undefined;
  }
}

/** Reads the value that a call has ended with, or gives the error of one that cannot be read. */
export function readOutput(
  { superjson }: CallPort,
  payload: Payload,
  part: Part<'read'> | undefined,
): unknown {
  const decoded = decodeValue(payload, part, superjson.code);
  if ('value' in decoded) return decoded.value;
  const text = `the output cannot be read: ${decoded.fault}`;
  return new TrunklineError('INTERNAL', text, { executed: 'yes' });
}

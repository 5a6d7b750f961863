import type {
  CallMessage,
  CreditMessage,
  CreditWindow,
  EndMessage,
  Executed,
  ItemMessage,
  Message,
  Outgoing,
  Part,
  Payload,
  ProcedureCodec,
  ProcedureKind,
  ResultMessage,
  Timer,
  TraceContext,
  TrunklineError,
  Violation,
} from '@trunkline/protocol';
import type { Unsent } from '../value/value.js';

/** What a call sends. Streams and publishes are calls on the wire too. */
export interface CallRequest {
  readonly kind: ProcedureKind;
  readonly name: string;
  readonly codec: ProcedureCodec | undefined;
  readonly payload: Unsent;
  /** On the clock of the runtime; `undefined` for none. */
  readonly deadlineAt: number | undefined;
  /** Nobody has named a deadline for it: its server has the same one by itself. */
  readonly isDeadlineStandard: boolean;
  /** The same for all tries of an idempotent call; `undefined` for every other call. */
  readonly idempotencyKey?: Uint8Array | undefined;
  /** Where it stands in a trace, the same for all tries; `undefined` for what nobody traces. */
  readonly trace?: TraceContext | undefined;
}

/** What becomes of a call. One of `done` and `failed` is called once and last. */
export interface CallHandler {
  /** How many items have come. */
  readonly itemsReceived?: number;
  /** Whether it may be sent a second time, because nothing of it has been used up. */
  readonly isRepeatable: boolean;
  done(message: ResultMessage | EndMessage): void;
  failed(error: TrunklineError): void;
}

/** What becomes of a stream beside that. */
export interface StreamHandler extends CallHandler {
  /** The CALL has been handed on; items may follow it under this credit. */
  opened(credit: CreditWindow): void;
  item(message: ItemMessage): Violation | undefined;
  credit(message: CreditMessage): void;
  /** The server wants no more items. */
  stopped(): void;
  /** The server may not have heard what it may send: tells it again. */
  tellCredit(): void;
  /** There is room in the outbox again, after it was asked for. */
  hasRoom(): void;
}

/** The session that a CALL went in, as the call and its stream see it. */
export interface CallSession {
  /** The most bytes of an item. */
  readonly maxItemBytes: number;
  send(message: Message): void;
  /** Takes a call back that was sent; `tell` is called if its server may know of it. */
  withdraw(call: PendingCall, tell: () => void): Executed;
  /** Takes back what of a call is not written. */
  abandon(call: PendingCall): void;
  /** Gives a payload in the form in which this call's values travel. */
  asSent(call: PendingCall, value: Unsent, part: Part | undefined): Payload;
  /** Whether an item may be queued; if not, the handler is told when it may. */
  hasRoom(handler: StreamHandler): boolean;
}

/** A call from its start to its settlement; afterwards it only keeps its id taken. */
export interface PendingCall {
  readonly request: CallRequest;
  readonly handler: CallHandler | StreamHandler;
  state: 'waiting' | 'sent' | 'resting' | 'settled';
  id: number;
  /** The one that it was sent in; `undefined` before it is sent. */
  session: CallSession | undefined;
  /** Whether it is sent without its deadline, which its server counts from when it comes. */
  isUntimed: boolean;
  /** Whether it was sent packed. */
  isPacked: boolean;
  /** The CALL in the outbox of the connection. */
  entry: Outgoing | undefined;
  retries: number;
  /** Whether an earlier try may have run: no later one can say that nothing did. */
  mayHaveRun: boolean;
  /** Runs while the call rests before it is tried again. */
  timer: Timer | undefined;
}

/** Makes a call that waits to be sent. */
export function createPendingCall(
  request: CallRequest,
  handler: CallHandler | StreamHandler,
): PendingCall {
  return {
    request,
    handler,
    state: 'waiting',
    id: -1,
    session: undefined,
    isUntimed: request.isDeadlineStandard,
    isPacked: false,
    entry: undefined,
    retries: 0,
    mayHaveRun: false,
    timer: undefined,
  };
}

/** Tells whether a call has items. */
export function isStream(call: PendingCall): call is PendingCall & { handler: StreamHandler } {
  return call.request.kind === 'stream';
}

type Mutable<Message> = { -readonly [Name in keyof Message]: Message[Name] };

/** The CALL of a pending call; the link fills in what remains of the deadline. */
export function callMessage(
  { id, isUntimed, request: { deadlineAt, idempotencyKey, trace } }: PendingCall,
  { procedure, payload }: { readonly procedure: number; readonly payload: Payload },
  publishId: CallMessage['publishId'],
): CallMessage {
  const { encoding, bytes } = payload;
  const message: Mutable<CallMessage> = { kind: 'CALL', id, procedure, encoding, bytes };
  // Assigned one by one: what a spread makes is slow to make, and slow to read.
  if (deadlineAt !== undefined && !isUntimed) message.deadlineAt = deadlineAt;
  if (idempotencyKey !== undefined) message.idempotencyKey = idempotencyKey;
  if (publishId !== undefined) message.publishId = publishId;
  if (trace !== undefined) message.traceParent = trace.traceParent;
  if (trace?.traceState !== undefined) message.traceState = trace.traceState;
  return message;
}

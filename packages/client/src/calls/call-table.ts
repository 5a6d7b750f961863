import {
  TrunklineError,
  type CancelMessage,
  type ErrorMessage,
  type Executed,
  type Runtime,
} from '@trunkline/protocol';
import { deadlineError, executedOf, lostError } from './call-error.js';
import { CallQueue } from './call-queue.js';
import { CallRetry } from './call-retry.js';
import type { Terms, Wire } from './call-wire.js';
import type { ClientLimits } from '../connection/client-limits.js';
import {
  createPendingCall,
  isStream,
  type CallHandler,
  type CallRequest,
  type CallSession,
  type PendingCall,
  type StreamHandler,
} from './pending-call.js';
import { SessionCalls, type SessionCallsOwner } from './session-calls.js';
import type { SuperjsonLoader } from '../value/superjson.js';
import { sizeOf } from '../value/value.js';

/** What the table is given. */
export interface CallTableOptions {
  readonly runtime: Runtime;
  readonly limits: ClientLimits;
  readonly superjson: SuperjsonLoader;
  /** Names this client in publish ids. */
  readonly publisher: string;
  /** Why there is no connection, when there is none and somebody knows. */
  readonly whyOffline: () => string | undefined;
}

/**
 * All calls, streams and publishes of a client. Some wait for a session, for a place among the
 * calls in flight or for another try; the others wait in their session for their final message.
 */
export class CallTable implements SessionCallsOwner {
  readonly #options: CallTableOptions;
  readonly #queue: CallQueue;
  readonly #retry: CallRetry;
  /** All that have not ended; new calls go into the last. */
  readonly #sessions = new Set<SessionCalls>();
  #session: SessionCalls | undefined;
  #published = 0;
  #stopped: string | undefined;

  constructor(options: CallTableOptions) {
    const { runtime, limits } = options;
    this.#options = options;
    this.#retry = new CallRetry(runtime);
    this.#queue = new CallQueue(runtime, limits, (call) => this.#expired(call));
  }

  /** Calls that are not settled. */
  get pending(): number {
    return this.#queue.size;
  }

  /** Ids without final message. */
  get takenIds(): number {
    let taken = 0;
    for (const session of this.#sessions) taken += session.takenIds;
    return taken;
  }

  /**
   * Sends a call as soon as that is possible. Throws a TrunklineError, executed no, when too much
   * waits already or no connection will come; the handler is not called then.
   */
  start(request: CallRequest, handler: CallHandler | StreamHandler): PendingCall {
    if (this.#stopped !== undefined) {
      throw new TrunklineError('UNAVAILABLE', this.#stopped, { executed: 'no' });
    }
    // What is being written leaves, and what is small passes it.
    const waitingBytes = this.#session?.waitingBytes ?? 0;
    const refusal = this.#queue.refusal(sizeOf(request.payload), waitingBytes);
    if (refusal !== undefined) throw refusal;
    const call = createPendingCall(request, handler);
    this.#queue.add(call);
    this.freed();
    // What is not written at once has less of it left than its server would give.
    if (call.state === 'waiting') call.isUntimed = false;
    return call;
  }

  /** Ends a call for its caller; says what is known. The handler is not called any more. */
  cancel(call: PendingCall, reason: CancelMessage['reason']): Executed {
    return this.#withdraw(call, (session) => {
      session.abandon(call);
      session.send({ kind: 'CANCEL', id: call.id, reason });
    });
  }

  /** A session has begun: sends what waits. In an older one nothing new is sent. */
  begin(wire: Wire, terms: Terms): SessionCalls {
    const { superjson, limits } = this.#options;
    const { outboxBytes } = limits;
    const session = new SessionCalls(this, { wire, terms }, { superjson, outboxBytes });
    this.#sessions.add(session);
    this.#session = session;
    this.freed();
    return session;
  }

  /** A session goes on, where the server has accepted all that was numbered up to `rx`. */
  resumed(session: SessionCalls, rx: number, terms: Terms): void {
    session.resumed(rx, terms);
    this.freed();
  }

  /** A session is gone: what surely did not run waits for the next one, the rest is lost. */
  lost(session: SessionCalls, rx: number | undefined): void {
    if (!this.#forget(session)) return;
    const sent = session.close();
    const isLost = (call: PendingCall): boolean =>
      !this.#retry.repeatsLost(call, executedOf(call, rx));
    const lost = sent.filter(isLost);
    const errors = lost.map((call) => lostError(call, rx));
    for (const call of lost) this.settle(call);
    this.#queue.waitAgain(...sent.filter(({ state }) => state === 'sent'));
    lost.forEach((call, index) => call.handler.failed(errors[index] as TrunklineError));
    // There may be another one already.
    this.freed();
  }

  /** No connection will come: fails everything, now and from now on. */
  stop(code: 'CANCELLED' | 'UNAVAILABLE', reason: string): void {
    this.#stopped ??= reason;
    this.#session = undefined;
    const open = this.#queue.stop();
    const errors = open.map((call) => {
      return new TrunklineError(code, reason, { executed: executedOf(call) });
    });
    for (const call of open) this.settle(call);
    for (const session of this.#sessions) session.close();
    this.#sessions.clear();
    open.forEach((call, index) => call.handler.failed(errors[index] as TrunklineError));
  }

  /** After `stop`: calls are taken again. */
  restart(): void {
    this.#stopped = undefined;
  }

  settle(call: PendingCall): void {
    this.#queue.settle(call);
    if (isStream(call)) for (const session of this.#sessions) session.forget(call.handler);
  }

  repeats(call: PendingCall, error: ErrorMessage): boolean {
    const restMs = this.#retry.restMs(call, error);
    if (restMs === undefined) return false;
    call.state = 'resting';
    call.isUntimed = false;
    call.entry = undefined;
    call.session = undefined;
    call.retries++;
    call.timer = this.#options.runtime.startTimer(restMs, () => {
      call.timer = undefined;
      this.#queue.wait(call);
      this.freed();
    });
    return true;
  }

  again(call: PendingCall): void {
    this.#queue.waitAgain(call);
  }

  succeeded(): void {
    this.#retry.succeeded();
  }

  freed(): void {
    this.#session?.look();
    for (const call of this.#queue.waiting) {
      const session = this.#session;
      // What a refused call's code does may have ended the connection.
      if (session === undefined || !session.isOpen) return;
      if (!session.takes(call) || this.#mustWait(call)) continue;
      this.#queue.take(call);
      const fault = session.write(call, this.#nextPublishId);
      if (fault !== undefined) this.#end(call, fault);
    }
  }

  /** Ends the calls that this server can only be sent with code that cannot be had. */
  unwritable(session: SessionCalls, cause: unknown): void {
    const text = 'the code that writes superjson for this server could not be loaded';
    // Whoever starts another one because of that is not told of this failure again.
    const waiting = Array.from(this.#queue.waiting);
    for (const call of waiting) {
      if (session !== this.#session || call.state !== 'waiting') continue;
      if (!session.awaitsCode(call)) continue;
      this.#end(call, new TrunklineError('UNAVAILABLE', text, { executed: 'no', cause }));
    }
  }

  readonly #nextPublishId = () => {
    return { publisher: this.#options.publisher, counter: ++this.#published };
  };

  /** Publishes of a topic keep their order from one session to the next. */
  #mustWait({ request: { kind, name } }: PendingCall): boolean {
    if (kind !== 'publish' || this.#sessions.size < 2) return false;
    return [...this.#sessions].some((one) => one !== this.#session && one.isPublishing(name));
  }

  #forget(session: SessionCalls): boolean {
    if (this.#session === session) this.#session = undefined;
    return this.#sessions.delete(session);
  }

  #end(call: PendingCall, error: TrunklineError): void {
    this.settle(call);
    call.handler.failed(error);
  }

  /** Settles a call and takes it back; `tell` is called if it was written. */
  #withdraw(call: PendingCall, tell: (session: CallSession) => void): Executed {
    const { session } = call;
    this.settle(call);
    return session?.withdraw(call, () => tell(session)) ?? 'no';
  }

  #expired(call: PendingCall): void {
    // No CANCEL if the server has the deadline too and ends the call itself, which frees the id.
    const executed = this.#withdraw(call, (session) => {
      // What went in chunks has its deadline from when the first of them was written.
      if (!call.isUntimed && !call.entry?.isBegun) return;
      session.abandon(call);
      session.send({ kind: 'CANCEL', id: call.id, reason: 'deadline' });
    });
    const reason = executed === 'no' ? this.#options.whyOffline() : undefined;
    call.handler.failed(deadlineError(executed, reason));
  }
}

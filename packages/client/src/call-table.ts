import {
  CallIds,
  TrunklineError,
  Violation,
  type CancelMessage,
  type ErrorMessage,
  type Executed,
  type Message,
  type Part,
  type Payload,
  type RefusedMessage,
  type Runtime,
} from '@trunkline/protocol';
import { deadlineError, executedOf, lostError, receivedError, refusedError } from './call-error.js';
import { CallBindings } from './call-bindings.js';
import { CallForm } from './call-form.js';
import { CallQueue } from './call-queue.js';
import { CallRetry } from './call-retry.js';
import type { CallReply, Terms, Wire } from './call-wire.js';
import type { ClientLimits } from './client-limits.js';
import { OutboxRoom } from './outbox-room.js';
import {
  callMessage,
  createPendingCall,
  isStream,
  type CallHandler,
  type CallRequest,
  type PendingCall,
  type StreamHandler,
} from './pending-call.js';
import type { SuperjsonLoader } from './superjson.js';
import { sizeOf, type Unsent } from './value.js';

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

const NOT_QUEUED = { queuedBytes: 0, begunBytes: 0 };

/**
 * All calls, streams and publishes of a client. Some wait for a connection, for a place among the
 * calls in flight or for another try, the others for their final message.
 */
export class CallTable {
  readonly #runtime: Runtime;
  readonly #publisher: string;
  readonly #form: CallForm;
  readonly #whyOffline: () => string | undefined;
  readonly #queue: CallQueue;
  readonly #retry: CallRetry;
  readonly #room: OutboxRoom;
  readonly #ids = new CallIds<PendingCall>();
  readonly #bindings = new CallBindings();
  #streams = 0;
  #published = 0;
  #stopped: string | undefined;
  #link: { readonly wire: Wire; readonly terms: Terms } | undefined;
  /** Topics of which a publish waits until one before it is written, and so do all others. */
  readonly #behind = new Set<string>();
  /** Whether the session has a connection: without one, new calls wait for the next. */
  #isAttached = false;

  constructor({ runtime, limits, publisher, superjson, whyOffline }: CallTableOptions) {
    this.#runtime = runtime;
    this.#form = new CallForm(superjson, {
      loaded: () => this.#pump(),
      failed: (cause) => this.#failUnwritten(cause),
    });
    this.#retry = new CallRetry(runtime);
    this.#room = new OutboxRoom(limits.outboxBytes);
    this.#publisher = publisher;
    this.#whyOffline = whyOffline;
    this.#queue = new CallQueue(runtime, limits, (call) => this.#expired(call));
  }

  /** Calls that are not settled. */
  get pending(): number {
    return this.#queue.size;
  }

  /** Ids without final message. */
  get takenIds(): number {
    return this.#ids.taken;
  }

  /** The most bytes of an item. */
  get maxItemBytes(): number {
    return this.#link?.terms.valueInBytes ?? 0;
  }

  /**
   * Sends a call as soon as that is possible. Throws a TrunklineError, executed no, when too much
   * waits already or no connection will come; the handler is not called then.
   */
  start(request: CallRequest, handler: CallHandler | StreamHandler): PendingCall {
    if (this.#stopped !== undefined) {
      throw new TrunklineError('UNAVAILABLE', this.#stopped, { executed: 'no' });
    }
    const { queuedBytes, begunBytes } = this.#link?.wire ?? NOT_QUEUED;
    // What is being written leaves, and what is small passes it.
    const refusal = this.#queue.refusal(sizeOf(request.payload), queuedBytes - begunBytes);
    if (refusal !== undefined) throw refusal;
    const call = createPendingCall(request, handler);
    this.#queue.add(call);
    this.#pump();
    return call;
  }

  /** Ends a call for its caller; says what is known. The handler is not called any more. */
  cancel(call: PendingCall, reason: CancelMessage['reason']): Executed {
    return this.#withdraw(call, () => {
      // Items that are not written are of no use; one of them may be in the middle.
      this.#link?.wire.abandon(call.id);
      this.#link?.wire.send({ kind: 'CANCEL', id: call.id, reason });
    });
  }

  /** Sends a message of a stream that is open. */
  send(message: Extract<Message, { kind: 'ITEM' | 'END' | 'CREDIT' }>): void {
    this.#link?.wire.send(message);
  }

  /** Gives a payload in the form in which this call's values travel. */
  asSent(call: PendingCall, value: Unsent, part: Part | undefined): Payload {
    return this.#form.asSent(call, value, part);
  }

  /** Whether an item may be queued; if not, the handler is told when it may. */
  hasRoom(handler: StreamHandler): boolean {
    return this.#link !== undefined && this.#room.isOpen(this.#link.wire, handler);
  }

  /** The outbox of the connection has been written as far as it could. */
  flushed(): void {
    if (this.#link === undefined) return;
    this.#room.flushed(this.#link.wire);
    if (this.#behind.size > 0) this.#pump();
  }

  receive(message: CallReply): Violation | undefined {
    const call = this.#ids.holder(message.id);
    // The peer may simply be late.
    if (call === undefined) return undefined;
    switch (message.kind) {
      case 'RESULT':
      case 'END':
        if (isStream(call) !== (message.kind === 'END')) return new Violation('BAD_ITEM');
        this.#retry.succeeded();
        this.#finish(call, () => call.handler.done(message));
        return undefined;
      case 'ERROR':
        this.#failed(call, message);
        return undefined;
      case 'REFUSED':
        return this.#refused(call, message);
      default:
        if (!isStream(call)) return message.kind === 'ITEM' ? new Violation('BAD_ITEM') : undefined;
        if (call.state === 'settled') return undefined;
        if (message.kind === 'ITEM') return call.handler.item(message);
        if (message.kind === 'CREDIT') call.handler.credit(message);
        else call.handler.stopped();
        return undefined;
    }
  }

  /** A session has begun: sends what waits. */
  attach(wire: Wire, terms: Terms): void {
    this.#link = { wire, terms };
    this.#isAttached = true;
    this.#pump();
  }

  /** The connection is gone. What was sent is settled when the session goes on, or is lost. */
  detach(): void {
    this.#isAttached = false;
  }

  /** The session goes on, where the server has accepted all that was numbered up to `rx`. */
  resumed(rx: number, terms: Terms): void {
    if (this.#link === undefined) return;
    this.#link = { wire: this.#link.wire, terms };
    this.#isAttached = true;
    for (const call of this.#ids.holders()) {
      // Nobody answers a call that will never come.
      if (call.entry?.state === 'void' && call.entry.number > rx) this.#free(call);
    }
    this.#pump();
  }

  /** All that was sent in vain was sent again. */
  replayed(): void {
    for (const call of this.#ids.holders()) {
      if (isStream(call) && call.state === 'sent') call.handler.tellCredit();
    }
  }

  /** The session is gone: what surely did not run waits for the next one, the rest is lost. */
  lost(rx: number | undefined): void {
    this.#link = undefined;
    this.#isAttached = false;
    const sent = this.#ids.holders().filter(({ state }) => state === 'sent');
    const lost = sent.filter((call) => !this.#retry.repeatsLost(call, executedOf(call, rx)));
    const errors = lost.map((call) => lostError(call, rx));
    for (const call of lost) this.#settle(call);
    this.#forgetSession();
    this.#queue.waitAll();
    lost.forEach((call, index) => call.handler.failed(errors[index] as TrunklineError));
  }

  /** No connection will come: fails everything, now and from now on. */
  stop(code: 'CANCELLED' | 'UNAVAILABLE', reason: string): void {
    this.#stopped ??= reason;
    this.#link = undefined;
    const open = this.#queue.stop();
    const errors = open.map((call) => {
      return new TrunklineError(code, reason, { executed: executedOf(call) });
    });
    for (const call of open) this.#settle(call);
    this.#forgetSession();
    open.forEach((call, index) => call.handler.failed(errors[index] as TrunklineError));
  }

  #forgetSession(): void {
    this.#ids.clear();
    this.#streams = 0;
    this.#bindings.clear();
    this.#form.clear();
    this.#room.clear();
  }

  #pump(): void {
    this.#behind.clear();
    for (const call of this.#queue.waiting) {
      // What a refused call's code does may have ended the connection.
      if (this.#link === undefined || !this.#isAttached) return;
      const { wire, terms } = this.#link;
      if (this.#ids.taken >= terms.callsInFlight) return;
      // Calls pass a stream that waits, since streams may last for ever.
      if (isStream(call) && this.#streams >= terms.streams) continue;
      if (this.#form.awaitsCode(call, terms.takesPacked)) {
        this.#form.load();
        continue;
      }
      const { name } = call.request;
      if (this.#behind.has(name) || this.#form.mustFollow(call, this.#ids, wire.bulkBytes > 0)) {
        this.#behind.add(name);
        continue;
      }
      this.#queue.take(call);
      const fault = this.#bindings.fault(call.request, terms);
      if (fault === undefined) this.#write(call, wire, terms);
      else this.#end(call, fault);
    }
  }

  /** Ends the calls that this server can only be sent with code that cannot be had. */
  #failUnwritten(cause: unknown): void {
    const text = 'the code that writes superjson for this server could not be loaded';
    // Whoever starts another one because of that is not told of this failure again.
    const waiting = Array.from(this.#queue.waiting);
    for (const call of waiting) {
      const { takesPacked } = this.#link?.terms ?? {};
      if (takesPacked === undefined || call.state !== 'waiting') continue;
      if (!this.#form.awaitsCode(call, takesPacked)) continue;
      this.#end(call, new TrunklineError('UNAVAILABLE', text, { executed: 'no', cause }));
    }
  }

  #write(call: PendingCall, wire: Wire, terms: Terms): void {
    const payload = this.#form.payloadOf(call, terms.takesPacked, terms.valueInBytes);
    if (payload instanceof TrunklineError) return this.#end(call, payload);
    const { takesPacked } = terms;
    const how = { takesPacked, form: this.#form };
    const procedure = this.#bindings.bind(call.request, how, (bind) => wire.send(bind));
    call.id = this.#ids.next;
    call.state = 'sent';
    // A broker remembers the highest counter alone, so it is given in the order of writing.
    const publishId =
      call.request.kind === 'publish'
        ? { publisher: this.#publisher, counter: ++this.#published }
        : undefined;
    call.entry = wire.send(callMessage(call, { procedure, payload }, publishId));
    // Not before: the link must see that the connection becomes busy with it.
    this.#ids.take(call.id, call);
    if (!isStream(call)) return;
    this.#streams++;
    call.handler.opened({ items: terms.upCreditItems, bytes: terms.upCreditBytes });
  }

  #failed(call: PendingCall, message: ErrorMessage): void {
    const isUnread = message.code === 'LAYOUT' && message.executed === 'no';
    if (isUnread && call.isPacked && call.state === 'sent') return this.#sendUnpacked(call);
    const restMs = call.state === 'sent' ? this.#retry.restMs(call, message) : undefined;
    if (restMs === undefined) {
      this.#finish(call, () => call.handler.failed(this.#errorOf(call, message)));
      return;
    }
    this.#free(call);
    call.state = 'resting';
    call.entry = undefined;
    call.retries++;
    call.timer = this.#runtime.startTimer(restMs, () => {
      call.timer = undefined;
      this.#queue.wait(call);
      this.#pump();
    });
    this.#pump();
  }

  #errorOf(call: PendingCall, message: ErrorMessage): TrunklineError {
    return receivedError(message, call.request.codec, this.#form.code);
  }

  /** The server has other layouts for it: it did not run, and goes again in the form that all read. */
  #sendUnpacked(call: PendingCall): void {
    const { name } = call.request;
    // Under another number: nothing of the new CALL says that its items are not packed any more.
    if (this.#form.refused(name)) this.#bindings.forget(name);
    this.#free(call);
    this.#queue.waitAgain(call);
    this.#pump();
  }

  /** An answer or item that is not taken. The id is free when there is no more of it to come. */
  #refused(call: PendingCall, message: RefusedMessage): Violation | undefined {
    const { of, isNew, isOver, code } = message;
    if (of === 'CALL' || of === 'CANCEL') return new Violation('WRONG_DIRECTION');
    // What its sender has aborted is answered by it with an ERROR.
    if (code === 'CANCELLED') return undefined;
    const isFailing = isNew && call.state !== 'settled';
    if (isFailing) this.#settle(call);
    if (of !== 'ITEM' && isOver) this.#free(call);
    else if (isNew) this.#link?.wire.send({ kind: 'CANCEL', id: call.id, reason: 'stopped' });
    if (isFailing) call.handler.failed(refusedError(message));
    this.#pump();
    return undefined;
  }

  #finish(call: PendingCall, tell: () => void): void {
    const isSettled = call.state === 'settled';
    this.#free(call);
    this.#settle(call);
    if (!isSettled) tell();
    this.#pump();
  }

  #end(call: PendingCall, error: TrunklineError): void {
    this.#settle(call);
    call.handler.failed(error);
  }

  #settle(call: PendingCall): void {
    this.#queue.settle(call);
    if (isStream(call)) this.#room.forget(call.handler);
  }

  #free(call: PendingCall): void {
    // Answered while it was being written: the rest of it is not sent.
    this.#link?.wire.abandon(call.id);
    this.#ids.free(call.id);
    if (isStream(call)) this.#streams--;
  }

  /** Settles a call and takes it back; `tell` is called if it was written. */
  #withdraw(call: PendingCall, tell: () => void): Executed {
    const { entry } = call;
    this.#settle(call);
    if (entry === undefined) return 'no';
    const wire = this.#link?.wire;
    if (wire?.withdraw(entry) === true || wire?.void(entry) === true) {
      // Of one that had begun the server knows the id, and answers; it never ran all the same.
      if (entry.isBegun) wire.abandon(call.id);
      else this.#free(call);
      this.#pump();
      return 'no';
    }
    tell();
    return 'unknown';
  }

  #expired(call: PendingCall): void {
    // No CANCEL: the server has the deadline too and ends the call itself, which frees the id.
    const executed = this.#withdraw(call, () => {
      // What went in chunks has its deadline from when the first of them was written.
      if (call.entry?.isBegun)
        this.#link?.wire.send({ kind: 'CANCEL', id: call.id, reason: 'deadline' });
    });
    const reason = executed === 'no' ? this.#whyOffline() : undefined;
    call.handler.failed(deadlineError(executed, reason));
  }
}

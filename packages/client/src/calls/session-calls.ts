import {
  CallIds,
  TrunklineError,
  Violation,
  type CallMessage,
  type ErrorMessage,
  type Executed,
  type Message,
  type Part,
  type Payload,
  type RefusedMessage,
} from '@trunkline/protocol';
import { CallBindings } from './call-bindings.js';
import { receivedError, refusedError } from './call-error.js';
import { CallForm } from './call-form.js';
import type { CallReply, Terms, Wire } from './call-wire.js';
import { OutboxRoom } from './outbox-room.js';
import {
  callMessage,
  isStream,
  type CallSession,
  type PendingCall,
  type StreamHandler,
} from './pending-call.js';
import type { SuperjsonLoader } from '../value/superjson.js';
import type { Unsent } from '../value/value.js';

/** What the calls of a session tell the table of all calls. */
export interface SessionCallsOwner {
  /** A call has its outcome, which its handler is told next. */
  settle(call: PendingCall): void;
  /** Decides whether a call that has failed goes again, and sees to it if it does. */
  repeats(call: PendingCall, error: ErrorMessage): boolean;
  /** A call did not run, and goes again at once, where it stood. */
  again(call: PendingCall): void;
  /** A call has succeeded. */
  succeeded(): void;
  /** More can be sent, or something that had to be waited for has come. */
  freed(): void;
  /** The code for superjson cannot be had. */
  unwritable(session: SessionCalls, cause: unknown): void;
}

/** What the calls of a session are made with. */
export interface SessionCallsOptions {
  readonly superjson: SuperjsonLoader;
  readonly outboxBytes: number;
}

/** What was sent in one session and has no final message: ids, numbers of procedures, places. */
export class SessionCalls implements CallSession {
  readonly #owner: SessionCallsOwner;
  readonly #wire: Wire;
  readonly #form: CallForm;
  readonly #room: OutboxRoom;
  readonly #ids = new CallIds<PendingCall>();
  readonly #bindings = new CallBindings();
  #terms: Terms;
  #streams = 0;
  /** Topics of which a publish waits until one before it is written, and so do all others. */
  readonly #behind = new Set<string>();
  /** Without a connection, calls wait for the next. */
  #isAttached = true;
  #isClosed = false;
  #whenIdle: (() => void) | undefined;

  constructor(
    owner: SessionCallsOwner,
    { wire, terms }: { readonly wire: Wire; readonly terms: Terms },
    { superjson, outboxBytes }: SessionCallsOptions,
  ) {
    this.#owner = owner;
    this.#wire = wire;
    this.#terms = terms;
    this.#room = new OutboxRoom(outboxBytes);
    this.#form = new CallForm(superjson, {
      loaded: () => owner.freed(),
      failed: (cause) => owner.unwritable(this, cause),
    });
  }

  /** Ids without final message. */
  get takenIds(): number {
    return this.#ids.taken;
  }

  get maxItemBytes(): number {
    return this.#terms.valueInBytes;
  }

  /** Bytes that wait to be written, without what is being written: that leaves. */
  get waitingBytes(): number {
    return this.#wire.queuedBytes - this.#wire.begunBytes;
  }

  /** Whether calls may be written now. */
  get isOpen(): boolean {
    return this.#isAttached && this.#ids.taken < this.#terms.callsInFlight;
  }

  /** A new round of asking begins. */
  look(): void {
    this.#behind.clear();
  }

  /** Whether a call can be written, which `isOpen` allows; what it waits for is seen to. */
  takes(call: PendingCall): boolean {
    const { streams, takesPacked } = this.#terms;
    // Calls pass a stream that waits, since streams may last for ever.
    if (isStream(call) && this.#streams >= streams) return false;
    if (this.#form.awaitsCode(call, takesPacked)) {
      this.#form.load();
      return false;
    }
    const { name } = call.request;
    const mustWait =
      this.#behind.has(name) || this.#form.mustFollow(call, this.#ids, this.#wire.bulkBytes > 0);
    if (mustWait) this.#behind.add(name);
    return !mustWait;
  }

  /** Whether a call can only be written with code that is not there. */
  awaitsCode(call: PendingCall): boolean {
    return this.#form.awaitsCode(call, this.#terms.takesPacked);
  }

  /** Whether a publish on this topic has no final message yet. */
  isPublishing(name: string): boolean {
    return this.#ids.holders().some(({ request, state }) => {
      return request.kind === 'publish' && request.name === name && state === 'sent';
    });
  }

  /** Writes a call, or says why it cannot be sent. */
  write(
    call: PendingCall,
    nextPublishId: () => NonNullable<CallMessage['publishId']>,
  ): TrunklineError | undefined {
    const { request } = call;
    const fault = this.#bindings.fault(request, this.#terms);
    if (fault !== undefined) return fault;
    const { takesPacked, valueInBytes } = this.#terms;
    const payload = this.#form.payloadOf(call, takesPacked, valueInBytes);
    if (payload instanceof TrunklineError) return payload;
    const how = { takesPacked, form: this.#form };
    const procedure = this.#bindings.bind(request, how, (bind) => this.#wire.send(bind));
    call.id = this.#ids.next;
    call.state = 'sent';
    call.session = this;
    // A broker remembers the highest counter alone, so it is given in the order of writing.
    const publishId = request.kind === 'publish' ? nextPublishId() : undefined;
    call.entry = this.#wire.send(callMessage(call, { procedure, payload }, publishId));
    // Not before: the link must see that the connection becomes busy with it.
    this.#ids.take(call.id, call);
    if (!isStream(call)) return undefined;
    this.#streams++;
    const { upCreditItems, upCreditBytes } = this.#terms;
    call.handler.opened({ items: upCreditItems, bytes: upCreditBytes });
    return undefined;
  }

  send(message: Message): void {
    if (!this.#isClosed) this.#wire.send(message);
  }

  asSent(call: PendingCall, value: Unsent, part: Part | undefined): Payload {
    return this.#form.asSent(call, value, part);
  }

  hasRoom(handler: StreamHandler): boolean {
    return this.#room.isOpen(this.#wire, handler);
  }

  /** Takes a call back that was sent; `tell` is called if its server may know of it. */
  withdraw(call: PendingCall, tell: () => void): Executed {
    const { entry } = call;
    if (entry === undefined) return 'no';
    if (this.#isClosed) return 'unknown';
    if (this.#wire.withdraw(entry) || this.#wire.void(entry)) {
      // Of one that had begun the server knows the id, and answers; it never ran all the same.
      if (entry.isBegun) this.#wire.abandon(call.id);
      else this.#free(call);
      this.#owner.freed();
      return 'no';
    }
    tell();
    return 'unknown';
  }

  /** Items that are not written are of no use; one of them may be in the middle. */
  abandon(call: PendingCall): void {
    this.#wire.abandon(call.id);
  }

  /** What has been settled waits for nothing. */
  forget(handler: StreamHandler): void {
    this.#room.forget(handler);
  }

  /** The outbox of the connection has been written as far as it could. */
  flushed(): void {
    this.#room.flushed(this.#wire);
    if (this.#behind.size > 0) this.#owner.freed();
  }

  receive(message: CallReply): Violation | undefined {
    const call = this.#ids.holder(message.id);
    // The peer may simply be late.
    if (call === undefined) return undefined;
    switch (message.kind) {
      case 'RESULT':
      case 'END':
        if (isStream(call) !== (message.kind === 'END')) return new Violation('BAD_ITEM');
        this.#owner.succeeded();
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

  /** The connection is gone. What was sent is settled when the session goes on, or is lost. */
  detach(): void {
    this.#isAttached = false;
  }

  /** The session goes on, where the server has accepted all that was numbered up to `rx`. */
  resumed(rx: number, terms: Terms): void {
    this.#terms = terms;
    this.#isAttached = true;
    for (const call of this.#ids.holders()) {
      // Nobody answers a call that will never come.
      if (call.entry?.state === 'void' && call.entry.number > rx) this.#free(call);
    }
  }

  /** All that was sent in vain was sent again. */
  replayed(): void {
    for (const call of this.#ids.holders()) {
      if (isStream(call) && call.state === 'sent') call.handler.tellCredit();
    }
  }

  /** Nothing new will be sent: says when nothing is outstanding any more. */
  leave(idle: () => void): void {
    this.#isAttached = false;
    this.#whenIdle = idle;
    if (this.#ids.taken === 0) idle();
  }

  /** The session is gone; gives what was sent in it and is not settled. */
  close(): PendingCall[] {
    this.#isAttached = false;
    this.#isClosed = true;
    this.#whenIdle = undefined;
    const open = this.#ids.holders().filter(({ state }) => state === 'sent');
    this.#ids.clear();
    this.#room.clear();
    return open;
  }

  #failed(call: PendingCall, message: ErrorMessage): void {
    const isUnread = message.code === 'LAYOUT' && message.executed === 'no';
    if (isUnread && call.isPacked && call.state === 'sent') return this.#sendUnpacked(call);
    if (call.state !== 'sent' || !this.#owner.repeats(call, message)) {
      return this.#finish(call, () => {
        call.handler.failed(receivedError(message, call.request, this.#form.code));
      });
    }
    this.#free(call);
    this.#owner.freed();
  }

  /** The server has other layouts for it: it did not run, and goes again in the form that all read. */
  #sendUnpacked(call: PendingCall): void {
    const { name } = call.request;
    // Under another number: nothing of the new CALL says that its items are not packed any more.
    if (this.#form.refused(name)) this.#bindings.forget(name);
    this.#free(call);
    this.#owner.again(call);
    this.#owner.freed();
  }

  /** An answer or item that is not taken. The id is free when there is no more of it to come. */
  #refused(call: PendingCall, message: RefusedMessage): Violation | undefined {
    const { of, isNew, isOver, code } = message;
    if (of === 'CALL' || of === 'CANCEL') return new Violation('WRONG_DIRECTION');
    // What its sender has aborted is answered by it with an ERROR.
    if (code === 'CANCELLED') return undefined;
    const isFailing = isNew && call.state !== 'settled';
    if (isFailing) this.#owner.settle(call);
    if (of !== 'ITEM' && isOver) this.#free(call);
    else if (isNew) this.#wire.send({ kind: 'CANCEL', id: call.id, reason: 'stopped' });
    if (isFailing) call.handler.failed(refusedError(message));
    this.#owner.freed();
    return undefined;
  }

  #finish(call: PendingCall, tell: () => void): void {
    const isSettled = call.state === 'settled';
    this.#free(call);
    this.#owner.settle(call);
    if (!isSettled) tell();
    this.#owner.freed();
  }

  #free(call: PendingCall): void {
    // Answered while it was being written: the rest of it is not sent.
    this.#wire.abandon(call.id);
    this.#ids.free(call.id);
    if (isStream(call)) this.#streams--;
    if (this.#ids.taken === 0) this.#whenIdle?.();
  }
}

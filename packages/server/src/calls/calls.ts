import {
  ENCODING,
  Violation,
  type BindMessage,
  type CallMessage,
  type CancelMessage,
  type CreditMessage,
  type EndMessage,
  type ErrorMessage,
  type ItemMessage,
  type LargeMessage,
  type RefusedMessage,
  type TrunklineError,
} from '@trunkline/protocol';
import { isPromise } from '../chain.js';
import type { CallLink } from './call-link.js';
import type { CallEntry as Entry } from './call-entry.js';
import { bindProcedure, type BoundProcedure } from '../routes/bound-procedure.js';
import {
  deadlineOf,
  hasResultRoom,
  isClientFault,
  maxOutputOf,
  sessionEnded,
  STREAM_FAILED,
  streamIdle,
  type BrokenOff,
} from './call-terms.js';
import { CallQuota, costOf, REFUSALS, type CallQuotaOptions } from './call-quota.js';
import type { Dispatcher } from './dispatcher.js';
import type { FinalMessage } from '../final-message.js';
import { ownError } from '../failure.js';
import type { ItemQueue } from './item-queue.js';
import { letGo } from '../let-go.js';
import type { Registry } from '../routes/registry.js';
import { RunningStreams } from './running-streams.js';
import { RequestContext, type ContextSource } from '../request-context.js';
import { isCallRoute, isStreamRoute, type Route, type StreamRoute } from '../routes/route.js';
import type { PublishDispatcher } from './publish-dispatcher.js';
import { readItem, type Position } from '../values.js';

/** What the calls of one session are made from. */
export interface CallsOptions extends CallQuotaOptions {
  readonly source: ContextSource;
  readonly registry: Registry;
  readonly dispatcher: Dispatcher;
  readonly publishes: PublishDispatcher;
  readonly link: CallLink;
}

/** The calls and streams of one client: ids, slots, deadlines, cancelling, credit. */
export class Calls {
  readonly #options: CallsOptions;
  readonly #entries = new Map<number, Entry>();
  readonly #quota: CallQuota;
  readonly #streams: RunningStreams;
  #isClosed = false;

  constructor(options: CallsOptions) {
    this.#options = options;
    const { limits, link, runtime } = options;
    this.#quota = new CallQuota(options);
    const idle = (entry: Entry): void => {
      if (this.#entries.get(entry.id) === entry) this.#breakOff(entry, streamIdle(entry));
    };
    this.#streams = new RunningStreams({ runtime, limits, link, idle });
  }

  /** What runs, in numbers. */
  get load(): Pick<CallQuota, 'inputCost' | 'running' | 'entered'> {
    return this.#quota;
  }

  bind(message: BindMessage): Violation | undefined {
    const { session, registry, limits } = this.#options;
    if (message.procedure !== session.bound.length) return new Violation('BAD_BIND');
    if (session.bound.length >= limits.boundProcedures) return new Violation('TOO_MANY_BOUND');
    const { takesPacked } = this.#options.link;
    session.bound.push(bindProcedure(message, registry.find(message.name), takesPacked));
    return undefined;
  }

  call(message: CallMessage): Violation | undefined {
    const { session } = this.#options;
    if (message.id % 2 !== 0 || this.#entries.has(message.id)) return new Violation('BAD_CALL_ID');
    const bound = session.bound[message.procedure];
    if (bound === undefined) return new Violation('BAD_PROCEDURE');
    const refusal = this.#quota.refusal(message, bound);
    if (refusal !== undefined) return this.#refuse(message.id, refusal);
    return this.#start(message, bound, bound.route as Route);
  }

  cancel(message: CancelMessage): Violation | undefined {
    if (!this.#options.session.faults.take()) return new Violation('TOO_MANY_CANCELS');
    const entry = this.#entries.get(message.id);
    if (entry !== undefined) {
      if (message.reason === 'deadline') this.#late(entry);
      else this.#abort(entry, 'CANCELLED', 'the caller withdrew');
    }
    // What has an odd id is a call of the server, which its client cannot withdraw.
    else if (message.id % 2 === 0 && this.#options.link.abandon(message.id))
      this.#withdrawn(message.id);
    return undefined;
  }

  item(message: ItemMessage): Violation | undefined {
    const entry = this.#entries.get(message.id);
    if (entry === undefined) return undefined;
    if (entry.items === undefined || entry.items.hasEnded) return new Violation('BAD_ITEM');
    if (message.bytes.length <= entry.maxItemBytes) {
      return entry.items.push(message) ? undefined : new Violation('NO_CREDIT');
    }
    const executed = entry.context.isStarted ? 'yes' : 'no';
    const text = `the item has more than ${entry.maxItemBytes} bytes`;
    this.#breakOff(entry, ownError('TOO_LARGE', text, { executed }));
    return this.#countFault();
  }

  end(message: EndMessage): Violation | undefined {
    const entry = this.#entries.get(message.id);
    if (entry === undefined) return undefined;
    if (entry.items === undefined || entry.items.hasEnded || message.encoding !== ENCODING.NONE) {
      return new Violation('BAD_ITEM');
    }
    entry.items.end();
    return undefined;
  }

  /** An input or item that came in chunks is not taken. */
  refused({ of, id, code, isNew }: RefusedMessage): Violation | undefined {
    if (of !== 'CALL' && of !== 'ITEM')
      return new Violation(of === 'END' ? 'BAD_ITEM' : 'WRONG_DIRECTION');
    if (!isNew) return undefined;
    const entry = this.#entries.get(id);
    if (of === 'CALL') {
      if (id % 2 !== 0 || entry !== undefined) return new Violation('BAD_CALL_ID');
      return this.#refuse(id, ownError(code, REFUSALS[code], { executed: 'no' }));
    }
    // Who aborts an item has left the stream, and says so too.
    if (entry === undefined || code === 'CANCELLED') return this.#countFault();
    const executed = entry.context.isStarted ? 'yes' : 'no';
    this.#breakOff(entry, ownError(code, REFUSALS[code], { executed }));
    return this.#countFault();
  }

  /** The most bytes of the payload of an input or item of which only the start has come. */
  maxBytesOf(message: LargeMessage): number {
    // What is wrong in another way is answered when all of it is there.
    if (message.kind === 'ITEM') return this.#entries.get(message.id)?.maxItemBytes ?? Infinity;
    if (message.kind !== 'CALL') return Infinity;
    const route = this.#options.session.bound[message.procedure]?.route;
    return route === undefined ? Infinity : this.#quota.maxInputBytes(route);
  }

  credit(message: CreditMessage): Violation | undefined {
    this.#entries.get(message.id)?.run?.raise(message.items, message.bytes);
    return undefined;
  }

  /** Another connection is there, on which callers have to be told again what they may send. */
  tellCredit(): void {
    for (const { items } of this.#entries.values()) items?.tellCredit();
  }

  /** Something was written: streams that waited for room may go on. */
  resume(): void {
    this.#streams.resume();
  }

  /** The server stops: every call is answered in its handler's place, and every signal fires. */
  breakOff(): BrokenOff {
    let unknown = 0;
    const entries = [...this.#entries.values()];
    for (const entry of entries) {
      if (entry.context.isStarted) unknown++;
      this.#abort(entry, 'DRAINING', 'the server stops');
    }
    return { unknown, refused: entries.length - unknown };
  }

  /** The session has ended: every handler's signal fires, and nothing is answered any more. */
  close(): void {
    this.#isClosed = true;
    for (const entry of this.#entries.values()) {
      this.#stop(entry, sessionEnded(entry));
    }
    this.#entries.clear();
    this.#streams.close();
  }

  #refuse(id: number, error: TrunklineError): Violation | undefined {
    const { dispatcher, link, session } = this.#options;
    link.send(dispatcher.refuse(id, error));
    // Who is too fast is no fault; who goes on without waiting is.
    if (error.code === 'RATE' && session.refusals.take()) return undefined;
    // A client keeps to its slots by itself, so BUSY is rare unless somebody floods.
    return this.#countFault();
  }

  #countFault(): Violation | undefined {
    return this.#options.session.faults.take() ? undefined : new Violation('TOO_MANY_CANCELS');
  }

  #start(message: CallMessage, bound: BoundProcedure, route: Route): Violation | undefined {
    if (isStreamRoute(route)) return this.#startStream(message, bound, route);
    const context = this.#context('call', message, route);
    const final = isCallRoute(route)
      ? this.#options.dispatcher.call({
          route,
          bound,
          call: message,
          context,
          takesChunks: this.#options.link.cutsLarge,
        })
      : this.#options.publishes.publish(route, {
          call: message,
          codec: bound.publish,
          source: this.#options.source,
          flight: context,
        });
    if (!isPromise(final)) {
      this.#quota.noteAnswered();
      return this.#answer(message.id, final, maxOutputOf(route));
    }
    const entry = this.#open(message, context, route);
    letGo(message);
    this.#follow(entry, final);
    return undefined;
  }

  #startStream(
    message: CallMessage,
    bound: BoundProcedure,
    route: StreamRoute,
  ): Violation | undefined {
    const context = this.#context('stream', message, route);
    const entry = this.#open(message, context, route);
    if (route.definition.up !== undefined) {
      const position = { schema: route.definition.up, codec: bound.sent?.up };
      entry.items = this.#itemQueue(position, entry);
      context.items = entry.items;
    }
    const replies = this.#options.dispatcher.stream({
      route,
      bound,
      call: message,
      context,
      takesChunks: this.#options.link.cutsLarge,
    });
    letGo(message);
    this.#follow(entry, this.#streams.start(entry, replies).done);
    return undefined;
  }

  /** Waits until a handler is done, whatever became of it: its slot is free again then. */
  #follow(entry: Entry, done: PromiseLike<FinalMessage | undefined>): void {
    Promise.resolve(done).then(
      (final) => this.#done(entry, final),
      (error: unknown) => this.#done(entry, this.#options.dispatcher.crashed(entry.id, error)),
    );
  }

  #done(entry: Entry, final: FinalMessage | undefined): void {
    this.#quota.leave(entry);
    entry.context.done();
    this.#streams.delete(entry);
    if (final !== undefined) this.#settleLater(entry, final);
  }

  #itemQueue(position: Position, entry: Entry): ItemQueue {
    const { limits, link } = this.#options;
    const { id } = entry;
    // The id may be that of another stream when a handler reads on after its own has ended.
    const isOpen = (): boolean => this.#entries.get(id) === entry;
    return this.#quota.upCredit.open({
      read: (item) => readItem(position, item, limits),
      grant: (totals) => isOpen() && link.send({ kind: 'CREDIT', id, ...totals }),
      stop: () => isOpen() && link.send({ kind: 'CANCEL', id, reason: 'stopped' }),
    });
  }

  #context(kind: 'call' | 'stream', message: CallMessage, route: Route): RequestContext {
    const context = new RequestContext(this.#options.source, kind, route.name);
    const { limits, link } = this.#options;
    const deadlineMs = deadlineOf(message, route, limits);
    if (deadlineMs !== undefined) context.deadlineAt = link.heardAt + deadlineMs;
    context.takeTrace(message);
    return context;
  }

  /** Keeps a call whose answer is not there at once, under its id. */
  #open(message: CallMessage, context: RequestContext, route: Route): Entry {
    const entry: Entry = {
      id: message.id,
      isStream: isStreamRoute(route),
      hasDown: isStreamRoute(route) && route.definition.down !== undefined,
      cost: costOf(message, this.#options.limits.values),
      context,
      maxItemBytes: this.#quota.maxInputBytes(route),
      maxOutputBytes: maxOutputOf(route),
      run: undefined,
      items: undefined,
      timer: undefined,
    };
    this.#entries.set(message.id, entry);
    this.#quota.enter(entry);
    this.#watchDeadline(entry);
    return entry;
  }

  #watchDeadline(entry: Entry): void {
    const { remainingMs } = entry.context;
    if (remainingMs === undefined) return;
    entry.timer = this.#options.runtime.startTimer(remainingMs, () => this.#late(entry));
  }

  #late(entry: Entry): void {
    this.#abort(entry, 'DEADLINE', 'the deadline has passed');
  }

  /** Answers in the handler's place; what it gives later is dropped, and its slot stays taken. */
  #abort(entry: Entry, code: 'CANCELLED' | 'DEADLINE' | 'DRAINING', text: string): void {
    const executed = entry.context.isStarted ? 'unknown' : 'no';
    this.#breakOff(entry, ownError(code, text, { executed }));
  }

  #breakOff(entry: Entry, error: TrunklineError): void {
    // Before all else: an upload that is broken off must not look as if it were complete.
    entry.items?.fail(error);
    // Its items are of no use any more; one of them may be in the middle.
    this.#options.link.abandon(entry.id);
    this.#finish(entry, this.#options.dispatcher.refuse(entry.id, error));
    this.#stop(entry, error);
  }

  #stop(entry: Entry, reason: TrunklineError): void {
    entry.timer?.cancel();
    entry.context.abort(reason);
    entry.items?.fail(reason);
    entry.run?.stop();
    this.#streams.delete(entry);
  }

  /** Settles in a later turn, in which no batch is there to blame. */
  #settleLater(entry: Entry, final: FinalMessage): void {
    // It was answered already: withdrawn, too late or broken off.
    if (this.#isClosed || this.#entries.get(entry.id) !== entry) return;
    this.#forget(entry, final.kind === 'ERROR');
    const violation = this.#answer(entry.id, final, entry.maxOutputBytes);
    if (violation !== undefined) this.#options.link.fail(violation);
  }

  /** Sends what has come of a call, unless too much waits already. */
  #answer(id: number, final: FinalMessage, maxOutputBytes: number): Violation | undefined {
    const { dispatcher, link } = this.#options;
    if (this.#isClosed) return undefined;
    if (final.kind !== 'ERROR' && !hasResultRoom(this.#options, final, maxOutputBytes)) {
      const error = ownError('OVERLOADED', 'too many results are waiting', { executed: 'yes' });
      link.send(dispatcher.refuse(id, error));
      return undefined;
    }
    link.send(final);
    return isClientFault(final) ? this.#countFault() : undefined;
  }

  /** The caller withdrew while the answer was being written. */
  #withdrawn(id: number): void {
    const error = ownError('CANCELLED', REFUSALS.CANCELLED, { executed: 'yes' });
    this.#options.link.send(this.#options.dispatcher.refuse(id, error));
  }

  /** Answers in the place of whoever is still at it. */
  #finish(entry: Entry, error: ErrorMessage): void {
    if (this.#isClosed || this.#entries.get(entry.id) !== entry) return;
    this.#forget(entry, true);
    this.#options.link.send(error);
  }

  #forget(entry: Entry, hasFailed: boolean): void {
    entry.timer?.cancel();
    if (hasFailed) entry.items?.fail(STREAM_FAILED);
    else entry.items?.end();
    this.#entries.delete(entry.id);
  }
}

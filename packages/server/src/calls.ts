import type { Schema } from '@trunkline/contract';
import {
  Violation,
  type BindMessage,
  type CallMessage,
  type CancelMessage,
  type CreditMessage,
  type EndMessage,
  type ErrorMessage,
  type ItemMessage,
  type Message,
  type Runtime,
  type Timer,
  type TrunklineError,
} from '@trunkline/protocol';
import { isPromise } from './chain.js';
import { CallQuota } from './call-quota.js';
import type { Dispatcher, FinalMessage } from './dispatcher.js';
import { ownError } from './failure.js';
import { ItemQueue } from './item-queue.js';
import type { ServerLimits } from './limits.js';
import type { Registry } from './registry.js';
import { RequestContext, type ContextSource } from './request-context.js';
import {
  isCallRoute,
  isStreamRoute,
  isTopicRoute,
  type Route,
  type StreamRoute,
  type TopicRoute,
} from './route.js';
import type { BoundProcedure, Session } from './session.js';
import { StreamRun } from './stream-run.js';
import type { PublishDispatcher } from './topics/publish-dispatcher.js';
import { parseItem, readValue } from './values.js';

/** What calls need of their connection. */
export interface CallLink {
  send(message: Message): void;
  /** Bytes that wait to be written. */
  readonly queuedBytes: number;
  /** Closes the connection: the client has passed a limit that ends it. */
  fail(violation: Violation): void;
}

/** What the calls of one session are made from. */
export interface CallsOptions {
  readonly session: Session;
  readonly source: ContextSource;
  readonly registry: Registry;
  readonly dispatcher: Dispatcher;
  readonly publishes: PublishDispatcher;
  readonly link: CallLink;
  readonly runtime: Runtime;
  readonly limits: ServerLimits;
}

/** A call that has an id: from its CALL to its final message. */
interface Entry {
  readonly id: number;
  readonly context: RequestContext;
  run: StreamRun | undefined;
  items: ItemQueue | undefined;
  timer: Timer | undefined;
}

/** The calls and streams of one client: ids, slots, deadlines, cancelling, credit. */
export class Calls {
  readonly #options: CallsOptions;
  readonly #entries = new Map<number, Entry>();
  readonly #quota: CallQuota;
  #isClosed = false;

  constructor(options: CallsOptions) {
    this.#options = options;
    const { session, limits, link } = options;
    this.#quota = new CallQuota({ session, limits, queuedBytes: () => link.queuedBytes });
  }

  /** How many handlers run. */
  get running(): number {
    return this.#quota.running;
  }

  bind(message: BindMessage): Violation | undefined {
    const { session, registry, limits } = this.#options;
    if (message.procedure !== session.bound.length) return new Violation('BAD_BIND');
    if (session.bound.length >= limits.boundProcedures) return new Violation('TOO_MANY_BOUND');
    const route = registry.find(message.name);
    const fits = route !== undefined && kindOf(route) === message.procedureKind;
    session.bound.push({ kind: message.procedureKind, route: fits ? route : undefined });
    return undefined;
  }

  call(message: CallMessage): Violation | undefined {
    const { session } = this.#options;
    if (message.id % 2 !== 0 || this.#entries.has(message.id)) return new Violation('BAD_CALL_ID');
    const bound = session.bound[message.procedure];
    if (bound === undefined) return new Violation('BAD_PROCEDURE');
    const refusal = this.#quota.refusal(message, bound);
    if (refusal !== undefined) return this.#refuse(message.id, refusal);
    return this.#start(message, bound.route as Route);
  }

  cancel(message: CancelMessage): Violation | undefined {
    if (!this.#options.session.faults.take()) return new Violation('TOO_MANY_CANCELS');
    const entry = this.#entries.get(message.id);
    if (entry !== undefined) this.#abort(entry, 'CANCELLED', 'the caller withdrew');
    return undefined;
  }

  item(message: ItemMessage): Violation | undefined {
    const entry = this.#entries.get(message.id);
    if (entry === undefined) return undefined;
    if (entry.items === undefined || entry.items.hasEnded) return new Violation('BAD_ITEM');
    try {
      const value = readValue(message, this.#options.limits);
      return entry.items.push(value, message.bytes.length) ? undefined : new Violation('NO_CREDIT');
    } catch (error) {
      const executed = entry.context.isStarted ? 'yes' : 'no';
      const refusal = this.#options.dispatcher.refuse(message.id, error);
      this.#finish(entry, { ...refusal, executed });
      this.#stop(entry, error as TrunklineError);
      return this.#countFault();
    }
  }

  end(message: EndMessage): Violation | undefined {
    const entry = this.#entries.get(message.id);
    if (entry === undefined) return undefined;
    if (entry.items === undefined || entry.items.hasEnded || message.bytes.length > 0) {
      return new Violation('BAD_ITEM');
    }
    entry.items.end();
    return undefined;
  }

  credit(message: CreditMessage): Violation | undefined {
    this.#entries.get(message.id)?.run?.raise(message.items, message.bytes);
    return undefined;
  }

  /** The session has ended: every handler's signal fires, and nothing is answered any more. */
  close(): void {
    this.#isClosed = true;
    for (const entry of this.#entries.values()) {
      this.#stop(entry, ownError('SESSION_LOST', 'the session has ended', { executed: 'unknown' }));
    }
    this.#entries.clear();
  }

  #refuse(id: number, error: TrunklineError): Violation | undefined {
    const { dispatcher, link } = this.#options;
    link.send(dispatcher.refuse(id, error));
    return error.code === 'BUSY' || error.code === 'RATE' ? undefined : this.#countFault();
  }

  #countFault(): Violation | undefined {
    return this.#options.session.faults.take() ? undefined : new Violation('TOO_MANY_CANCELS');
  }

  #start(message: CallMessage, route: Route): Violation | undefined {
    if (isStreamRoute(route)) return this.#startStream(message, route);
    const context = new RequestContext(this.#options.source, 'call', route.name);
    // Nobody can tell from here how far a publish has come.
    context.isStarted = isTopicRoute(route);
    const entry = this.#open(message, context, this.#deadlineMs(message, route));
    const final = isCallRoute(route)
      ? this.#options.dispatcher.call({ route, call: message, context })
      : this.#options.publishes.publish(route as TopicRoute, message, this.#options.source);
    if (!isPromise(final)) return this.#settle(entry, final);
    const leave = this.#quota.enter(message, isCallRoute(route) ? 'call' : 'publish');
    this.#watchDeadline(entry);
    void final.then((settled) => {
      leave();
      this.#settleLater(entry, settled);
    });
    return undefined;
  }

  #startStream(message: CallMessage, route: StreamRoute): Violation | undefined {
    const { limits, link, dispatcher } = this.#options;
    const context = new RequestContext(this.#options.source, 'stream', route.name);
    const entry = this.#open(message, context, this.#deadlineMs(message, route));
    if (route.definition.up !== undefined) {
      entry.items = this.#itemQueue(route.definition.up, message.id);
      context.items = entry.items;
    }
    const leave = this.#quota.enter(message, 'stream');
    const replies = dispatcher.stream({ route, call: message, context });
    const credit = { items: limits.downCreditItems, bytes: limits.downCreditBytes };
    const run = new StreamRun({ replies, credit, send: (item) => link.send(item) });
    entry.run = run;
    this.#watchDeadline(entry);
    void run.done.then((final) => {
      leave();
      if (final !== undefined) this.#settleLater(entry, final);
    });
    return undefined;
  }

  #itemQueue(schema: Schema, id: number): ItemQueue {
    const { limits, link } = this.#options;
    return new ItemQueue({
      window: { items: limits.upCreditItems, bytes: limits.upCreditBytes },
      parse: (value) => parseItem(schema, value),
      grant: (totals) => this.#entries.has(id) && link.send({ kind: 'CREDIT', id, ...totals }),
      stop: () => this.#entries.has(id) && link.send({ kind: 'CANCEL', id, reason: 'stopped' }),
    });
  }

  #open(message: CallMessage, context: RequestContext, deadlineMs: number | undefined): Entry {
    if (deadlineMs !== undefined) context.deadlineAt = this.#options.runtime.now() + deadlineMs;
    const entry: Entry = {
      id: message.id,
      context,
      run: undefined,
      items: undefined,
      timer: undefined,
    };
    this.#entries.set(message.id, entry);
    return entry;
  }

  #deadlineMs(message: CallMessage, route: Route): number | undefined {
    const { limits } = this.#options;
    const own = isTopicRoute(route) ? undefined : route.definition.deadlineMs;
    const standard = isStreamRoute(route) ? undefined : limits.deadlineMs;
    const wanted = message.deadlineMs ?? own ?? standard;
    if (wanted === undefined || isStreamRoute(route)) return wanted;
    return Math.min(wanted, limits.maxDeadlineMs);
  }

  /** A call that is answered at once needs no timer. */
  #watchDeadline(entry: Entry): void {
    const remainingMs = entry.context.remainingMs;
    if (remainingMs === undefined || !this.#entries.has(entry.id)) return;
    entry.timer = this.#options.runtime.startTimer(remainingMs, () =>
      this.#abort(entry, 'DEADLINE', 'the deadline has passed'),
    );
  }

  /** Answers in the handler's place; what it gives later is dropped, and its slot stays taken. */
  #abort(entry: Entry, code: 'CANCELLED' | 'DEADLINE', text: string): void {
    const executed = entry.context.isStarted ? 'unknown' : 'no';
    const error = ownError(code, text, { executed });
    this.#finish(entry, this.#options.dispatcher.refuse(entry.id, error));
    this.#stop(entry, error);
  }

  #stop(entry: Entry, reason: TrunklineError): void {
    entry.timer?.cancel();
    entry.context.abort(reason);
    entry.items?.fail(reason);
    entry.run?.stop();
  }

  /** Settles in a later turn, in which no batch is there to blame. */
  #settleLater(entry: Entry, final: FinalMessage): void {
    const violation = this.#settle(entry, final);
    if (violation !== undefined) this.#options.link.fail(violation);
  }

  #settle(entry: Entry, final: FinalMessage): Violation | undefined {
    const { limits, link, dispatcher } = this.#options;
    if (this.#entries.get(entry.id) !== entry) return undefined;
    const isResult = final.kind !== 'ERROR';
    if (isResult && link.queuedBytes + final.bytes.length > limits.heldMaxBytes) {
      const error = ownError('OVERLOADED', 'too many results are waiting', { executed: 'yes' });
      this.#finish(entry, dispatcher.refuse(entry.id, error));
      return undefined;
    }
    this.#finish(entry, final);
    const isOwnFault = final.kind === 'ERROR' && final.executed === 'no';
    return isOwnFault ? this.#countFault() : undefined;
  }

  #finish(entry: Entry, final: FinalMessage | ErrorMessage): void {
    if (this.#isClosed || this.#entries.get(entry.id) !== entry) return;
    entry.timer?.cancel();
    entry.items?.end();
    this.#entries.delete(entry.id);
    this.#options.link.send(final);
  }
}

function kindOf(route: Route): BoundProcedure['kind'] {
  if (isTopicRoute(route)) return 'publish';
  return isCallRoute(route) ? 'call' : 'stream';
}

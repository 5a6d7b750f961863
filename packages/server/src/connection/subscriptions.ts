import {
  NO_LAYOUT,
  TrunklineError,
  Violation,
  type ErrorMessage,
  type Message,
  type Outgoing,
  type Runtime,
  type SharedBatch,
  type SubscribeMessage,
  type UnsubscribeMessage,
} from '@trunkline/protocol';
import { chain, isPromise } from '../chain.js';
import { Ending } from '../ending.js';
import { limitOf, noteLimit, ownError, toErrorMessage, type ReportFailure } from '../failure.js';
import { letGo } from '../let-go.js';
import type { ServerLimits } from '../limits/limits.js';
import type { Observation } from '../observe/observation.js';
import type { Pipeline } from '../guards/pipeline.js';
import { RecheckPace } from './recheck-pace.js';
import type { Rechecked, Rechecks } from './rechecks.js';
import type { Registry } from '../routes/registry.js';
import {
  asAnyContext,
  asTopicContext,
  EventContext,
  type ContextSource,
} from '../request-context.js';
import { isTopicRoute, type TopicRoute } from '../routes/route.js';
import type { Session } from '../session.js';
import type { Hub } from '../topics/hub.js';
import { ReadSlots } from '../topics/read-slots.js';
import { keepOf } from '../topics/record.js';
import { formOf } from '../topics/record-form.js';
import { readTopicKey, topicKey } from '../topics/topic-key.js';
import { policyOf } from '../topics/topic-policy.js';
import { TopicSubscription, type SubscriptionLink } from '../topics/topic-subscription.js';
import { parseInput, readValue } from '../values.js';

/** What all connections of a server share for their subscriptions. */
export interface TopicServices {
  readonly registry: Registry;
  readonly hub: Hub;
  readonly runtime: Runtime;
  readonly limits: ServerLimits;
  readonly report: ReportFailure;
  readonly pipelineOf: (route: TopicRoute) => Pipeline;
  readonly rechecks: Rechecks;
  readonly observation: Observation | undefined;
}

/** What subscriptions need of their connection. */
export interface TopicLink extends Omit<SubscriptionLink, 'waitForRoom' | 'read'> {
  /** Whether topic messages may be packed. */
  readonly takesPacked: boolean;
}

/** What the subscriptions of one connection are made from. */
export interface SubscriptionsOptions extends TopicServices {
  /** When the connection took up the session. */
  readonly attachedAt: number;
  readonly session: Session;
  readonly source: ContextSource;
  readonly link: TopicLink;
}

/** How long after an attach its subscriptions with a cursor do not count. */
const RETURN_MS = 1_000;

/** Wait of a client before it subscribes again after the broker failed. */
const BROKER_RETRY_MS = 1_000;

/** A subscribe, from its message to its end. */
interface Entry {
  /** `undefined` until it is allowed. */
  key: string | undefined;
  /** `undefined` while it is being decided on. */
  live: TopicSubscription | undefined;
  /** Counts the times that it is to be decided on: what was said before the last counts no more. */
  round: number;
}

interface Recheckable {
  readonly sub: number;
  readonly entry: Entry;
  /** The only one that is wanted, if there is one. */
  readonly topic: string | undefined;
}

/** The subscriptions of one connection. */
export class Subscriptions implements SubscriptionLink {
  readonly #options: SubscriptionsOptions;
  readonly #entries = new Map<number, Entry>();
  /** Those that have no room; made when there is none. */
  #waiting: Set<{ resume(): void }> | undefined;
  /** Made for the first read. */
  #reads: ReadSlots | undefined;
  /** The end of what is decided on anew; made for the first time. */
  #closing: Ending | undefined;
  /** Made for the first token of somebody else. */
  #pace: RecheckPace | undefined;
  #next = 0;
  #isClosed = false;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  subscribe(message: SubscribeMessage): Violation | undefined {
    if (message.sub !== this.#next) return new Violation('BAD_SUB');
    this.#next++;
    if (!this.#isReturn(message) && !this.#options.session.subscribes.take()) {
      return new Violation('TOO_MANY_SUBSCRIBES');
    }
    const params = this.#readParams(message);
    if (params === undefined) return undefined;
    const entry: Entry = { key: undefined, live: undefined, round: 0 };
    this.#entries.set(message.sub, entry);
    // Where nobody has to be waited for, it begins before what stands behind it in its batch.
    try {
      const joined = this.#join(message, { entry, rawParams: params.value });
      if (isPromise(joined)) joined.catch((error: unknown) => this.#refuse(message, error));
    } catch (error) {
      this.#refuse(message, error);
    }
    return undefined;
  }

  unsubscribe(message: UnsubscribeMessage): Violation | undefined {
    if (!this.#options.session.subscribes.take()) return new Violation('TOO_MANY_SUBSCRIBES');
    this.#drop(message.sub);
    return undefined;
  }

  /** The connection has room again. */
  resume(): void {
    if (this.#waiting === undefined || !this.#options.link.hasRoom()) return;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    for (const waiter of waiting) waiter.resume();
  }

  /**
   * Decides anew on what is subscribed, of one topic or all. What is refused ends as if it had been
   * refused at first; what could not be decided on ends such that its client subscribes again.
   */
  async recheck(topic: string | undefined): Promise<Rechecked> {
    const checks = [...this.#entries].map(([sub, entry]) => {
      // Those that are being decided on may have been told what holds no more.
      if (entry.key === undefined) entry.round++;
      return this.#recheck({ sub, entry, topic });
    });
    const found = (await Promise.all(checks)).filter((hasEnded) => hasEnded !== undefined);
    return { checked: found.length, ended: found.filter(Boolean).length };
  }

  /** Decides anew on all, soon: as often as a client likes costs no more than now and then. */
  recheckSoon(): void {
    this.#pace ??= new RecheckPace(this.#options.runtime, () => this.recheck(undefined));
    this.#pace.want();
  }

  send(message: Message): void {
    this.#options.link.send(message);
  }

  sendShared(batch: SharedBatch): Outgoing {
    return this.#options.link.sendShared(batch);
  }

  grew(entry: Outgoing, bytes: number): void {
    this.#options.link.grew(entry, bytes);
  }

  hasRoom(): boolean {
    return this.#options.link.hasRoom();
  }

  waitForRoom(waiter: { resume(): void }): void {
    (this.#waiting ??= new Set()).add(waiter);
  }

  read<Result>(task: () => Promise<Result>): Promise<Result> {
    return (this.#reads ??= new ReadSlots(this.#options.limits.pageReads)).run(task);
  }

  tooSlow(): void {
    this.#options.link.tooSlow();
  }

  close(): void {
    this.#isClosed = true;
    this.#waiting = undefined;
    this.#reads?.close();
    this.#closing?.end(undefined);
    this.#pace?.close();
    for (const sub of this.#entries.keys()) this.#drop(sub);
  }

  /** Whether a client takes up what it had subscribed before a cut, which is no news. */
  #isReturn({ sub, cursor }: SubscribeMessage): boolean {
    const { attachedAt, runtime, limits } = this.#options;
    const isSoon = runtime.now() - attachedAt < RETURN_MS;
    return cursor !== undefined && isSoon && sub < limits.subscriptions;
  }

  /** The params are a view of the batch, so they are read before anything is waited for. */
  #readParams(message: SubscribeMessage): { value: unknown } | undefined {
    try {
      if (this.size >= this.#options.limits.subscriptions) {
        const limit = 'subscriptions';
        throw ownError('BUSY', 'too many subscriptions', { executed: 'no', limit });
      }
      if (message.params.bytes.length > this.#options.limits.paramsBytes) {
        const limit = 'paramsBytes';
        throw ownError('TOO_LARGE', 'the params are too large', { executed: 'no', limit });
      }
      const value = readValue(message.params, this.#options.limits);
      letGo(message.params);
      return { value };
    } catch (error) {
      this.#end(message.sub, error);
      return undefined;
    }
  }

  #join(
    message: SubscribeMessage,
    { entry, rawParams }: { entry: Entry; rawParams: unknown },
  ): void | Promise<void> {
    const route = this.#options.registry.find(message.name);
    if (route === undefined || !isTopicRoute(route)) {
      throw ownError('NOT_FOUND', 'the server has no such topic', { executed: 'no' });
    }
    return chain(this.#decide(route, { entry, rawParams }), (key) =>
      this.#open({ route, key, entry }, message),
    );
  }

  #open(
    { route, key, entry }: { route: TopicRoute; key: string; entry: Entry },
    { sub, cursor, last, payloadHash }: SubscribeMessage,
  ): void {
    if (this.#isGone(sub, entry)) return;
    // Most connections have a few: a table of the keys for each would be larger than they are.
    for (const other of this.#entries.values()) {
      if (other.key !== key) continue;
      throw ownError('INVALID_INPUT', 'this topic is already subscribed', { executed: 'no' });
    }
    entry.key = key;
    const { hub, limits } = this.#options;
    const { definition } = route;
    const form = formOf(definition, this.#options.link.takesPacked ? payloadHash : NO_LAYOUT);
    const topic = hub.open({
      topic: { key, keep: keepOf(definition, limits) },
      form,
      policy: policyOf(definition),
      tally: this.#options.observation?.tallyOf(route.name),
    });
    const subscription = new TopicSubscription({
      sub,
      topic,
      limits,
      link: this,
      failed: (error) => this.#refuse({ sub, name: route.name }, error),
    });
    entry.live = subscription;
    void subscription.join({ cursor, last });
  }

  /** Gives the topic's key, as soon as nobody wants it decided on anew. */
  #decide(
    route: TopicRoute,
    { entry, rawParams }: { readonly entry: Entry; readonly rawParams: unknown },
  ): string | Promise<string> {
    const { round } = entry;
    const key = this.#admit(route, () => parseInput(route.definition.params, rawParams));
    return chain(key, (decided) => {
      if (round === entry.round || this.#isClosed) return decided;
      // Not in this turn: an authorizer may want all decided on anew each time that it is asked.
      return Promise.resolve().then(() => this.#decide(route, { entry, rawParams }));
    });
  }

  /** Tells whether it has ended by this; `undefined` for one that was not decided on. */
  async #recheck({ sub, entry, topic }: Recheckable): Promise<boolean | undefined> {
    if (entry.key === undefined) return undefined;
    const { name, params } = readTopicKey(entry.key);
    if (topic !== undefined && topic !== name) return undefined;
    const route = this.#options.registry.find(name) as TopicRoute;
    const parsed = route.definition.params === undefined ? undefined : params;
    let hasEnded = false;
    await this.#options.rechecks.run({
      name,
      decide: async () => this.#admit(route, () => parsed),
      refuse: (error) => {
        hasEnded = !this.#isGone(sub, entry);
        if (hasEnded) this.#refuse({ sub, name }, error);
      },
      closing: (this.#closing ??= new Ending()),
    });
    return hasEnded || (this.#isGone(sub, entry) ? undefined : false);
  }

  /** Guards, params, authorizer; gives the topic's key. */
  #admit(route: TopicRoute, parse: () => unknown): string | Promise<string> {
    const context = new EventContext(this.#options.source, 'subscribe', route.name);
    const pipeline = this.#options.pipelineOf(route);
    const seen = asAnyContext(context);
    const authorize = (params: unknown): unknown =>
      route.authorize === undefined
        ? route.definition.public
        : route.authorize(params, asTopicContext(context));
    const allowed = (params: unknown): string | Promise<string> =>
      chain(
        pipeline.around(seen, () => authorize(params)),
        (isAllowed) => {
          if (isAllowed !== true) throw ownError('DENIED', 'denied', { executed: 'no' });
          return topicKey(route.name, params);
        },
      );
    const failed = (error: unknown): never => {
      throw pipeline.mapError(error, seen) ?? error;
    };
    try {
      const key = chain(pipeline.runGuards(seen), () => chain(parse(), allowed));
      return isPromise(key) ? key.catch(failed) : key;
    } catch (error) {
      return failed(error);
    }
  }

  #isGone(sub: number, entry: Entry): boolean {
    return this.#isClosed || this.#entries.get(sub) !== entry;
  }

  /** One that is still being decided on must not stand in the way of the next one either. */
  #drop(sub: number): boolean {
    const entry = this.#entries.get(sub);
    if (entry === undefined) return false;
    this.#entries.delete(sub);
    entry.live?.close();
    if (entry.live !== undefined) this.#options.hub.release(entry.live.topic);
    return true;
  }

  #refuse({ sub }: { sub: number; name: string }, error: unknown): void {
    if (this.#drop(sub) && !this.#isClosed) this.#end(sub, error);
  }

  #end(sub: number, error: unknown): void {
    const message = this.#toMessage(error);
    const retryAfterMs = message.code === 'UNAVAILABLE' ? BROKER_RETRY_MS : message.retryAfterMs;
    const ended: Message = { kind: 'ENDED', sub, code: message.code, message: message.message };
    const told = retryAfterMs === undefined ? ended : { ...ended, retryAfterMs };
    this.#options.link.send(noteLimit(told, limitOf(message)));
  }

  #toMessage(error: unknown): ErrorMessage {
    const { runtime, report } = this.#options;
    const known =
      error instanceof TrunklineError ? error : new TypeError('subscribe failed', { cause: error });
    return toErrorMessage(0, known, { route: undefined, runtime, report, executed: 'no' });
  }
}

import {
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
import { ownError, toErrorMessage, type ReportFailure } from './failure.js';
import type { ServerLimits } from './limits.js';
import type { Pipeline } from './pipeline.js';
import type { Registry } from './registry.js';
import {
  asAnyContext,
  asTopicContext,
  EventContext,
  type ContextSource,
} from './request-context.js';
import { isTopicRoute, type TopicRoute } from './route.js';
import type { Session } from './session.js';
import type { Hub } from './topics/hub.js';
import type { JoinWish } from './topics/join-start.js';
import { keepOf } from './topics/record.js';
import { topicKey } from './topics/topic-key.js';
import { TopicSubscription, type SubscriptionLink } from './topics/topic-subscription.js';
import { parseInput, readValue } from './values.js';

/** What all connections of a server share for their subscriptions. */
export interface TopicServices {
  readonly registry: Registry;
  readonly hub: Hub;
  readonly runtime: Runtime;
  readonly limits: ServerLimits;
  readonly report: ReportFailure;
  readonly pipelineOf: (route: TopicRoute) => Pipeline;
}

/** What subscriptions need of their connection. */
export type TopicLink = Omit<SubscriptionLink, 'waitForRoom'>;

/** What the subscriptions of one connection are made from. */
export interface SubscriptionsOptions extends TopicServices {
  readonly session: Session;
  readonly source: ContextSource;
  readonly link: TopicLink;
}

/** Wait of a client before it subscribes again after the broker failed. */
const BROKER_RETRY_MS = 1_000;

/** The subscriptions of one connection. */
export class Subscriptions implements SubscriptionLink {
  readonly #options: SubscriptionsOptions;
  readonly #live = new Map<number, TopicSubscription>();
  /** Numbers of subscribes that are being decided on. */
  readonly #pending = new Set<number>();
  readonly #keys = new Map<string, number>();
  /** Those that have no room; made when there is none. */
  #waiting: Set<{ resume(): void }> | undefined;
  #next = 0;
  #isClosed = false;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#live.size + this.#pending.size;
  }

  subscribe(message: SubscribeMessage): Violation | undefined {
    if (message.sub !== this.#next) return new Violation('BAD_SUB');
    this.#next++;
    if (!this.#options.session.subscribes.take()) return new Violation('TOO_MANY_SUBSCRIBES');
    const params = this.#readParams(message);
    if (params === undefined) return undefined;
    this.#pending.add(message.sub);
    this.#join(message, params.value).catch((error: unknown) => this.#refuse(message, error));
    return undefined;
  }

  unsubscribe(message: UnsubscribeMessage): Violation | undefined {
    if (!this.#options.session.subscribes.take()) return new Violation('TOO_MANY_SUBSCRIBES');
    if (this.#pending.delete(message.sub)) this.#forgetKey(message.sub);
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

  close(): void {
    this.#isClosed = true;
    this.#pending.clear();
    this.#waiting = undefined;
    for (const sub of this.#live.keys()) this.#drop(sub);
  }

  /** The params are a view of the batch, so they are read before anything is waited for. */
  #readParams(message: SubscribeMessage): { value: unknown } | undefined {
    try {
      if (this.size >= this.#options.limits.subscriptions) {
        throw ownError('BUSY', 'too many subscriptions', { executed: 'no' });
      }
      if (message.params.bytes.length > this.#options.limits.paramsBytes) {
        throw ownError('TOO_LARGE', 'the params are too large', { executed: 'no' });
      }
      return { value: readValue(message.params, this.#options.limits) };
    } catch (error) {
      this.#end(message.sub, error);
      return undefined;
    }
  }

  async #join(message: SubscribeMessage, rawParams: unknown): Promise<void> {
    const route = this.#options.registry.find(message.name);
    if (route === undefined || !isTopicRoute(route)) {
      throw ownError('NOT_FOUND', 'the server has no such topic', { executed: 'no' });
    }
    const key = await this.#admit(route, rawParams);
    const sub = message.sub;
    if (this.#isGone(sub)) return;
    if (this.#keys.has(key)) {
      throw ownError('INVALID_INPUT', 'this topic is already subscribed', { executed: 'no' });
    }
    this.#keys.set(key, sub);
    try {
      await this.#open({ route, key, sub }, message);
    } finally {
      if (!this.#live.has(sub) && this.#keys.get(key) === sub) this.#keys.delete(key);
    }
  }

  async #open(
    { route, key, sub }: { route: TopicRoute; key: string; sub: number },
    { cursor, last }: JoinWish,
  ): Promise<void> {
    const { hub, limits } = this.#options;
    const topic = await hub.open({ key, keep: keepOf(route.definition, limits) });
    if (this.#isGone(sub)) return hub.release(topic);
    this.#pending.delete(sub);
    const subscription = new TopicSubscription({
      sub,
      topic,
      limits,
      link: this,
      failed: (error) => this.#refuse({ sub, name: route.name }, error),
    });
    this.#live.set(sub, subscription);
    await subscription.join({ cursor, last });
  }

  /** Guards, params, authorizer; gives the topic's key. */
  async #admit(route: TopicRoute, rawParams: unknown): Promise<string> {
    const context = new EventContext(this.#options.source, 'subscribe', route.name);
    const pipeline = this.#options.pipelineOf(route);
    const seen = asAnyContext(context);
    try {
      await pipeline.runGuards(seen);
      const params = await parseInput(route.definition.params, rawParams);
      const isAllowed = await pipeline.around(seen, () =>
        route.authorize === undefined
          ? route.definition.public
          : route.authorize(params, asTopicContext(context)),
      );
      if (isAllowed !== true) throw ownError('DENIED', 'denied', { executed: 'no' });
      return topicKey(route.name, params);
    } catch (error) {
      throw pipeline.mapError(error, seen) ?? error;
    }
  }

  /** A subscribe that is still being decided on must not stand in the way of the next one. */
  #forgetKey(sub: number): void {
    for (const [key, owner] of this.#keys) if (owner === sub) this.#keys.delete(key);
  }

  #isGone(sub: number): boolean {
    return this.#isClosed || !this.#pending.has(sub);
  }

  #drop(sub: number): void {
    const subscription = this.#live.get(sub);
    if (subscription === undefined) return;
    this.#live.delete(sub);
    this.#keys.delete(subscription.topic.key);
    subscription.close();
    this.#options.hub.release(subscription.topic);
  }

  #refuse({ sub }: { sub: number; name: string }, error: unknown): void {
    const isWanted = this.#pending.delete(sub) || this.#live.has(sub);
    this.#drop(sub);
    if (isWanted && !this.#isClosed) this.#end(sub, error);
  }

  #end(sub: number, error: unknown): void {
    const message = this.#toMessage(error);
    const retryAfterMs = message.code === 'UNAVAILABLE' ? BROKER_RETRY_MS : message.retryAfterMs;
    const ended: Message = { kind: 'ENDED', sub, code: message.code, message: message.message };
    this.#options.link.send(retryAfterMs === undefined ? ended : { ...ended, retryAfterMs });
  }

  #toMessage(error: unknown): ErrorMessage {
    const { runtime, report } = this.#options;
    const known =
      error instanceof TrunklineError ? error : new TypeError('subscribe failed', { cause: error });
    return toErrorMessage(0, known, { route: undefined, runtime, report, executed: 'no' });
  }
}

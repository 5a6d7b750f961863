import type {
  CallMessage,
  Closed,
  ItemMessage,
  Message,
  ReceivedMessage,
  Runtime,
  SubscribeMessage,
  Violation,
} from '@trunkline/protocol';
import { limitOf } from '../failure.js';
import type { Registry } from '../routes/registry.js';
import { isTopicRoute } from '../routes/route.js';
import type { Session } from '../session.js';
import type { EndReason } from '../sessions.js';
import { CallWatch } from './call-watch.js';
import type { Observation } from './observation.js';

/** What a session is watched with. */
export interface SessionWatchOptions {
  readonly observation: Observation;
  readonly session: Session;
  readonly registry: Registry;
  readonly runtime: Runtime;
}

/** Name of what a server does not have: names that clients make up would be without number. */
const UNKNOWN = '(unknown)';

/** Watches a session where somebody observes. */
export function watchOf(
  session: Session,
  {
    observation,
    ...services
  }: Omit<SessionWatchOptions, 'session' | 'observation'> & {
    readonly observation: Observation | undefined;
  },
): SessionWatch | undefined {
  if (observation === undefined) return undefined;
  const { registry, runtime } = services;
  return new SessionWatch({ observation, session, registry, runtime });
}

type Sent = Exclude<Message, { readonly kind: 'CALL' }>;

/**
 * Tells the observers what happens in one session, from the messages that come and go. Whatever a
 * client gets to know goes by here.
 */
export class SessionWatch {
  /** The call that is being started, for the context that is made for it. */
  starting: CallWatch | undefined;
  readonly #options: SessionWatchOptions;
  readonly #calls = new Map<number, CallWatch>();
  /** Names of the topics, by the number of the subscription. */
  readonly #topics = new Map<number, string>();
  readonly #openedAt: number;
  #detachedAt: number | undefined;

  constructor(options: SessionWatchOptions) {
    this.#options = options;
    this.#openedAt = options.runtime.now();
  }

  /** Runs a call that has come, unless it breaks the protocol. */
  call(message: CallMessage, run: () => Violation | undefined): Violation | undefined {
    const { observation, session, runtime } = this.#options;
    const bound = session.bound[message.procedure];
    const isBroken = message.id % 2 !== 0 || this.#calls.has(message.id) || bound === undefined;
    if (isBroken) return run();
    const call = {
      session: session.id,
      procedure: bound.route?.name ?? UNKNOWN,
      kind: bound.kind,
    };
    const watch = new CallWatch(call, { runtime, bytesIn: message.bytes.length });
    this.#calls.set(message.id, watch);
    observation.tell('callStarted', call);
    this.starting = watch;
    const violation = run();
    this.starting = undefined;
    return violation;
  }

  /** Something else has come. */
  received(message: ReceivedMessage): void {
    if (message.kind === 'ITEM') this.#itemCame(message);
    else if (message.kind === 'SUBSCRIBE') this.#topics.set(message.sub, this.#topicOf(message));
    else if (message.kind === 'UNSUBSCRIBE') this.#leave(message.sub, 'unsubscribed');
  }

  /** Something was queued for the client. */
  sent(message: Message): void {
    switch (message.kind) {
      case 'ITEM':
        return this.#itemLeft(message);
      case 'RESULT':
      case 'END':
        return this.#answered(message, 'OK');
      case 'ERROR':
        return this.#answered(message, message.code);
      case 'SUBSCRIBED':
      case 'GAP':
      case 'ENDED':
        return this.#toldOfTopic(message);
      default:
        return undefined;
    }
  }

  opened(): void {
    this.#options.observation.tell('sessionOpened', this.#about());
  }

  resumed(): void {
    const { observation, runtime } = this.#options;
    const detachedMs = this.#detachedAt === undefined ? 0 : runtime.now() - this.#detachedAt;
    this.#detachedAt = undefined;
    observation.tell('sessionResumed', { ...this.#about(), detachedMs });
  }

  /** The connection is not the session's any more: subscriptions end with it, and calls go on. */
  left(): void {
    this.#detachedAt = this.#options.runtime.now();
    for (const sub of this.#topics.keys()) this.#leave(sub, 'detached');
  }

  detached({ code }: Closed): void {
    this.#options.observation.tell('sessionDetached', { ...this.#about(), code });
  }

  ended(reason: EndReason | undefined, { code }: Closed): void {
    const { observation, runtime } = this.#options;
    for (const [id, watch] of this.#calls) {
      this.#endCall(id, watch, { code: 'SESSION_LOST' });
    }
    for (const sub of this.#topics.keys()) this.#leave(sub, 'detached');
    const ms = runtime.now() - this.#openedAt;
    observation.tell('sessionEnded', { ...this.#about(), reason: reason ?? 'left', code, ms });
  }

  #about() {
    const { session } = this.#options;
    return { session: session.id, principal: session.identity?.principal };
  }

  #itemCame({ id, bytes }: ItemMessage): void {
    const watch = this.#calls.get(id);
    if (watch === undefined) return;
    watch.itemsIn++;
    watch.bytesIn += bytes.length;
  }

  #itemLeft({ id, bytes }: ItemMessage): void {
    const watch = this.#calls.get(id);
    if (watch === undefined) return;
    watch.itemsOut++;
    watch.bytesOut += bytes.length;
  }

  #answered(message: Extract<Sent, { readonly kind: 'RESULT' | 'END' | 'ERROR' }>, code: string) {
    if (message.kind === 'ERROR') this.limitMet(limitOf(message), code);
    const watch = this.#calls.get(message.id);
    if (watch === undefined) return;
    watch.bytesOut += message.bytes.length;
    const executed = message.kind === 'ERROR' ? message.executed : 'yes';
    this.#endCall(message.id, watch, { code, executed });
  }

  #endCall(
    id: number,
    watch: CallWatch,
    end: { readonly code: string; readonly executed?: 'no' | 'unknown' | 'yes' },
  ): void {
    this.#calls.delete(id);
    const executed = end.executed ?? (watch.isStarted ? 'unknown' : 'no');
    this.#options.observation.tell('callEnded', watch.end(end.code, executed));
  }

  #toldOfTopic(message: Extract<Sent, { readonly kind: 'SUBSCRIBED' | 'GAP' | 'ENDED' }>): void {
    const { observation, session } = this.#options;
    const topic = this.#topics.get(message.sub);
    if (topic === undefined) return;
    const about = { session: session.id, topic };
    if (message.kind === 'SUBSCRIBED') {
      const { state, top, offset } = message;
      return observation.tell('subscribed', { ...about, state, behind: top - offset });
    }
    if (message.kind === 'GAP') {
      const { reason, from, to } = message;
      const messages = to === undefined ? undefined : to - from + 1;
      return observation.tell('gapTold', { ...about, reason, messages });
    }
    this.limitMet(limitOf(message), message.code);
    return this.#leave(message.sub, message.code);
  }

  /** The session has met a limit, if it is one. */
  limitMet(limit: string | undefined, reaction: string): void {
    if (limit === undefined) return;
    const { observation, session } = this.#options;
    observation.tell('limitHit', { limit, reaction, session: session.id });
  }

  #leave(sub: number, reason: string): void {
    const topic = this.#topics.get(sub);
    if (topic === undefined) return;
    this.#topics.delete(sub);
    const { observation, session } = this.#options;
    observation.tell('subscriptionEnded', { session: session.id, topic, reason });
  }

  #topicOf({ name }: SubscribeMessage): string {
    const route = this.#options.registry.find(name);
    return route !== undefined && isTopicRoute(route) ? route.name : UNKNOWN;
  }
}

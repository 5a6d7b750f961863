import type { CallPort } from './call-port.js';
import { onAbort } from './call-port.js';
import type { ClientLimits } from './client-limits.js';
import { Subscriber, type SubscriberSink } from './subscriber.js';
import type { Subscriptions } from './subscriptions.js';
import type { Need } from './topic-join.js';
import type { KeyedTopic } from './topic-key.js';
import type { TopicOptions } from './topic-method.js';

/** What topics are made with. */
export interface TopicPort extends CallPort {
  readonly subscriptions: Subscriptions;
  readonly limits: ClientLimits;
}

/** One topic with the options that it was asked for with. */
export interface TopicRequest {
  readonly topic: KeyedTopic;
  readonly options: TopicOptions;
}

/** A subscriber with the function that ends it. */
export interface Joining {
  readonly subscriber: Subscriber;
  /** Begins to subscribe; call once. */
  begin(): void;
  /** Ends the subscription, as the client's own wish. Idempotent. */
  leave(): void;
}

/** Makes a subscriber of a topic, which ends with the signal of the options. */
export function createSubscriber(
  { subscriptions }: TopicPort,
  { topic, options }: TopicRequest,
  sink: SubscriberSink,
): Joining {
  let detach = (): void => {};
  let stopListening = (): void => {};
  const subscriber = new Subscriber(needOf(options), {
    item: (item) => sink.item(item),
    gap: (gap) => sink.gap(gap),
    changed: (state) => {
      if (state.status === 'ended') stopListening();
      sink.changed(state);
    },
  });
  const leave = (): void => {
    detach();
    subscriber.end();
  };
  const begin = (): void => {
    if (options.signal?.aborted) return subscriber.end();
    stopListening = onAbort(options.signal, leave);
    detach = subscriptions.subscribe(topic.key, topic, subscriber);
    // It may have been left or refused meanwhile.
    if (subscriber.state.status !== 'ended') return;
    stopListening();
    detach();
  };
  return { subscriber, begin, leave };
}

function needOf({ from, last }: TopicOptions): Need {
  if (from !== undefined) return { kind: 'from', cursor: from };
  return last === undefined ? { kind: 'now' } : { kind: 'last', count: last };
}

/** Checks the options of a topic. Throws a TypeError that names the option and the rule. */
export function checkTopicOptions({ last, from, onGap }: TopicOptions): void {
  if (last !== undefined && !(Number.isSafeInteger(last) && last >= 0 && last <= MAX_LAST)) {
    throw new TypeError(`option "last" must be a whole number up to ${MAX_LAST}, not "${last}"`);
  }
  if (onGap !== undefined && typeof onGap !== 'function') {
    throw new TypeError(`option "onGap" must be a function, not "${typeof onGap}"`);
  }
  if (from === undefined) return;
  const { epoch, offset } = from;
  if (/^[0-9a-f]{16}$/.test(epoch) && Number.isSafeInteger(offset) && offset >= 0) return;
  throw new TypeError(
    `option "from" must be the cursor of a subscription: epoch "${epoch}", offset "${offset}"`,
  );
}

const MAX_LAST = 10_000;

import type { CallPort } from '../calls/call-port.js';
import { onAbort } from '../calls/call-port.js';
import type { ClientLimits } from '../connection/client-limits.js';
import { refuseUnknown } from '../connection/refuse-unknown.js';
import { SnapshotJoin, type SnapshotCall, type SnapshotSink } from './snapshot-join.js';
import { Subscriber } from './subscriber.js';
import type { Seat, Subscriptions } from './subscriptions.js';
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
  readonly options: TopicOptions<unknown>;
  /** Whether topic messages are kept for who was away. */
  readonly keeps: boolean;
  /** The call that gives snapshots, where the topic has one. */
  readonly snapshot: SnapshotCall | undefined;
}

/** A subscriber with the functions that steer it. */
export interface Joining extends Pick<Seat, 'pause' | 'resume'> {
  readonly subscriber: Subscriber;
  /** Puts snapshots in the place of what is missing; `undefined` where nobody takes them. */
  readonly snapshots: SnapshotJoin | undefined;
  /** Begins to subscribe; call once. */
  begin(): void;
  /** Ends the subscription, as the client's own wish. Idempotent. */
  leave(): void;
}

/**
 * Makes a subscriber of a topic, which ends with the signal of the options. `takesSnapshots` says
 * that the sink wants them.
 */
export function createSubscriber(
  port: TopicPort,
  { topic, options, snapshot }: TopicRequest,
  { sink, takesSnapshots }: { sink: SnapshotSink; takesSnapshots: boolean },
): Joining {
  let seat: Seat | undefined;
  let stopListening = (): void => {};
  const snapshots =
    takesSnapshots && snapshot !== undefined
      ? new SnapshotJoin(port, snapshot, { sink, subscriber: () => subscriber })
      : undefined;
  const inner = snapshots ?? sink;
  const subscriber: Subscriber = new Subscriber(topic.name, needOf(options), {
    item: (item) => inner.item(item),
    gap: (gap) => inner.gap(gap),
    changed: (state) => {
      if (state.status === 'ended') stopListening();
      inner.changed(state);
    },
  });
  const leave = (): void => {
    seat?.leave();
    subscriber.end();
  };
  const begin = (): void => {
    if (options.signal?.aborted) return subscriber.end();
    stopListening = onAbort(options.signal, leave);
    seat = port.subscriptions.subscribe(topic.key, topic, subscriber);
    // It may have been left or refused meanwhile.
    if (subscriber.state.status !== 'ended') return;
    stopListening();
    seat?.leave();
  };
  const pause = (): void => seat?.pause();
  const resume = (): void => seat?.resume();
  return { subscriber, snapshots, begin, leave, pause, resume };
}

function needOf({ from, last }: TopicOptions): Need {
  if (from !== undefined) return { kind: 'from', cursor: from };
  return last === undefined ? { kind: 'now' } : { kind: 'last', count: last };
}

/** Checks the options of a topic. Throws a TypeError that names the option and the rule. */
export function checkTopicOptions(
  name: string,
  options: TopicOptions<unknown>,
  keeps: boolean,
): void {
  refuseUnknown(`${name}: unknown option`, options, OPTIONS);
  const { last, from, onGap } = options;
  if (last !== undefined && !(Number.isSafeInteger(last) && last >= 0 && last <= MAX_LAST)) {
    throw new TypeError(`option "last" must be a whole number up to ${MAX_LAST}, not "${last}"`);
  }
  if (last !== undefined && last > 0 && !keeps) {
    throw new TypeError(`${name}: option "last" needs "keep" in the contract: nothing is kept`);
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

const OPTIONS: readonly (keyof TopicOptions<unknown>)[] = [
  'last',
  'from',
  'signal',
  'onGap',
  'onSnapshot',
];
const MAX_LAST = 10_000;

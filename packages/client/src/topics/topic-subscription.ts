import { locate, TrunklineError, type Cursor } from '@trunkline/protocol';
import { notify } from '../connection/error-hook.js';
import { HeldCalls } from '../calls/held-calls.js';
import type { SnapshotSink } from './snapshot-join.js';
import type { TopicItem } from './subscriber.js';
import type { Gap, Subscription, SubscriptionState, TopicListeners } from './topic-method.js';
import { createSubscriber, type Joining, type TopicPort, type TopicRequest } from './topic-port.js';

/** What a subscription by callbacks is made with. */
export interface SubscriptionRequest extends TopicRequest {
  readonly listeners: TopicListeners<unknown, unknown>;
}

interface Waiter {
  readonly offset: number;
  readonly resolve: () => void;
  readonly reject: (error: TrunklineError) => void;
}

/** A subscription by callbacks. */
export class TopicSubscription implements SnapshotSink, Subscription {
  readonly #port: TopicPort;
  readonly #name: string;
  readonly #listeners: TopicListeners<unknown, unknown>;
  readonly #joining: Joining;
  readonly #held = new HeldCalls();
  #waiters: Waiter[] = [];

  constructor(port: TopicPort, request: SubscriptionRequest) {
    this.#port = port;
    this.#name = request.topic.name;
    this.#listeners = request.listeners;
    const takesSnapshots = request.listeners.snapshot !== undefined;
    this.#joining = createSubscriber(port, request, { sink: this, takesSnapshots });
    this.#joining.begin();
    this.#held.release();
  }

  get state(): SubscriptionState {
    return this.#joining.subscriber.state;
  }

  get cursor(): Cursor | undefined {
    const { snapshots, subscriber } = this.#joining;
    const waiting = snapshots?.waiting;
    return waiting === undefined ? subscriber.place : waiting.before;
  }

  // These two may be taken off the subscription and handed on.
  readonly reached = (offset: number): Promise<void> => {
    return new Promise((resolve, reject) => {
      const { state, cursor } = this;
      if (cursor !== undefined && cursor.offset >= offset) return resolve();
      if (state.status === 'ended') return reject(this.#endedError(state));
      this.#waiters.push({ offset, resolve, reject });
    });
  };

  readonly close = (): void => {
    this.#held.drop();
    this.#joining.leave();
  };

  item({ value, offset }: TopicItem): void {
    this.#notify(this.#listeners.message, value);
    this.#reach(offset);
  }

  snapshot(value: unknown, { offset }: Cursor): void {
    this.#notify(this.#listeners.snapshot, value);
    this.#reach(offset);
  }

  gap(gap: Gap): void {
    const missed = this.#takeWaiters((waiter) => gap.to === undefined || waiter.offset <= gap.to);
    const text = 'the topic message is among those that are missing';
    const error = new TrunklineError('GAP', text, { data: gap });
    for (const { reject } of missed) reject(locate(error, this.#name));
    this.#notify(this.#listeners.gap, gap);
  }

  changed(state: SubscriptionState): void {
    if (state.status === 'ended') {
      for (const { reject } of this.#takeWaiters(() => true)) reject(this.#endedError(state));
    } else if (this.cursor !== undefined) this.#reach(this.cursor.offset);
    this.#notify(this.#listeners.state, state);
  }

  #endedError({ error: cause }: SubscriptionState): TrunklineError {
    const error = new TrunklineError('UNAVAILABLE', 'the subscription has ended', { cause });
    return locate(error, this.#name);
  }

  #reach(offset: number): void {
    if (this.#waiters.length === 0) return;
    const reached = this.#takeWaiters((waiter) => waiter.offset <= offset);
    for (const { resolve } of reached) resolve();
  }

  #notify<Value>(listener: ((value: Value) => unknown) | undefined, value: Value): void {
    this.#held.run(() => notify(listener, value, this.#port.onError));
  }

  #takeWaiters(isTaken: (waiter: Waiter) => boolean): Waiter[] {
    const taken = this.#waiters.filter(isTaken);
    if (taken.length > 0) this.#waiters = this.#waiters.filter((waiter) => !isTaken(waiter));
    return taken;
  }
}

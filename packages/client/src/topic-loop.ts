import { TrunklineError } from '@trunkline/protocol';
import { notify } from './error-hook.js';
import { Puller, type PullSource, type Step } from './puller.js';
import type { SubscriberSink, TopicItem } from './subscriber.js';
import type { Gap, SubscriptionState } from './topic-method.js';
import { createSubscriber, type Joining, type TopicPort, type TopicRequest } from './topic-port.js';
import { TopicQueue } from './topic-queue.js';

/** A subscription in the hands of a loop. */
export class TopicLoop implements SubscriberSink, PullSource<unknown> {
  readonly puller: Puller<unknown> = new Puller(this);
  readonly #port: TopicPort;
  readonly #request: TopicRequest;
  readonly #queue: TopicQueue;
  readonly #joining: Joining;
  #last: Step<unknown> | undefined;

  constructor(port: TopicPort, request: TopicRequest) {
    this.#port = port;
    this.#request = request;
    this.#queue = new TopicQueue(port.limits);
    this.#joining = createSubscriber(port, request, this);
  }

  started(): void {
    this.#joining.begin();
  }

  pull(): Step<unknown> | undefined {
    for (;;) {
      const entry = this.#queue.shift();
      if (entry === undefined) return this.#last;
      if ('item' in entry) return entry.item;
      const { onGap } = this.#request.options;
      if (onGap === undefined) return this.#failWith(entry.gap);
      notify(onGap, entry.gap, this.#port.onError);
    }
  }

  left(): void {
    this.#joining.leave();
    this.#queue.clear();
  }

  item(item: TopicItem): void {
    this.#queue.push({ item });
    this.puller.wake();
  }

  gap(gap: Gap): void {
    this.#queue.push({ gap });
    this.puller.wake();
  }

  changed({ status, error }: SubscriptionState): void {
    if (status !== 'ended') return;
    // Who has ended it waits for nothing more.
    if (error === undefined) this.#queue.clear();
    this.#last = error === undefined ? { isEnd: true } : { error };
    this.puller.wake();
  }

  #failWith(gap: Gap): Step<unknown> {
    this.left();
    const text = `topic messages are missing: ${gap.from} to ${gap.to ?? 'unknown'}, ${gap.reason}`;
    return { error: new TrunklineError('GAP', text, { data: gap }) };
  }
}

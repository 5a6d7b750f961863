import { locate, TrunklineError, type Cursor } from '@trunkline/protocol';
import { notify } from '../connection/error-hook.js';
import { Puller, type PullSource, type Step } from '../streams/puller.js';
import type { SnapshotSink } from './snapshot-join.js';
import type { TopicItem } from './subscriber.js';
import type { Gap, SubscriptionState } from './topic-method.js';
import { createSubscriber, type Joining, type TopicPort, type TopicRequest } from './topic-port.js';
import { TopicQueue, type TopicEntry } from './topic-queue.js';

/** A subscription in the hands of a loop. */
export class TopicLoop implements SnapshotSink, PullSource<unknown> {
  readonly puller: Puller<unknown> = new Puller(this);
  readonly #port: TopicPort;
  readonly #request: TopicRequest;
  readonly #queue: TopicQueue;
  readonly #joining: Joining;
  #last: Step<unknown> | undefined;
  /** It takes nothing until it has come to what waits, and then what is kept. */
  #isPaused = false;

  constructor(port: TopicPort, request: TopicRequest) {
    this.#port = port;
    this.#request = request;
    this.#queue = new TopicQueue(port.limits);
    const takesSnapshots = request.options.onSnapshot !== undefined;
    this.#joining = createSubscriber(port, request, { sink: this, takesSnapshots });
  }

  started(): void {
    this.#joining.begin();
  }

  pull(): Step<unknown> | undefined {
    for (;;) {
      if (this.#isPaused && this.#queue.isEmpty) this.#goOn();
      const entry = this.#queue.shift();
      if (entry === undefined) return this.#last;
      if ('item' in entry) return entry.item;
      const { onGap, onSnapshot } = this.#request.options;
      if ('snapshot' in entry) notify(onSnapshot, entry.snapshot, this.#port.onError);
      else if (this.#joining.snapshots !== undefined) this.#replace(entry.gap);
      else if (onGap === undefined) return this.#failWith(entry.gap);
      else notify(onGap, entry.gap, this.#port.onError);
    }
  }

  left(): void {
    this.#joining.leave();
    this.#queue.clear();
  }

  item(item: TopicItem): void {
    this.#add({ item });
  }

  gap(gap: Gap): void {
    this.#add({ gap });
  }

  snapshot(snapshot: unknown, asOf: Cursor): void {
    this.#add({ snapshot, asOf });
  }

  changed({ status, error }: SubscriptionState): void {
    if (status !== 'ended') return;
    // Who has ended it waits for nothing more.
    if (error === undefined) this.#queue.clear();
    this.#last = error === undefined ? { isEnd: true } : { error };
    this.puller.wake();
  }

  #add(entry: TopicEntry): void {
    this.#queue.push(entry);
    this.puller.wake();
    if (!this.#request.keeps) this.#queue.trim();
    else if (this.#queue.isFull && !this.#isPaused) {
      this.#isPaused = true;
      this.#joining.pause();
    }
  }

  #goOn(): void {
    this.#isPaused = false;
    this.#joining.resume();
  }

  /** What waits was dropped from the front, and a snapshot has the rest as well. */
  #replace({ epoch, from }: Gap): void {
    this.#queue.clear();
    this.#joining.snapshots?.refresh({ epoch, offset: from - 1 });
  }

  #failWith(gap: Gap): Step<unknown> {
    this.left();
    const text = `topic messages are missing: ${gap.from} to ${gap.to ?? 'unknown'}, ${gap.reason}`;
    const error = new TrunklineError('GAP', text, { data: gap });
    return { error: locate(error, this.#request.topic.name) };
  }
}

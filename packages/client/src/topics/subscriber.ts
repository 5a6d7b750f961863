import { locate, type Cursor, type FrameworkError } from '@trunkline/protocol';
import { clipGap, joinAt, type Answer, type Need } from './topic-join.js';
import type { Gap, SubscriptionState } from './topic-method.js';

/** A topic message, decoded once for all subscribers. */
export interface TopicItem extends Cursor {
  readonly value: unknown;
  readonly bytes: number;
}

/** Who is given what a subscriber gets. None of these throws. */
export interface SubscriberSink {
  item(item: TopicItem): void;
  gap(gap: Gap): void;
  changed(state: SubscriptionState): void;
}

/** One of those in this client who subscribe to a topic, with a place in the topic of its own. */
export class Subscriber {
  state: SubscriptionState = Object.freeze({ status: 'joining' });
  /** Takes nothing at present, and will ask for what it missed. */
  isPaused = false;
  readonly #topic: string;
  readonly #need: Need;
  readonly #sink: SubscriberSink;
  /** `undefined` before the first join. */
  #epoch: string | undefined;
  #offset = 0;

  /** `topic` names it in errors. */
  constructor(topic: string, need: Need, sink: SubscriberSink) {
    this.#topic = topic;
    this.#need = need;
    this.#sink = sink;
  }

  /** What it needs of the next join. */
  get need(): Need {
    const cursor = this.place;
    return cursor === undefined ? this.#need : { kind: 'from', cursor };
  }

  /** The last topic message that it was given, or where it began. */
  get place(): Cursor | undefined {
    return this.#epoch === undefined ? undefined : { epoch: this.#epoch, offset: this.#offset };
  }

  /** Takes the answer to a join; who was live all the time learns only of what has changed. */
  join(answer: Answer): void {
    if (this.isPaused) return;
    const wasLive = this.state.status === 'live';
    const isSame = this.#epoch === answer.epoch;
    const { place, joined } = joinAt(this.need, answer, wasLive);
    this.#epoch = place.epoch;
    this.#offset = place.offset;
    if (wasLive && isSame && joined.kind !== 'gap') return;
    if (joined.kind === 'gap') {
      const { kind: _, ...gap } = joined;
      this.#sink.gap(gap);
    }
    if (this.state.status !== 'ended') this.#change({ status: 'live', joined });
  }

  item(item: TopicItem): void {
    if (this.isPaused || this.#epoch !== item.epoch || item.offset <= this.#offset) return;
    this.#offset = item.offset;
    this.#sink.item(item);
  }

  gap(gap: Gap): void {
    const { place } = this;
    if (place === undefined || this.isPaused) return;
    // What is missing of another epoch says nothing of the place in this one.
    if (gap.epoch !== place.epoch) return this.#sink.gap(gap);
    const missed = clipGap(place, gap);
    if (missed === undefined) return;
    this.#offset = gap.to ?? place.offset;
    this.#sink.gap(missed);
  }

  /** Its client's code has in another way what there was up to a place. */
  skipTo({ epoch, offset }: Cursor): void {
    this.#offset = epoch === this.#epoch ? Math.max(this.#offset, offset) : offset;
    this.#epoch = epoch;
  }

  /** Nobody can vouch for it at present. */
  stale(): void {
    if (this.state.status === 'live') this.#change({ ...this.state, status: 'stale' });
  }

  /** Ends it; without an error where the client's own code wanted that. */
  end(error?: FrameworkError): void {
    if (this.state.status === 'ended') return;
    const located = error && (locate(error, this.#topic) as FrameworkError);
    this.#change({ status: 'ended', ...(located !== undefined && { error: located }) });
  }

  #change(state: SubscriptionState): void {
    this.state = Object.freeze(state);
    this.#sink.changed(this.state);
  }
}

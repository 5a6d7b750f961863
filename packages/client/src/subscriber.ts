import type { Cursor, TrunklineError } from '@trunkline/protocol';
import type { Gap, SubscriptionState } from './topic-method.js';
import { clipGap, joinAt, type Answer, type Need } from './topic-join.js';

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
  #need: Need;
  #place: Cursor | undefined;
  readonly #sink: SubscriberSink;

  constructor(need: Need, sink: SubscriberSink) {
    this.#need = need;
    this.#sink = sink;
  }

  /** What it needs of the next join. */
  get need(): Need {
    return this.#place === undefined ? this.#need : { kind: 'from', cursor: this.#place };
  }

  /** The last topic message that it was given, or where it began. */
  get place(): Cursor | undefined {
    return this.#place;
  }

  /** Takes the answer to a join; who was live all the time only learns of what is missing. */
  join(answer: Answer): void {
    const wasLive = this.state.status === 'live';
    const { place, joined } = joinAt(this.need, answer);
    this.#place = place;
    if (joined.kind === 'gap') {
      const { kind: _, ...gap } = joined;
      this.#sink.gap(gap);
    } else if (wasLive) {
      return;
    }
    if (this.state.status !== 'ended') this.#change({ status: 'live', joined });
  }

  item(item: TopicItem): void {
    const place = this.#place;
    if (place === undefined || (item.epoch === place.epoch && item.offset <= place.offset)) return;
    this.#place = item;
    this.#sink.item(item);
  }

  gap(gap: Gap): void {
    const place = this.#place;
    if (place === undefined) return;
    const missed = gap.epoch === place.epoch ? clipGap(place, gap) : gap;
    if (missed === undefined) return;
    if (gap.epoch === place.epoch) {
      this.#place = { epoch: gap.epoch, offset: gap.to ?? place.offset };
    }
    this.#sink.gap(missed);
  }

  /** Nobody can vouch for it at present. */
  stale(): void {
    if (this.state.status === 'live') this.#change({ ...this.state, status: 'stale' });
  }

  /** Ends it; without an error where the client's own code wanted that. */
  end(error: TrunklineError | undefined): void {
    if (this.state.status === 'ended') return;
    this.#change({ status: 'ended', ...(error && { error: error as never }) });
  }

  #change(state: SubscriptionState): void {
    this.state = Object.freeze(state);
    this.#sink.changed(this.state);
  }
}

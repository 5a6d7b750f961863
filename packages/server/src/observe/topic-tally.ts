/** What has become of the messages of a topic, over all subscriptions on this node. */
export interface TopicCounts {
  /** `contract.topic`. */
  readonly topic: string;
  /** Offsets that subscriptions have gone past: `delivered`, `conflated` and `gap` together. */
  readonly offered: number;
  /** Messages that were sent to a subscriber, or wait in its outbox. */
  readonly delivered: number;
  /** Offsets that were left out as a newer message of their key was sent. */
  readonly conflated: number;
  /** Offsets that subscribers were told they will not get. */
  readonly gap: number;
  /** Offsets that subscribers who are slow have yet to get. */
  readonly queued: number;
}

/** A subscription that may be behind. */
export interface TalliedSubscription {
  /** How many offsets it has yet to get. */
  readonly queued: number;
}

/** Counts what becomes of the messages of one topic. */
export class TopicTally implements TopicCounts {
  offered = 0;
  delivered = 0;
  conflated = 0;
  gap = 0;
  readonly #subscriptions = new Set<TalliedSubscription>();

  constructor(
    readonly topic: string,
    /** Told of each message that goes out, with its bytes and the number of subscribers. */
    readonly message: ((bytes: number, subscribers: number) => void) | undefined,
  ) {}

  get queued(): number {
    let queued = 0;
    for (const subscription of this.#subscriptions) queued += subscription.queued;
    return queued;
  }

  add(subscription: TalliedSubscription): void {
    this.#subscriptions.add(subscription);
  }

  remove(subscription: TalliedSubscription): void {
    this.#subscriptions.delete(subscription);
  }

  /** A subscription that was at an offset was sent a message that names the one before it. */
  sent(offset: number, previous: number, at: number): void {
    this.offered += offset - at;
    this.delivered++;
    this.conflated += offset - previous - 1;
  }

  /** A subscription was told that it will not get so many. */
  lost(offsets: number): void {
    this.offered += offsets;
    this.gap += offsets;
  }
}

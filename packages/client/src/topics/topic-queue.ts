import type { Cursor } from '@trunkline/protocol';
import type { TopicItem } from './subscriber.js';
import type { Gap } from './topic-method.js';

/** What a queue may hold. */
export interface TopicQueueLimits {
  readonly subscriptionMessages: number;
  readonly subscriptionBytes: number;
}

/** What a loop over a topic gets next. */
export type TopicEntry =
  | { readonly item: TopicItem }
  | { readonly gap: Gap }
  | { readonly snapshot: unknown; readonly asOf: Cursor };

/**
 * What waits for a loop over a topic. When it is too much, the oldest entries go, and a gap in
 * their place says exactly which.
 */
export class TopicQueue {
  readonly #limits: TopicQueueLimits;
  readonly #entries: TopicEntry[] = [];
  #bytes = 0;
  /** What was dropped, before all entries; more than one only across epochs. */
  #dropped: Gap[] = [];

  constructor(limits: TopicQueueLimits) {
    this.#limits = limits;
  }

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return this.#entries.length === 0 && this.#dropped.length === 0;
  }

  /** Whether no more should be added; nothing is dropped by that. */
  get isFull(): boolean {
    const { subscriptionMessages, subscriptionBytes } = this.#limits;
    return this.#entries.length >= subscriptionMessages || this.#bytes >= subscriptionBytes;
  }

  /** Adds an entry, however much there is. */
  push(entry: TopicEntry): void {
    this.#entries.push(entry);
    this.#bytes += bytesOf(entry);
  }

  /** Drops the oldest until the rest is within the limits. */
  trim(): void {
    const { subscriptionMessages, subscriptionBytes } = this.#limits;
    while (this.#entries.length > subscriptionMessages || this.#bytes > subscriptionBytes) {
      this.#drop(this.#take() as TopicEntry);
    }
  }

  shift(): TopicEntry | undefined {
    const gap = this.#dropped.shift();
    return gap === undefined ? this.#take() : { gap };
  }

  clear(): void {
    this.#entries.length = 0;
    this.#dropped = [];
    this.#bytes = 0;
  }

  #take(): TopicEntry | undefined {
    const entry = this.#entries.shift();
    if (entry !== undefined) this.#bytes -= bytesOf(entry);
    return entry;
  }

  #drop(entry: TopicEntry): void {
    const gap = 'gap' in entry ? entry.gap : gapOf('item' in entry ? entry.item : entry.asOf);
    const before = this.#dropped.at(-1);
    if (before?.epoch === gap.epoch) {
      this.#dropped[this.#dropped.length - 1] = { ...before, to: gap.to, reason: 'slow' };
      return;
    }
    // Of what lies between two epochs nobody can say more than that it is missing.
    const [first] = this.#dropped;
    if (first !== undefined) this.#dropped = [{ ...first, to: undefined }];
    this.#dropped.push(gap);
  }
}

function gapOf({ epoch, offset }: Cursor): Gap {
  return { epoch, from: offset, to: offset, reason: 'slow' };
}

function bytesOf(entry: TopicEntry): number {
  return 'item' in entry ? entry.item.bytes : 0;
}

import {
  resolveLimits,
  systemRuntime,
  TrunklineError,
  type Broker,
  type BrokerListener,
  type BrokerRecord,
  type BrokerSubscription,
  type BrokerTopic,
  type Cursor,
  type HistoryPage,
  type HistoryQuery,
  type PublishReceipt,
  type Runtime,
  type Timer,
} from '@trunkline/protocol';
import { MEMORY_BROKER_LIMITS, type MemoryBrokerLimits } from '../limits/memory-broker-limits.js';
import { KeptTopics } from './kept-topics.js';
import { MemoryTopic } from './memory-topic.js';
import { PublishIds } from './publish-ids.js';

/** Options of the memory broker. */
export interface MemoryBrokerOptions {
  readonly runtime?: Runtime;
  readonly limits?: Partial<MemoryBrokerLimits>;
  /** Told of what a listener threw, which is a bug of the listener. Must not throw. */
  readonly onError?: (error: unknown) => void;
}

/**
 * Carries topics within one process. A topic counts alone, 1, 2, 3 …, and a record is delivered
 * before `publish` returns. What nobody uses shrinks to epoch and offset, and the topics that are
 * idle longest are forgotten: they begin again with another epoch. Where all that is kept is too
 * much, the topics used longest ago lose their records first.
 */
export class MemoryBroker implements Broker {
  readonly losesNothing = true;
  readonly #runtime: Runtime;
  readonly #limits: MemoryBrokerLimits;
  readonly #reportError: (error: unknown) => void;
  /** Topics with subscribers or kept records. */
  readonly #topics = new Map<string, MemoryTopic>();
  readonly #kept: KeptTopics;
  /** Places of all others, the one idle longest first. */
  readonly #idle = new Map<string, Cursor>();
  readonly #publishIds: PublishIds;
  #sweep: Timer | undefined;
  #isClosed = false;

  constructor({ runtime, limits, onError }: MemoryBrokerOptions = {}) {
    this.#runtime = runtime ?? systemRuntime;
    this.#limits = resolveLimits(MEMORY_BROKER_LIMITS, limits);
    this.#reportError = onError ?? (() => undefined);
    this.#publishIds = new PublishIds(this.#limits);
    this.#kept = new KeptTopics(this.#limits);
  }

  async publish({ key, keep }: BrokerTopic, record: BrokerRecord): Promise<PublishReceipt> {
    this.#expectOpen();
    const { publishId } = record;
    const isTimed = keep !== undefined || publishId !== undefined;
    const now = isTimed ? this.#runtime.now() : 0;
    const use = publishId && { id: publishId, key, now };
    const stored = use && this.#publishIds.find(use);
    if (stored !== undefined) return receipt(stored, true);
    const topic = this.#open(key);
    // Remembered before it is delivered: a listener may close the broker, or repeat the publish.
    if (use) this.#publishIds.store(use, nextPlace(topic.place));
    const isSettled = !isTimed && !topic.hasRecords && !topic.isIdle;
    const place = topic.add(record, keep, now);
    // A topic that keeps nothing stays what it was, unless its last listener left meanwhile.
    if (!isSettled || topic.isIdle) this.#settle(key, topic);
    return receipt(place, false);
  }

  async subscribe({ key }: BrokerTopic, listener: BrokerListener): Promise<BrokerSubscription> {
    this.#expectOpen();
    const topic = this.#open(key);
    const subscriber = topic.subscribe(listener);
    const close = (): void => {
      topic.unsubscribe(subscriber);
      this.#settle(key, topic);
    };
    return { start: subscriber.start, close };
  }

  async history({ key }: BrokerTopic, query: HistoryQuery): Promise<HistoryPage> {
    this.#expectOpen();
    const topic = this.#open(key);
    const page = topic.page(query, this.#runtime.now());
    this.#settle(key, topic);
    return page;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const topic of this.#topics.values()) topic.close();
    this.#topics.clear();
    this.#kept.clear();
    this.#idle.clear();
    this.#publishIds.clear();
    this.#scheduleSweep();
  }

  #expectOpen(): void {
    if (!this.#isClosed) return;
    throw new TrunklineError('UNAVAILABLE', 'the broker is closed', { executed: 'no' });
  }

  /** Gives a topic that is in use until it is settled. */
  #open(key: string): MemoryTopic {
    const live = this.#topics.get(key);
    if (live !== undefined) {
      if (live.hasRecords) this.#kept.touch(key);
      return live;
    }
    const place = this.#idle.get(key) ?? { epoch: this.#newEpoch(), offset: 0 };
    const topic = new MemoryTopic(place, this.#reportError);
    this.#idle.delete(key);
    this.#topics.set(key, topic);
    return topic;
  }

  /** Sorts a topic by what is left of it. One that was replaced or closed meanwhile is let be. */
  #settle(key: string, topic: MemoryTopic): void {
    if (this.#topics.get(key) !== topic) return;
    this.#kept.count(key, topic);
    this.#rest(key, topic);
    for (const [excess, excessTopic] of this.#kept.takeExcess()) this.#rest(excess, excessTopic);
    this.#scheduleSweep();
  }

  /** Keeps no more than the place of a topic that nobody uses. */
  #rest(key: string, topic: MemoryTopic): void {
    if (!topic.isIdle) return;
    this.#topics.delete(key);
    this.#idle.set(key, topic.place);
    this.#forgetIdle();
  }

  #forgetIdle(): void {
    for (const key of this.#idle.keys()) {
      if (this.#idle.size <= this.#limits.idleTopics) return;
      this.#idle.delete(key);
    }
  }

  #scheduleSweep(): void {
    if (this.#kept.size === 0 && this.#publishIds.size === 0) {
      this.#sweep?.cancel();
      this.#sweep = undefined;
    } else {
      this.#sweep ??= this.#runtime.startTimer(this.#limits.sweepMs, () => this.#runSweep());
    }
  }

  #runSweep(): void {
    this.#sweep = undefined;
    const now = this.#runtime.now();
    this.#publishIds.forget(now);
    for (const [key, topic] of this.#kept.list()) {
      topic.trim(now);
      this.#settle(key, topic);
    }
    this.#scheduleSweep();
  }

  #newEpoch(): string {
    const bytes = this.#runtime.randomBytes(8);
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  }
}

function receipt({ epoch, offset }: Cursor, duplicate: boolean): PublishReceipt {
  return { epoch, offset, stored: 'node', duplicate };
}

function nextPlace({ epoch, offset }: Cursor): Cursor {
  return { epoch, offset: offset + 1 };
}

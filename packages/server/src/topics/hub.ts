import type { Broker, BrokerTopic, Runtime } from '@trunkline/protocol';
import { HubTopic } from './hub-topic.js';
import type { RecentLimits } from './recent-records.js';
import type { RecordForm } from './record-form.js';
import { EVERY_RECORD, type TopicPolicy } from './topic-policy.js';

interface Entry {
  readonly topic: HubTopic;
  readonly ready: Promise<void>;
  users: number;
}

/** What a hub is made from; the limits are those of `HubTopicOptions`. */
export interface HubOptions {
  readonly broker: Broker;
  readonly runtime: Runtime;
  readonly recent: RecentLimits;
  readonly batchCloseBytes: number;
}

/** A topic as its subscribers want it. */
export interface HubTopicWish {
  readonly topic: BrokerTopic;
  readonly form: RecordForm;
  readonly policy?: TopicPolicy;
}

/** The topics that somebody on this node is subscribed to. */
export class Hub {
  readonly #options: HubOptions;
  readonly #topics = new Map<string, Entry>();
  #numbers = 0;

  constructor(options: HubOptions) {
    this.#options = options;
  }

  /** How many topics are live here. */
  get size(): number {
    return this.#topics.size;
  }

  /**
   * Gives a topic in one form, subscribed at the broker; `release` it once when it is no longer used.
   * Rejects with the broker's error, and then needs no release.
   */
  async open(wish: HubTopicWish): Promise<HubTopic> {
    const name = nameOf(wish.topic.key, wish.form);
    const entry = this.#topics.get(name) ?? this.#start(name, wish);
    entry.users++;
    try {
      await entry.ready;
    } catch (error) {
      this.#leave(entry);
      throw error;
    }
    return entry.topic;
  }

  /** Gives a topic back; the last one who does ends it on this node. */
  release(topic: HubTopic): void {
    const entry = this.#topics.get(nameOf(topic.key, topic.form));
    if (entry?.topic === topic) this.#leave(entry);
  }

  close(): void {
    for (const { topic } of this.#topics.values()) topic.close();
    this.#topics.clear();
  }

  #leave(entry: Entry): void {
    entry.users--;
    if (entry.users > 0) return;
    const name = nameOf(entry.topic.key, entry.topic.form);
    if (this.#topics.get(name) === entry) this.#topics.delete(name);
    entry.topic.close();
  }

  #start(name: string, { topic: brokerTopic, form, policy = EVERY_RECORD }: HubTopicWish): Entry {
    const topic = new HubTopic({
      ...this.#options,
      topic: brokerTopic,
      form,
      policy,
      nextNumber: () => this.#numbers++,
    });
    const entry = { topic, ready: topic.start(), users: 0 };
    this.#topics.set(name, entry);
    return entry;
  }
}

/** Subscribers of two forms share nothing but the broker. */
function nameOf(key: string, form: RecordForm): string {
  return `${form.name} ${key}`;
}

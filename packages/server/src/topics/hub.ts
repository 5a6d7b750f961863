import type { Broker, BrokerTopic, Runtime, Timer } from '@trunkline/protocol';
import type { TopicTally } from '../observe/topic-tally.js';
import type { GuardedTracer } from '../tracing/guarded-tracer.js';
import { HubTopic } from './hub-topic.js';
import { ReadSlots } from './read-slots.js';
import type { RecentLimits } from './recent-records.js';
import type { RecordForm } from './record-form.js';
import { EVERY_RECORD, type TopicPolicy } from './topic-policy.js';

interface Entry {
  readonly topic: HubTopic;
  users: number;
}

/** What a hub is made from; the limits are those of `HubTopicOptions`. */
export interface HubOptions {
  readonly broker: Broker;
  readonly runtime: Runtime;
  readonly recent: RecentLimits;
  readonly batchCloseBytes: number;
  /** How often it looks for what a broker lost in silence. */
  readonly lookMs: number;
  readonly tracer?: GuardedTracer | undefined;
}

/** Looks of one node that run at once. */
const LOOKS = 8;

/** A topic as its subscribers want it. */
export interface HubTopicWish {
  readonly topic: BrokerTopic;
  readonly form: RecordForm;
  readonly policy?: TopicPolicy;
  /** Counts what becomes of its messages, where somebody observes. */
  readonly tally?: TopicTally | undefined;
}

/** The topics that somebody on this node is subscribed to. */
export class Hub {
  readonly #options: HubOptions;
  readonly #topics = new Map<string, Entry>();
  readonly #looks = new ReadSlots(LOOKS);
  #numbers = 0;
  #timer: Timer | undefined;
  #isLooking = false;

  constructor(options: HubOptions) {
    this.#options = options;
  }

  /** How many topics are live here. */
  get size(): number {
    return this.#topics.size;
  }

  /** Gives a topic in one form; `release` it once when it is no longer used. */
  open(wish: HubTopicWish): HubTopic {
    const name = nameOf(wish.topic.key, wish.form);
    const entry = this.#topics.get(name) ?? this.#create(name, wish);
    entry.users++;
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
    this.#looks.close();
    this.#watch();
  }

  /** Runs the timer while there is anything to look at. */
  #watch(): void {
    const { broker, runtime, lookMs } = this.#options;
    if (broker.losesNothing === true || this.#topics.size === 0) {
      this.#timer?.cancel();
      this.#timer = undefined;
      return;
    }
    this.#timer ??= runtime.startTimer(lookMs, () => {
      this.#timer = undefined;
      this.#watch();
      void this.#look();
    });
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const topics = [...this.#topics.values()].map(({ topic }) => topic);
    // A broker that cannot be asked says by itself that it is stale.
    const look = (topic: HubTopic) => this.#looks.run(() => topic.look()).catch(() => undefined);
    await Promise.all(topics.map(look));
    this.#isLooking = false;
  }

  #leave(entry: Entry): void {
    entry.users--;
    if (entry.users > 0) return;
    const name = nameOf(entry.topic.key, entry.topic.form);
    if (this.#topics.get(name) === entry) this.#topics.delete(name);
    entry.topic.close();
    this.#watch();
  }

  #create(name: string, wish: HubTopicWish): Entry {
    const topic = new HubTopic({
      ...this.#options,
      ...wish,
      policy: wish.policy ?? EVERY_RECORD,
      nextNumber: () => this.#numbers++,
    });
    const entry = { topic, users: 0 };
    this.#topics.set(name, entry);
    this.#watch();
    return entry;
  }
}

/** Subscribers of two forms share nothing but the broker. */
function nameOf(key: string, form: RecordForm): string {
  return `${form.name} ${key}`;
}

import type { MemoryBrokerLimits } from '../limits/memory-broker-limits.js';
import type { MemoryTopic } from './memory-topic.js';

interface Kept {
  readonly topic: MemoryTopic;
  readonly bytes: number;
}

/** The topics of a broker that have records, and how much all of them keep together. */
export class KeptTopics {
  readonly #limits: MemoryBrokerLimits;
  /** The one used longest ago comes first. */
  readonly #topics = new Map<string, Kept>();
  #bytes = 0;

  constructor(limits: MemoryBrokerLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#topics.size;
  }

  /** Gives all topics, as a list of its own: they may be counted meanwhile. */
  list(): [string, MemoryTopic][] {
    return [...this.#topics].map(([key, { topic }]) => [key, topic]);
  }

  /** Notes that a topic is used. */
  touch(key: string): void {
    const kept = this.#topics.get(key);
    if (kept === undefined) return;
    this.#topics.delete(key);
    this.#topics.set(key, kept);
  }

  /** Notes what a topic keeps now. */
  count(key: string, topic: MemoryTopic): void {
    this.#bytes -= this.#topics.get(key)?.bytes ?? 0;
    if (!topic.hasRecords) return void this.#topics.delete(key);
    const bytes = topic.keptBytes;
    this.#bytes += bytes;
    this.#topics.set(key, { topic, bytes });
  }

  /** Empties topics until the rest fits, and gives them. */
  takeExcess(): [string, MemoryTopic][] {
    const { keptTopics, keptBytes } = this.#limits;
    const taken: [string, MemoryTopic][] = [];
    for (const [key, { topic }] of this.#topics) {
      if (this.#topics.size <= keptTopics && this.#bytes <= keptBytes) break;
      topic.clear();
      this.count(key, topic);
      taken.push([key, topic]);
    }
    return taken;
  }

  clear(): void {
    this.#topics.clear();
    this.#bytes = 0;
  }
}

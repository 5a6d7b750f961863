import { TrunklineError, type Cursor, type PublishId } from '@trunkline/protocol';
import type { MemoryBrokerLimits } from '../limits/memory-broker-limits.js';

interface Entry {
  readonly publisher: string;
  readonly counter: number;
  readonly place: Cursor;
  readonly usedAt: number;
}

/** A publish id on one topic, at one moment. */
export interface PublishIdUse {
  readonly id: PublishId;
  readonly key: string;
  readonly now: number;
}

/**
 * The highest counter of each publisher on each topic, with its place. A lower counter counts as
 * stored too, since a publisher repeats what is uncertain before it goes on.
 */
export class PublishIds {
  readonly #limits: MemoryBrokerLimits;
  /** The one used longest ago comes first. */
  readonly #entries = new Map<string, Entry>();
  readonly #topicsOf = new Map<string, number>();

  constructor(limits: MemoryBrokerLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  /**
   * Gives the place of a publish that is a repetition; for a counter below the highest, the place of
   * the highest. Throws `BUSY` if it is none and could not be remembered.
   */
  find({ id, key, now }: PublishIdUse): Cursor | undefined {
    this.forget(now);
    const name = nameOf(id, key);
    const entry = this.#entries.get(name);
    if (entry === undefined) return this.#expectRoom(id.publisher);
    if (id.counter > entry.counter) return undefined;
    this.#entries.delete(name);
    this.#entries.set(name, { ...entry, usedAt: now });
    return entry.place;
  }

  /** Remembers where a publish was stored. */
  store({ id, key, now }: PublishIdUse, place: Cursor): void {
    const { publisher, counter } = id;
    const name = nameOf(id, key);
    const isNew = !this.#entries.delete(name);
    if (isNew) this.#topicsOf.set(publisher, (this.#topicsOf.get(publisher) ?? 0) + 1);
    this.#entries.set(name, { publisher, counter, place, usedAt: now });
  }

  /** Forgets what was not used for long. */
  forget(now: number): void {
    for (const [name, { publisher, usedAt }] of this.#entries) {
      if (now - usedAt < this.#limits.publisherMs) return;
      this.#entries.delete(name);
      const topics = (this.#topicsOf.get(publisher) ?? 0) - 1;
      if (topics > 0) this.#topicsOf.set(publisher, topics);
      else this.#topicsOf.delete(publisher);
    }
  }

  clear(): void {
    this.#entries.clear();
    this.#topicsOf.clear();
  }

  #expectRoom(publisher: string): undefined {
    const { publishers, publisherTopics, publishIds } = this.#limits;
    if (this.#entries.size >= publishIds) {
      const text = `${publishIds} publish ids are remembered already`;
      throw new TrunklineError('BUSY', text, { executed: 'no' });
    }
    const topics = this.#topicsOf.get(publisher);
    if (topics === undefined ? this.#topicsOf.size < publishers : topics < publisherTopics) return;
    const text =
      topics === undefined
        ? `${publishers} publishers are remembered already`
        : `${publisherTopics} topics of this publisher are remembered already`;
    throw new TrunklineError('BUSY', text, { executed: 'no' });
  }
}

/** The length keeps publisher and key apart, whatever they hold. */
function nameOf({ publisher }: PublishId, key: string): string {
  return `${publisher.length}:${publisher}${key}`;
}

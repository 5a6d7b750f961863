import type { Cursor } from '@trunkline/client';
import { MemoryBroker, type Broker } from '@trunkline/server';
import { KEPT } from './contracts.js';
import type { World } from './world.js';

type BrokerTopic = Parameters<Broker['publish']>[0];
type BrokerRecord = Parameters<Broker['publish']>[1];
type Listener = Parameters<Broker['subscribe']>[1];
type Query = Parameters<Broker['history']>[1];

/** A place in a topic. */
export interface StoredPlace extends Cursor {
  readonly key: string;
}

const LATIN = new TextDecoder('latin1');

/** The memory broker, slow if the world wants it, with a memory of all that it ever stored. */
export class RecordingBroker implements Broker {
  /** Where the messages with an id are: one place each, if all is well. */
  readonly places = new Map<string, StoredPlace[]>();
  /** Ids by topic, epoch and offset. */
  readonly #ids = new Map<string, string>();
  /** Newest places by topic. */
  readonly #tops = new Map<string, Cursor>();
  /** Newest offsets by topic and by what messages are about. */
  readonly #newest = new Map<string, number>();
  /** When the records of topics that keep enough were stored, by topic, epoch and offset. */
  readonly #storedAt = new Map<string, number>();
  readonly #world: World;
  readonly #isForgetful: boolean;
  readonly #broker: MemoryBroker;

  constructor(
    world: World,
    limits: { readonly idleTopics?: number; readonly keptTopics?: number },
  ) {
    this.#world = world;
    this.#isForgetful = limits.keptTopics !== undefined;
    this.#broker = new MemoryBroker({
      runtime: world.runtime,
      limits,
      onError: (error) => world.trace.fail(`the broker's listener threw ${String(error)}`),
    });
  }

  /** The id of the message at a place. */
  idAt(key: string, { epoch, offset }: Cursor): string | undefined {
    return this.#ids.get(`${key} ${epoch} ${offset}`);
  }

  /** The newest place of a topic; `undefined` when nothing was ever published on it. */
  topOf(key: string): Cursor | undefined {
    return this.#tops.get(key);
  }

  /** The newest offset of what is about the same in a topic. */
  newestOf(key: string, epoch: string, slot: number | undefined): number | undefined {
    return this.#newest.get(`${key} ${epoch} ${slot}`);
  }

  /** Whether a message is kept for certain: not too old, and not too many came after it. */
  isKept(key: string, { epoch, offset }: Cursor): boolean {
    const top = this.#tops.get(key);
    const storedAt = this.#storedAt.get(`${key} ${epoch} ${offset}`);
    if (this.#isForgetful || storedAt === undefined || top?.epoch !== epoch) return false;
    const isYoung = this.#world.now() - storedAt < KEPT.ageMs;
    return isYoung && top.offset - offset < KEPT.count;
  }

  async publish(topic: BrokerTopic, record: BrokerRecord) {
    // Ids are ASCII in both encodings.
    const id = /~p[0-9]+~/.exec(LATIN.decode(record.bytes))?.[0] ?? 'none';
    const receipt = await this.#broker.publish(topic, record);
    if (!receipt.duplicate) this.#stored(topic.key, id, receipt);
    await this.#pause();
    return receipt;
  }

  async subscribe(topic: BrokerTopic, listener: Listener) {
    await this.#pause();
    const subscription = await this.#broker.subscribe(topic, listener);
    return subscription;
  }

  async history(topic: BrokerTopic, query: Query) {
    await this.#pause();
    const page = await this.#broker.history(topic, query);
    await this.#pause();
    return page;
  }

  close(): Promise<void> {
    return this.#broker.close();
  }

  #stored(key: string, id: string, { epoch, offset }: Cursor): void {
    this.#world.trace.note(`stored ${id} on ${key} at ${epoch}:${offset}`);
    const places = this.places.get(id) ?? [];
    places.push({ key, epoch, offset });
    this.places.set(id, places);
    const place = `${key} ${epoch} ${offset}`;
    this.#ids.set(place, id);
    if (key.startsWith('sim.kept')) this.#storedAt.set(place, this.#world.now());
    this.#tops.set(key, { epoch, offset });
    this.#newest.set(`${key} ${epoch} ${this.#world.slots.get(id)}`, offset);
  }

  async #pause(): Promise<void> {
    const { brokerMs, chance } = this.#world;
    if (brokerMs > 0) await this.#world.sleep(chance.int(0, brokerMs));
  }
}

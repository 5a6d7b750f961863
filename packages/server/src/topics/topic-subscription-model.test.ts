import { ENCODING, type BrokerTopic, type PlacedRecord } from '@trunkline/protocol';
import { VirtualRuntime } from '@trunkline/protocol/testing';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { FaultyBroker } from '../../tests/faulty-broker.js';
import { AS_IS, Follower, type Told } from '../../tests/follower.js';
import { findUnaccounted, notePublished, type Published } from '../../tests/unaccounted.js';
import { Hub } from './hub.js';
import { EVERY_RECORD, type TopicPolicy } from './topic-policy.js';
import { TopicSubscription } from './topic-subscription.js';

const STEPS = [
  'publish',
  'slow',
  'release',
  'stall',
  'open',
  'rejoin',
  'lose',
  'check',
  'cut off',
  'recover',
  'begin anew',
  'wait',
] as const;

const keyOf = ({ bytes }: PlacedRecord): string => String(bytes[0]);

const POLICIES: Readonly<Record<string, TopicPolicy>> = {
  gap: EVERY_RECORD,
  close: { ...EVERY_RECORD, slow: 'close' },
  conflate: { slow: 'conflate', keyOf, latest: undefined },
  'latest at a rate': { slow: 'conflate', keyOf, latest: { intervalMs: 100 } },
  'latest each turn': { slow: 'gap', keyOf, latest: { intervalMs: undefined } },
  'latest or closed': { slow: 'close', keyOf, latest: { intervalMs: 100 } },
};

/** One client at one node, and a broker that has every fault. */
class Model {
  readonly runtime = new VirtualRuntime();
  readonly broker = new FaultyBroker(this.runtime);
  readonly hub = new Hub({
    broker: this.broker,
    runtime: this.runtime,
    recent: { records: 3, bytes: 1e6 },
    batchCloseBytes: 65_536,
    lookMs: 4_000,
  });
  readonly #topic: BrokerTopic;
  readonly #policy: TopicPolicy;
  /** What was published: offsets with their keys, by epoch. */
  readonly #keys: Published = new Map();
  /** What clients before the present one were told. */
  readonly #told: Told[] = [];
  follower: Follower;
  hasEnded = false;
  #subscription: TopicSubscription | undefined;

  constructor(keeps: boolean, policy: TopicPolicy) {
    this.#policy = policy;
    this.follower = new Follower(undefined, keeps);
    this.#topic = { key: 't', keep: keeps ? { count: 20, ageMs: 1e9, bytes: 1e9 } : undefined };
  }

  async take(step: (typeof STEPS)[number]): Promise<void> {
    switch (step) {
      case 'publish':
        await this.publish(Math.floor(this.runtime.random() * 5));
        break;
      case 'wait':
        await this.runtime.advance(60);
        break;
      case 'slow':
        this.broker.isSlow = true;
        break;
      case 'release':
        this.broker.release();
        break;
      case 'stall':
        this.follower.hasSpace = false;
        break;
      case 'open':
        this.follower.open();
        break;
      case 'rejoin':
        await this.rejoin();
        break;
      case 'lose':
        this.broker.interrupt();
        break;
      case 'check':
        this.broker.interrupt('checking');
        break;
      case 'cut off':
        this.broker.interrupt('unreachable');
        break;
      case 'recover':
        this.broker.recover();
        break;
      case 'begin anew':
        await this.broker.beginAnew();
    }
    await this.runtime.settle();
    if (this.follower.isCut && !this.hasEnded) this.#end();
  }

  async publish(key = 0) {
    const bytes = Uint8Array.of(key);
    const record = { encoding: ENCODING.SUPERJSON, layoutHash: '0'.repeat(16), bytes };
    const receipt = await this.broker.publish(this.#topic, { ...record, publishId: undefined });
    notePublished(this.#keys, receipt, `${key}`);
    return receipt;
  }

  /** Offsets of which the client was told nothing, twice, or the wrong thing. */
  get unaccounted(): string[] {
    const { told, place } = this.follower;
    return findUnaccounted(this.#keys, { told: [...this.#told, ...told], place });
  }

  async rejoin(): Promise<void> {
    this.leave();
    this.hasEnded = false;
    this.#told.push(...this.follower.told);
    this.follower = new Follower(this.follower.place, this.#topic.keep !== undefined);
    try {
      const wish = { topic: this.#topic, form: AS_IS, policy: this.#policy };
      const topic = this.hub.open(wish);
      this.#subscription = new TopicSubscription({
        sub: 0,
        topic,
        limits: { pageRecords: 4, pageBytes: 1e6 },
        link: this.follower,
        failed: () => this.#end(),
      });
      void this.#subscription.join({ cursor: this.follower.place, last: undefined });
    } catch {
      this.hasEnded = true;
    }
  }

  #end(): void {
    this.hasEnded = true;
    this.leave();
  }

  leave(): void {
    const subscription = this.#subscription;
    this.#subscription = undefined;
    if (subscription === undefined) return;
    subscription.close();
    this.hub.release(subscription.topic);
  }

  /** Whether the topic holds live records though nobody is behind. */
  get holdsRecords(): boolean {
    const topic = this.#subscription?.topic;
    return topic?.recentAfter(topic.place.offset - 1) !== undefined;
  }

  /** Takes all faults away and lets everything that waits go on. */
  async calm(): Promise<void> {
    this.broker.isSlow = false;
    this.broker.recover();
    for (let round = 0; round < 40; round++) {
      if (this.hasEnded) await this.rejoin();
      this.broker.release();
      this.follower.open();
      await this.runtime.settle();
    }
  }
}

const step = fc.oneof(
  { weight: 3, arbitrary: fc.constant('publish' as const) },
  { weight: 10, arbitrary: fc.constantFrom(...STEPS) },
);

it.each(Object.keys(POLICIES))(
  'a subscription accounts for every message: %s',
  async (name) => {
    const policy = POLICIES[name] as TopicPolicy;
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.array(step, { maxLength: 60, size: 'max' }),
        async (keeps, steps) => {
          const model = new Model(keeps, policy);
          await model.rejoin();
          for (const step of steps) await model.take(step);
          await model.calm();
          const { epoch, offset } = await model.publish();
          await model.runtime.advance(200);
          expect(model.follower).toMatchObject({ isStale: false, place: { epoch, offset } });
          expect(model.unaccounted).toEqual([]);
          expect(model.holdsRecords).toBe(false);
          model.leave();
          expect(model.hub.size).toBe(0);
          await model.broker.close();
          expect(model.runtime.timers).toBe(0);
        },
      ),
      { numRuns: 150 },
    );
  },
  60_000,
);

import { ENCODING, type BrokerTopic } from '@trunkline/protocol';
import { VirtualRuntime } from '@trunkline/protocol/testing';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { FaultyBroker } from '../../tests/faulty-broker.js';
import { AS_IS, Follower } from '../../tests/follower.js';
import { Hub } from './hub.js';
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
] as const;

/** One client at one node, and a broker that has every fault. */
class Model {
  readonly runtime = new VirtualRuntime();
  readonly broker = new FaultyBroker(this.runtime);
  readonly hub = new Hub({
    broker: this.broker,
    joinRecords: 5,
    joinBytes: 1e6,
    batchCloseBytes: 65_536,
  });
  readonly #topic: BrokerTopic;
  follower: Follower;
  hasEnded = false;
  #subscription: TopicSubscription | undefined;

  constructor(keeps: boolean) {
    this.follower = new Follower(undefined, keeps);
    this.#topic = { key: 't', keep: keeps ? { count: 20, ageMs: 1e9, bytes: 1e9 } : undefined };
  }

  async take(step: (typeof STEPS)[number]): Promise<void> {
    switch (step) {
      case 'publish':
        await this.publish();
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
  }

  publish() {
    const bytes = new Uint8Array(3);
    const record = { encoding: ENCODING.SUPERJSON, layoutHash: '0'.repeat(16), bytes };
    return this.broker.publish(this.#topic, { ...record, publishId: undefined });
  }

  async rejoin(): Promise<void> {
    this.leave();
    this.hasEnded = false;
    this.follower = new Follower(this.follower.place, this.#topic.keep !== undefined);
    try {
      const topic = await this.hub.open(this.#topic, AS_IS);
      this.#subscription = new TopicSubscription({
        sub: 0,
        topic,
        limits: { pageRecords: 4, pageBytes: 1e6 },
        link: this.follower,
        failed: () => {
          this.hasEnded = true;
          this.leave();
        },
      });
      void this.#subscription.join({ cursor: this.follower.place, last: undefined });
    } catch {
      this.hasEnded = true;
    }
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
    if (this.hasEnded) await this.rejoin();
    for (let round = 0; round < 40; round++) {
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

it('a subscription tells its client of every message or of a gap, whatever happens', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.boolean(),
      fc.array(step, { maxLength: 60, size: 'max' }),
      async (keeps, steps) => {
        const model = new Model(keeps);
        await model.rejoin();
        for (const step of steps) await model.take(step);
        await model.calm();
        const { epoch, offset } = await model.publish();
        expect(model.follower).toMatchObject({ isStale: false, place: { epoch, offset } });
        expect(model.holdsRecords).toBe(false);
        model.leave();
        expect(model.hub.size).toBe(0);
        await model.broker.close();
        expect(model.runtime.timers).toBe(0);
      },
    ),
    { numRuns: 300 },
  );
}, 60_000);

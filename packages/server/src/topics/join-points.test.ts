import {
  ENCODING,
  type Broker,
  type BrokerListener,
  type BrokerRecord,
  type BrokerTopic,
  type HistoryQuery,
  type PlacedRecord,
} from '@trunkline/protocol';
import { VirtualRuntime } from '@trunkline/protocol/testing';
import { describe, expect, it } from 'vitest';
import { FaultyBroker } from '../../tests/faulty-broker.js';
import { AS_IS, Follower } from '../../tests/follower.js';
import { findUnaccounted, notePublished, type Published } from '../../tests/unaccounted.js';
import { Hub } from './hub.js';
import { EVERY_RECORD, type TopicPolicy } from './topic-policy.js';
import { TopicSubscription } from './topic-subscription.js';

/** A broker whose every answer waits twice: before it looks, and before it is given. */
class SteppedBroker implements Broker {
  readonly losesNothing = true;
  readonly faulty: FaultyBroker;
  readonly #stops: (() => void)[] = [];

  constructor(runtime: VirtualRuntime) {
    this.faulty = new FaultyBroker(runtime);
  }

  /** Whether somebody waits for an answer. */
  get isWaitedFor(): boolean {
    return this.#stops.length > 0;
  }

  /** Lets the oldest wait end, or the newest. */
  step(order: Order): void {
    const stop = order === 'oldest first' ? this.#stops.shift() : this.#stops.pop();
    stop?.();
  }

  publish(topic: BrokerTopic, record: BrokerRecord) {
    return this.faulty.publish(topic, record);
  }

  subscribe(topic: BrokerTopic, listener: BrokerListener) {
    return this.#stopAround(() => this.faulty.subscribe(topic, listener));
  }

  history(topic: BrokerTopic, query: HistoryQuery) {
    return this.#stopAround(() => this.faulty.history(topic, query));
  }

  close(): Promise<void> {
    return this.faulty.close();
  }

  async #stopAround<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    await this.#stop();
    const answer = await ask();
    await this.#stop();
    return answer;
  }

  #stop(): Promise<void> {
    return new Promise((resolve) => this.#stops.push(resolve));
  }
}

type Order = 'oldest first' | 'newest first';

const KEEPS: Readonly<Record<string, BrokerTopic['keep']>> = {
  'that keeps much': { count: 100, ageMs: 1e9, bytes: 1e9 },
  'that keeps little': { count: 3, ageMs: 1e9, bytes: 1e9 },
  'that keeps nothing': undefined,
};

const keyOf = ({ bytes }: PlacedRecord): string => String(bytes[0]);
const POLICIES: Readonly<Record<string, TopicPolicy>> = {
  every: EVERY_RECORD,
  conflate: { slow: 'conflate', keyOf, latest: undefined },
  latest: { slow: 'conflate', keyOf, latest: { intervalMs: 100 } },
};

const WISHES = ['now', 'last', 'cursor', 'foreign cursor'] as const;
type Wish = (typeof WISHES)[number];

type Action = (scene: Scene) => Promise<unknown>;

const ACTIONS: Readonly<Record<string, Action>> = {
  'one is published': (scene) => scene.publish(1),
  // More than are held while somebody joins.
  'many are published': (scene) => scene.publish(6),
  'the topic begins anew': async (scene) => {
    await scene.broker.faulty.beginAnew();
    await scene.publish(1);
    scene.broker.faulty.recover();
  },
  'it is stale for a while': async (scene) => {
    scene.broker.faulty.interrupt('checking');
    await scene.publish(2);
    scene.broker.faulty.recover();
  },
  'some are lost and told of': async (scene) => {
    scene.broker.faulty.interrupt();
    await scene.publish(2);
    scene.broker.faulty.recover();
  },
  'some are lost in silence': async (scene) => {
    scene.broker.faulty.interrupt();
    await scene.publish(2);
    scene.broker.faulty.resumeSilently();
  },
  'there is no room': async (scene) => {
    scene.follower.hasSpace = false;
    await scene.publish(2);
  },
  'the client leaves': async (scene) => scene.leave(),
};

/** One join, stopped wherever it waits. */
class Scene {
  readonly runtime = new VirtualRuntime();
  readonly broker = new SteppedBroker(this.runtime);
  readonly published: Published = new Map();
  readonly hub: Hub;
  follower = new Follower();
  hasLeft = false;
  readonly #topic: BrokerTopic;
  readonly #policy: TopicPolicy;
  readonly #order: Order;
  #subscription: TopicSubscription | undefined;
  #count = 0;

  constructor(keep: BrokerTopic['keep'], policy: TopicPolicy, order: Order) {
    this.#topic = { key: 't', keep };
    this.#policy = policy;
    this.#order = order;
    this.hub = new Hub({
      broker: this.broker,
      runtime: this.runtime,
      recent: { records: 4, bytes: 1e6 },
      batchCloseBytes: 65_536,
      lookMs: 4_000,
    });
  }

  async publish(count: number): Promise<void> {
    for (let n = 0; n < count; n++) {
      const bytes = Uint8Array.of(this.#count++ % 3);
      const record = { encoding: ENCODING.BYTES, layoutHash: '0'.repeat(16), bytes };
      const receipt = await this.broker.publish(this.#topic, { ...record, publishId: undefined });
      notePublished(this.published, receipt, String(bytes[0]));
    }
  }

  /** Begins to join where offset 4 of 8 is the newest that the client has. */
  async begin(wish: Wish): Promise<void> {
    await this.publish(8);
    const [epoch = ''] = [...this.published.keys()];
    const cursor =
      wish === 'cursor'
        ? { epoch, offset: 4 }
        : wish === 'foreign cursor'
          ? { epoch: 'f'.repeat(16), offset: 2 }
          : undefined;
    this.follower = new Follower(cursor, this.#topic.keep !== undefined);
    void this.#join(cursor, wish === 'last' ? 2 : undefined);
  }

  /** Runs the join to its end; `at` is called before each step with its number. */
  async run(at: (step: number) => Promise<unknown> | undefined): Promise<number> {
    let steps = 0;
    for (;;) {
      await this.runtime.settle();
      if (!this.broker.isWaitedFor) {
        if (this.follower.hasSpace) return steps;
        this.follower.open();
        continue;
      }
      await at(steps++);
      this.broker.step(this.#order);
    }
  }

  leave(): void {
    this.hasLeft = true;
    this.#subscription?.close();
    if (this.#subscription !== undefined) this.hub.release(this.#subscription.topic);
    this.#subscription = undefined;
  }

  async #join(cursor: Follower['place'], last: number | undefined): Promise<void> {
    const topic = this.hub.open({ topic: this.#topic, form: AS_IS, policy: this.#policy });
    if (this.hasLeft) return this.hub.release(topic);
    this.#subscription = new TopicSubscription({
      sub: 0,
      topic,
      limits: { pageRecords: 2, pageBytes: 1e6 },
      link: this.follower,
      failed: (error) => {
        throw error;
      },
    });
    await this.#subscription.join({ cursor, last });
  }
}

/** Plays a join to its end; gives the number of its steps, and all that is wrong with it. */
async function play(scene: Scene, wish: Wish, at: (step: number) => Promise<unknown> | undefined) {
  await scene.begin(wish);
  const steps = await scene.run(at);
  const { length } = scene.follower.seen;
  await scene.publish(1);
  await scene.run(() => undefined);
  await scene.runtime.advance(200);
  await scene.run(() => undefined);
  const faults = scene.hasLeft ? [] : faultsOf(scene);
  if (scene.hasLeft && scene.follower.seen.length > length) faults.push('told after it left');
  scene.leave();
  await scene.broker.close();
  if (scene.hub.size > 0) faults.push('a topic is left');
  if (scene.runtime.timers > 0) faults.push('a timer is left');
  return { steps, faults };
}

function faultsOf({ follower, published }: Scene): string[] {
  const { told, place, isStale } = follower;
  const faults = findUnaccounted(published, { told, place });
  const [epoch, keys] = [...published].at(-1) ?? ['', new Map<number, string>()];
  const top = [...keys.keys()].at(-1);
  if (isStale) faults.push('still stale');
  if (place?.epoch !== epoch || place.offset !== top) faults.push(`ends at ${place?.offset}`);
  return faults;
}

const CASES = Object.keys(KEEPS).flatMap((keep) =>
  Object.keys(POLICIES).flatMap((policy) => WISHES.map((wish) => [keep, policy, wish] as const)),
);

describe.each(CASES)('a join to a topic %s, %s, from %s', (keep, policy, wish) => {
  const scene = (order: Order = 'oldest first') =>
    new Scene(KEEPS[keep], POLICIES[policy] as TopicPolicy, order);

  it.each(Object.keys(ACTIONS))('has no seam when %s at any point', async (name) => {
    const action = ACTIONS[name] as Action;
    const { steps, faults } = await play(scene(), wish, () => undefined);
    for (let point = 0; point < steps; point++) {
      for (const order of ['oldest first', 'newest first'] as const) {
        const one = scene(order);
        const at = (step: number) => (step === point ? action(one) : undefined);
        const found = (await play(one, wish, at)).faults;
        // What is kept is never missing.
        if (keep === 'that keeps much' && one.follower.missing > 0) found.push('a gap');
        faults.push(...found.map((fault) => `${fault}, at ${point}, ${order}`));
      }
    }
    expect(faults).toEqual([]);
  });

  it('has no seam when things happen at any two points', async () => {
    const names = Object.keys(ACTIONS);
    const { steps, faults } = await play(scene(), wish, () => undefined);
    for (let first = 0; first < steps; first++) {
      for (let second = first + 1; second <= steps; second++) {
        const pair = [names[(first * 3 + second) % names.length], names[(first + second * 5) % 7]];
        const one = scene();
        const played = await play(one, wish, (step) => {
          const name = step === first ? pair[0] : step === second ? pair[1] : undefined;
          return one.hasLeft ? undefined : ACTIONS[name ?? '']?.(one);
        });
        faults.push(...played.faults.map((fault) => `${fault}, ${pair[0]}, then ${pair[1]}`));
      }
    }
    expect(faults).toEqual([]);
  });
});

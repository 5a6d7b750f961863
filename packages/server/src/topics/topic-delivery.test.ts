import { ENCODING, type BrokerTopic, type PlacedRecord } from '@trunkline/protocol';
import { VirtualRuntime } from '@trunkline/protocol/testing';
import { describe, expect, it } from 'vitest';
import { FaultyBroker } from '../../tests/faulty-broker.js';
import { AS_IS, Follower } from '../../tests/follower.js';
import { Hub } from './hub.js';
import { EVERY_RECORD, type TopicPolicy } from './topic-policy.js';
import { TopicSubscription } from './topic-subscription.js';

const KEPT: BrokerTopic = { key: 't', keep: { count: 50, ageMs: 1e9, bytes: 1e9 } };
const PASSING: BrokerTopic = { key: 't', keep: undefined };
const keyOf = ({ bytes }: PlacedRecord): string => String(bytes[0]);
const LATEST: TopicPolicy = { slow: 'conflate', keyOf, latest: { intervalMs: 100 } };
const CONFLATE: TopicPolicy = { slow: 'conflate', keyOf, latest: undefined };

/** A node whose topic holds five records for who is behind. */
function setUp(policy: TopicPolicy, topic: BrokerTopic = PASSING) {
  const runtime = new VirtualRuntime();
  const broker = new FaultyBroker(runtime);
  const recent = { records: 5, bytes: 1e6 };
  const hub = new Hub({ broker, runtime, recent, batchCloseBytes: 65_536, lookMs: 4_000 });
  const publish = async (...keys: number[]): Promise<void> => {
    for (const key of keys) {
      const layoutHash = '0'.repeat(16);
      const bytes = Uint8Array.of(key);
      await broker.publish(topic, {
        publishId: undefined,
        encoding: ENCODING.BYTES,
        layoutHash,
        bytes,
      });
    }
    await runtime.settle();
  };
  const follow = async (from?: Follower): Promise<Follower> => {
    const follower = new Follower(from?.place, topic.keep !== undefined);
    const subscription = new TopicSubscription({
      sub: 0,
      topic: hub.open({ topic, form: AS_IS, policy }),
      limits: { pageRecords: 10, pageBytes: 1e6 },
      link: follower,
      failed: (error) => {
        throw error;
      },
    });
    await subscription.join({ cursor: from?.place, last: undefined });
    await runtime.settle();
    return follower;
  };
  return { runtime, broker, hub, publish, follow };
}

describe('a topic of which only the newest are delivered', () => {
  it('sends what comes after a pause at once, and the rest at its rate', async () => {
    const { runtime, publish, follow } = setUp(LATEST);
    const follower = await follow();
    await publish(1, 2, 1);
    expect(follower.offsets).toEqual([2, 3]);
    await publish(1, 2, 3, 1);
    await runtime.advance(99);
    expect(follower.offsets).toEqual([2, 3]);
    await runtime.advance(1);
    expect(follower.offsets).toEqual([2, 3, 5, 6, 7]);
    await runtime.advance(1_000);
    // That of the node, which looks for lost records.
    expect(runtime.timers).toBe(1);
    await publish(2);
    expect(follower.offsets).toEqual([2, 3, 5, 6, 7, 8]);
  });

  it('accounts for what was conflated by the offset before each message', async () => {
    const { runtime, publish, follow } = setUp(LATEST);
    const follower = await follow();
    await publish(1, 1, 1, 2);
    await publish(1, 2, 2);
    await runtime.advance(100);
    const counted = follower.of('MESSAGE').map(({ offset, skipped }) => [offset, skipped]);
    expect(counted).toEqual([
      [3, 2],
      [4, 0],
      [5, 0],
      [7, 1],
    ]);
    expect(follower.missing).toBe(0);
  });

  it('gives the same to all who are live, once encoded', async () => {
    const { runtime, publish, follow } = setUp(LATEST);
    const [one, other] = [await follow(), await follow()];
    await publish(1, 2);
    await publish(1, 1, 2);
    await runtime.advance(100);
    expect(one.batches).toHaveLength(4);
    expect(other.batches).toEqual(one.batches);
    one.batches.forEach((batch, index) => expect(other.batches[index]).toBe(batch));
  });

  it('gives who joins all that is newer than its start, though some of it still waits', async () => {
    const { runtime, publish, follow } = setUp(LATEST);
    await follow();
    await publish(1);
    await publish(1, 2);
    const late = await follow();
    await publish(2);
    await runtime.advance(100);
    expect(late.of('SUBSCRIBED')).toMatchObject([{ state: 'fresh', offset: 1 }]);
    expect(late.offsets).toEqual([2, 4]);
  });

  it('gives of what is kept the newest of each key', async () => {
    const { broker, runtime, publish, follow } = setUp(LATEST, KEPT);
    const early = await follow();
    await publish(1);
    const left = new Follower(early.place);
    await publish(1, 2, 1, 2, 3);
    await runtime.advance(100);
    const back = await follow(left);
    expect(back.of('SUBSCRIBED')).toMatchObject([{ state: 'recovered', offset: 1 }]);
    expect(back.offsets).toEqual([4, 5, 6]);
    await broker.close();
  });

  it('delivers before its time rather than hold more than it may', async () => {
    const { publish, follow } = setUp(LATEST);
    const follower = await follow();
    await publish(1);
    await publish(1, 2, 3, 4, 5, 6, 6);
    expect(follower.offsets).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('delivers what waits before it is stale or goes on elsewhere', async () => {
    const { runtime, broker, publish, follow } = setUp(LATEST);
    const follower = await follow();
    await publish(1);
    await publish(1, 2);
    broker.interrupt('checking');
    expect(follower.seen.map(({ kind }) => kind).slice(-3)).toEqual([
      'MESSAGE',
      'MESSAGE',
      'STALE',
    ]);
    expect(follower.offsets).toEqual([1, 2, 3]);
    broker.recover();
    await runtime.advance(200);
    expect(follower).toMatchObject({ isStale: false, place: { offset: 3 } });
  });

  it('drops what waits with its last subscriber', async () => {
    const { runtime, hub, publish, follow } = setUp(LATEST);
    await follow();
    await publish(1);
    await publish(1);
    hub.close();
    expect(runtime.timers).toBe(0);
  });
});

describe('a slow subscriber that conflates', () => {
  it.each([CONFLATE, { ...LATEST, latest: { intervalMs: undefined } }])(
    'gets the newest of each key when it takes something again',
    async (policy) => {
      const { publish, follow } = setUp(policy);
      const [fast, slow] = [await follow(), await follow()];
      await publish(1);
      slow.hasSpace = false;
      for (let round = 0; round < 10; round++) await publish(1, 2);
      slow.open();
      expect(slow.offsets).toEqual([1, 20, 21]);
      expect(slow.of('MESSAGE')).toMatchObject([{ skipped: 0 }, { skipped: 18 }, { skipped: 0 }]);
      expect(slow.of('GAP')).toEqual([]);
      await publish(3);
      expect(slow.offsets).toEqual([1, 20, 21, 22]);
      expect(fast.offsets).toHaveLength(22);
    },
  );

  it('is told of a gap where there are more keys than are held, and nothing is kept', async () => {
    const { runtime, publish, follow } = setUp(CONFLATE);
    const slow = await follow();
    await publish(1);
    slow.hasSpace = false;
    await publish(1, 2, 3, 4, 5, 6, 7, 3);
    slow.open();
    await runtime.settle();
    expect(slow.of('GAP')).toMatchObject([{ from: 2, to: 3, reason: 'slow' }]);
    expect(slow.offsets).toEqual([1, 5, 6, 7, 8, 9]);
  });

  it('gets the newest of each key of what is kept, where that is more than is held', async () => {
    const { broker, runtime, publish, follow } = setUp(CONFLATE, KEPT);
    const slow = await follow();
    await publish(1);
    slow.hasSpace = false;
    await publish(1, 2, 3, 4, 5, 6, 7, 3);
    slow.open();
    await runtime.settle();
    expect(slow.of('GAP')).toEqual([]);
    expect(slow.offsets).toEqual([1, 2, 3, 5, 6, 7, 8, 9]);
    await broker.close();
  });

  it('gets every message of what it missed while it was away', async () => {
    const { broker, publish, follow } = setUp(CONFLATE, KEPT);
    const early = await follow();
    await publish(1);
    const left = new Follower(early.place);
    await publish(1, 1, 1);
    expect((await follow(left)).offsets).toEqual([2, 3, 4]);
    await broker.close();
  });
});

describe('a slow subscriber of a topic that closes', () => {
  it('has its connection closed at the first message without room', async () => {
    const { publish, follow } = setUp({ ...EVERY_RECORD, slow: 'close' }, KEPT);
    const [fast, slow] = [await follow(), await follow()];
    await publish(1);
    slow.hasSpace = false;
    expect(slow.isCut).toBe(false);
    await publish(1);
    expect(slow.isCut).toBe(true);
    expect(slow.of('GAP')).toEqual([]);
    expect(fast).toMatchObject({ isCut: false, offsets: [1, 2] });
  });

  it('is given time for what it catches up with', async () => {
    const { broker, runtime, publish, follow } = setUp({ ...EVERY_RECORD, slow: 'close' }, KEPT);
    await publish(...Array<number>(20).fill(1));
    const first = await follow();
    const slow = new Follower({ epoch: first.place?.epoch ?? '', offset: 0 });
    slow.hasSpace = false;
    const back = await follow(slow);
    expect(back.isCut).toBe(false);
    await runtime.settle();
    expect(back.offsets).toHaveLength(20);
    await broker.close();
  });
});

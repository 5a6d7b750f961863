import { ENCODING, type BrokerTopic, type PlacedRecord } from '@trunkline/protocol';
import { VirtualRuntime } from '@trunkline/protocol/testing';
import { describe, expect, it } from 'vitest';
import { FaultyBroker } from '../../tests/faulty-broker.js';
import { AS_IS, Follower } from '../../tests/follower.js';
import { Hub } from './hub.js';
import { MemoryBroker } from './memory-broker.js';
import { EVERY_RECORD, type TopicPolicy } from './topic-policy.js';
import { TopicSubscription } from './topic-subscription.js';

const KEPT: BrokerTopic = { key: 't', keep: { count: 20, ageMs: 1e9, bytes: 1e9 } };
const PASSING: BrokerTopic = { key: 't', keep: undefined };
const CONFLATE: TopicPolicy = {
  slow: 'conflate',
  keyOf: ({ bytes }) => String(bytes[0]),
  latest: { intervalMs: 50 },
};

/** Loses deliveries without a word until `broker.recover()`. */
async function setUp(topic = KEPT, policy = EVERY_RECORD) {
  const runtime = new VirtualRuntime();
  const broker = new FaultyBroker(runtime);
  const recent = { records: 5, bytes: 1e6 };
  const hub = new Hub({ broker, runtime, recent, batchCloseBytes: 65_536, lookMs: 4_000 });
  const publish = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++) {
      const record = { publishId: undefined, encoding: ENCODING.BYTES, layoutHash: '0'.repeat(16) };
      await broker.publish(topic, { ...record, bytes: Uint8Array.of(n) });
    }
    await runtime.settle();
  };
  const follower = new Follower(undefined, topic.keep !== undefined);
  const hubTopic = hub.open({ topic, form: AS_IS, policy });
  const subscription = new TopicSubscription({
    sub: 0,
    topic: hubTopic,
    limits: { pageRecords: 4, pageBytes: 1e6 },
    link: follower,
    failed: (error) => {
      throw error;
    },
  });
  await subscription.join({ cursor: undefined, last: undefined });
  await runtime.settle();
  const leave = async (): Promise<void> => {
    subscription.close();
    hub.release(hubTopic);
    expect(hub.size).toBe(0);
    await broker.close();
    expect(runtime.timers).toBe(0);
  };
  return { runtime, broker, hub, publish, follower, leave };
}

describe('records that a broker loses in silence', () => {
  it('are read from what is kept within 10 s, with nothing published after them', async () => {
    const { runtime, broker, publish, follower, leave } = await setUp();
    await publish(1);
    broker.interrupt();
    await publish(3);
    expect(follower.offsets).toEqual([1]);
    await runtime.advance(9_000);
    expect(follower.offsets).toEqual([1, 2, 3, 4]);
    expect(follower.of('GAP')).toEqual([]);
    await leave();
  });

  it('are read where only the newest of each key go out', async () => {
    const { runtime, broker, publish, follower, leave } = await setUp(KEPT, CONFLATE);
    broker.interrupt();
    await publish(3);
    await runtime.advance(9_000);
    expect(follower.offsets).toEqual([1, 2, 3]);
    await leave();
  });

  it('are a gap within 10 s where the topic keeps none', async () => {
    const { runtime, broker, publish, follower, leave } = await setUp(PASSING);
    await publish(1);
    broker.interrupt();
    await publish(3);
    await runtime.advance(9_000);
    // Without history a join is fresh: the step tells a client that was live what it missed.
    expect(follower.place?.offset).toBe(4);
    expect(follower.told.at(-1)).toMatchObject({ kind: 'missing', from: 2, to: 4 });
    await leave();
  });

  it('are found by the next record too', async () => {
    const { broker, runtime, publish, follower, leave } = await setUp();
    await publish(1);
    broker.interrupt();
    await publish(2);
    broker.resumeSilently();
    await publish(1);
    await runtime.settle();
    expect(follower.offsets).toEqual([1, 2, 3, 4]);
    await leave();
  });

  it('are found by the next record where only the newest of each key go out', async () => {
    const { broker, runtime, publish, follower, leave } = await setUp(KEPT, CONFLATE);
    await publish(1);
    broker.interrupt();
    await publish(2);
    broker.resumeSilently();
    await publish(1);
    await runtime.advance(100);
    const { told } = follower;
    expect(
      told.flatMap(({ from, to = 0, kind }) => (kind === 'missing' ? [from, to] : [])),
    ).toEqual([]);
    expect(follower.offsets).toEqual([1, 3, 4]);
    await leave();
  });
});

describe('a node that looks for lost records', () => {
  it('lets records take their time', async () => {
    const { runtime, broker, publish, follower, leave } = await setUp();
    broker.interrupt();
    await publish(1);
    await runtime.advance(5_000);
    broker.resumeSilently(true);
    await runtime.advance(20_000);
    expect(follower.offsets).toEqual([1]);
    expect(follower.of('SUBSCRIBED')).toHaveLength(1);
    await leave();
  });

  it('finds another epoch that nobody told it of', async () => {
    const { runtime, broker, publish, follower, leave } = await setUp();
    await publish(2);
    await broker.beginAnew();
    await publish(1);
    await runtime.advance(9_000);
    expect(follower.of('SUBSCRIBED').map(({ state }) => state)).toEqual(['fresh', 'gap']);
    expect(follower.offsets).toEqual([1, 2, 1]);
    await leave();
  });

  it('leaves a topic alone that is stale, or that cannot be read', async () => {
    const { runtime, broker, publish, follower, leave } = await setUp();
    broker.interrupt('checking');
    await publish(1);
    await runtime.advance(20_000);
    expect(follower.of('SUBSCRIBED')).toHaveLength(1);
    broker.recover();
    await runtime.settle();
    expect(follower.offsets).toEqual([1]);
    broker.interrupt('unreachable');
    await runtime.advance(20_000);
    broker.recover();
    await runtime.settle();
    expect(follower).toMatchObject({ isStale: false, offsets: [1] });
    await leave();
  });

  it('asks once at a time, and not at all while nobody is subscribed', async () => {
    const { runtime, broker, leave } = await setUp();
    broker.isSlow = true;
    await runtime.advance(40_000);
    expect(broker.waiting).toBe(1);
    broker.isSlow = false;
    broker.release();
    await runtime.settle();
    await leave();
  });

  it('does not ask a broker that loses nothing', async () => {
    const runtime = new VirtualRuntime();
    const broker = new MemoryBroker({ runtime });
    const recent = { records: 5, bytes: 1e6 };
    const hub = new Hub({ broker, runtime, recent, batchCloseBytes: 65_536, lookMs: 4_000 });
    hub.open({ topic: PASSING, form: AS_IS });
    expect(runtime.timers).toBe(0);
    hub.close();
    await broker.close();
  });

  it('takes what comes late, after it was given up, for the same', async () => {
    const { runtime, broker, publish, follower, leave } = await setUp();
    broker.interrupt();
    await publish(2);
    await runtime.advance(9_000);
    const place = { epoch: follower.place?.epoch ?? '', layoutHash: '0'.repeat(16) };
    const record = {
      ...place,
      publishId: undefined,
      encoding: ENCODING.BYTES,
      offset: 1,
      previous: 0,
    };
    broker.deliver({ ...record, bytes: Uint8Array.of(1) } satisfies PlacedRecord);
    broker.resumeSilently();
    await publish(1);
    expect(follower.offsets).toEqual([1, 2, 3]);
    await leave();
  });
});

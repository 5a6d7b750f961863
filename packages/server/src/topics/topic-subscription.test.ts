import {
  ENCODING,
  type Broker,
  type BrokerListener,
  type BrokerTopic,
  type Cursor,
  type PlacedRecord,
} from '@trunkline/protocol';
import { VirtualRuntime } from '@trunkline/protocol/testing';
import { describe, expect, it } from 'vitest';
import { FaultyBroker } from '../../tests/faulty-broker.js';
import { AS_IS, Follower } from '../../tests/follower.js';
import { Hub } from './hub.js';
import type { JoinWish } from './join-start.js';
import { TopicSubscription } from './topic-subscription.js';

const KEPT: BrokerTopic = { key: 't', keep: { count: 20, ageMs: 1e9, bytes: 1e9 } };
const PASSING: BrokerTopic = { key: 't', keep: undefined };

function setUp(topic = KEPT) {
  const runtime = new VirtualRuntime();
  const broker = new FaultyBroker(runtime);
  const hub = new Hub({
    broker,
    runtime,
    recent: { records: 5, bytes: 1e6 },
    batchCloseBytes: 65_536,
    lookMs: 4_000,
  });
  const failures: unknown[] = [];
  const publish = async (count = 1): Promise<void> => {
    for (let n = 0; n < count; n++) {
      const layoutHash = '0'.repeat(16);
      const bytes = new Uint8Array(3);
      const encoding = ENCODING.SUPERJSON;
      await broker.publish(topic, { publishId: undefined, encoding, layoutHash, bytes });
    }
  };
  const subscribe = async (follower: Follower, wish: Partial<JoinWish> = {}) => {
    const subscription = new TopicSubscription({
      sub: 0,
      topic: hub.open({ topic, form: AS_IS }),
      limits: { pageRecords: 4, pageBytes: 1e6 },
      link: follower,
      failed: (error) => failures.push(error),
    });
    const joined = subscription.join({ cursor: follower.place, last: undefined, ...wish });
    return { subscription, joined };
  };
  /** A follower that is live, or stale if the broker is. */
  const follow = async (wish?: Partial<JoinWish>): Promise<Follower> => {
    const follower = new Follower(wish?.cursor, topic.keep !== undefined);
    await (
      await subscribe(follower, wish)
    ).joined;
    await runtime.settle();
    return follower;
  };
  const placeAt = async (offset: number): Promise<Cursor> => ({
    epoch: (await hub.open({ topic, form: AS_IS }).origin).epoch,
    offset,
  });
  return { runtime, broker, hub, failures, publish, subscribe, follow, placeAt };
}

describe('a subscription', () => {
  it('joins history and live without a seam while messages go on', async () => {
    const { runtime, broker, publish, subscribe, placeAt } = setUp();
    await publish(10);
    const follower = new Follower(await placeAt(2));
    broker.isSlow = true;
    const { joined } = await subscribe(follower);
    for (let round = 0; round < 8; round++) {
      await publish();
      broker.release();
      await runtime.settle();
    }
    await joined;
    expect(follower).toMatchObject({ missing: 0, place: { offset: 18 } });
    expect(follower.offsets).toHaveLength(16);
  });

  it('begins at the oldest of the newest so many that are kept', async () => {
    const { publish, follow } = setUp();
    await publish(30);
    expect((await follow({ last: 3 })).offsets).toEqual([28, 29, 30]);
    expect((await follow({ last: 100 })).offsets).toHaveLength(20);
    expect((await follow({ last: 0 })).offsets).toEqual([]);
  });

  it('reports what was trimmed before a slow reader came back to it', async () => {
    const { publish, follow, runtime } = setUp();
    const follower = await follow();
    follower.hasSpace = false;
    await publish(50);
    follower.open();
    await runtime.settle();
    expect(follower.of('GAP')).toMatchObject([{ from: 1, to: 30, reason: 'slow' }]);
    expect(follower).toMatchObject({ missing: 30, place: { offset: 50 } });
  });

  it('recovers from the live records when the topic keeps nothing and its reader is slow', async () => {
    const { publish, follow, runtime } = setUp(PASSING);
    const follower = await follow();
    follower.hasSpace = false;
    await publish(4);
    follower.open();
    await runtime.settle();
    expect(follower).toMatchObject({ missing: 0, place: { offset: 4 } });
  });

  it('starts from a cursor that is newer than what has come to this node', async () => {
    const { broker, publish, follow, placeAt, runtime } = setUp();
    await publish(3);
    const live = await follow();
    broker.interrupt();
    await publish(2);
    const ahead = await follow({ cursor: await placeAt(5) });
    expect(ahead.of('SUBSCRIBED')).toMatchObject([{ state: 'recovered', offset: 5, top: 5 }]);
    broker.recover();
    await publish();
    await runtime.settle();
    expect(ahead.offsets).toEqual([6]);
    expect(live.offsets).toEqual([4, 5, 6]);
  });

  it('says that a cursor behind the newest place of its epoch belongs to another', async () => {
    const { publish, follow, placeAt } = setUp();
    await publish(3);
    const lost = await follow({ cursor: await placeAt(9) });
    expect(lost.of('GAP')).toMatchObject([{ from: 10, to: undefined, reason: 'epoch' }]);
    expect(lost.offsets).toEqual([1, 2, 3]);
  });
});

describe('a subscription to a topic whose offsets jump', () => {
  const epoch = '00000000000000aa';
  const recordAt = (offset: number, previous: number): PlacedRecord => ({
    publishId: undefined,
    encoding: ENCODING.SUPERJSON,
    layoutHash: '0'.repeat(16),
    bytes: new Uint8Array(3),
    epoch,
    offset,
    previous,
  });

  /** The newest kept record is 20, and the page that begins with it does not know what was before. */
  async function joinAtLast() {
    let listener: BrokerListener | undefined;
    const broker: Pick<Broker, 'subscribe' | 'history'> = {
      subscribe: async (_topic, given) => {
        listener = given;
        return { start: { epoch, offset: 10 }, close: () => undefined };
      },
      history: async () => {
        listener?.record(recordAt(20, 10));
        return { records: [recordAt(20, 19)], top: { epoch, offset: 20 } };
      },
    };
    const hub = new Hub({
      broker: broker as Broker,
      runtime: new VirtualRuntime(),
      recent: { records: 5, bytes: 1e6 },
      batchCloseBytes: 65_536,
      lookMs: 4_000,
    });
    const follower = new Follower();
    const topic = hub.open({ topic: KEPT, form: AS_IS });
    const limits = { pageRecords: 4, pageBytes: 1e6 };
    const failed = (): void => undefined;
    const subscription = new TopicSubscription({ sub: 0, topic, limits, link: follower, failed });
    await subscription.join({ cursor: undefined, last: 1 });
    return { follower, deliver: (record: PlacedRecord) => listener?.record(record) };
  }

  it('begins where it was asked for, whatever history gives later', async () => {
    const { follower } = await joinAtLast();
    expect(follower.of('SUBSCRIBED')).toMatchObject([{ offset: 10, top: 10 }]);
    expect(follower.of('MESSAGE')).toMatchObject([{ offset: 20, skipped: 9 }]);
  });

  it('does not get again what history was ahead with', async () => {
    const { follower, deliver } = await joinAtLast();
    deliver(recordAt(20, 10));
    deliver(recordAt(30, 20));
    expect(follower.of('MESSAGE')).toMatchObject([{ offset: 20 }, { offset: 30, skipped: 9 }]);
  });
});

describe('a subscription that the broker cannot vouch for', () => {
  it('is told so once for each reason, and gets nothing until it joins again', async () => {
    const { broker, publish, follow, runtime } = setUp();
    const follower = await follow();
    await publish();
    broker.interrupt('unreachable');
    broker.interrupt('unreachable');
    broker.interrupt('checking');
    await publish(3);
    await runtime.settle();
    expect(follower.of('STALE').map(({ reason }) => reason)).toEqual(['unreachable', 'checking']);
    expect(follower.offsets).toEqual([1]);
    broker.recover();
    await runtime.settle();
    const [first, again] = follower.of('SUBSCRIBED');
    expect(again).toMatchObject({ state: 'recovered', offset: 1, top: 4, topic: first?.topic });
    expect(follower.offsets).toEqual([1, 2, 3, 4]);
    await publish();
    expect(follower.offsets).toEqual([1, 2, 3, 4, 5]);
  });

  it('joins again with a gap when too much was published meanwhile', async () => {
    const { broker, publish, follow, runtime } = setUp();
    const follower = await follow();
    broker.interrupt('checking');
    await publish(50);
    broker.recover();
    await runtime.settle();
    expect(follower.of('GAP')).toMatchObject([{ from: 1, to: 30, reason: 'expired' }]);
    expect(follower).toMatchObject({ missing: 30, place: { offset: 50 } });
  });

  it('joins again in another epoch, under another number', async () => {
    const { broker, publish, follow, runtime } = setUp();
    const follower = await follow();
    await publish(2);
    broker.interrupt('unreachable');
    await broker.beginAnew();
    await publish(1);
    broker.recover();
    await runtime.settle();
    const [first, again] = follower.of('SUBSCRIBED');
    expect(again?.topic).not.toBe(first?.topic);
    expect(again?.epoch).not.toBe(first?.epoch);
    expect(follower.of('GAP')).toMatchObject([{ from: 3, to: undefined, reason: 'epoch' }]);
    expect(follower.offsets).toEqual([1, 2, 1]);
  });

  it('joins fresh again when the topic keeps nothing', async () => {
    const { broker, publish, follow, runtime } = setUp(PASSING);
    const follower = await follow();
    broker.interrupt('checking');
    await publish(3);
    broker.recover();
    await runtime.settle();
    expect(follower.of('SUBSCRIBED')[1]).toMatchObject({ state: 'fresh', offset: 3 });
    await publish();
    expect(follower.offsets).toEqual([4]);
  });

  it('is joined first and then told so when it begins meanwhile', async () => {
    const { broker, publish, follow, runtime } = setUp();
    broker.interrupt('checking');
    const follower = await follow();
    expect(follower.seen.map(({ kind }) => kind)).toEqual(['SUBSCRIBED', 'STALE']);
    await publish(2);
    expect(follower.offsets).toEqual([]);
    broker.recover();
    await runtime.settle();
    expect(follower.offsets).toEqual([1, 2]);
  });

  it('waits when history fails while the broker is known not to be reached', async () => {
    const { broker, publish, follow, runtime, failures } = setUp();
    const follower = await follow();
    follower.hasSpace = false;
    await publish(10);
    broker.isSlow = true;
    follower.open();
    broker.interrupt('unreachable');
    broker.release();
    await runtime.settle();
    expect(failures).toEqual([]);
    broker.isSlow = false;
    broker.recover();
    await runtime.settle();
    expect(follower).toMatchObject({ missing: 0, place: { offset: 10 } });
  });

  it('fails when it has not begun and history cannot be read', async () => {
    const { broker, publish, subscribe, runtime, failures, placeAt } = setUp();
    await publish(2);
    const follower = new Follower(await placeAt(1));
    broker.isSlow = true;
    const { joined } = await subscribe(follower);
    broker.interrupt('unreachable');
    broker.release();
    await joined;
    await runtime.settle();
    expect(failures).toMatchObject([{ code: 'UNAVAILABLE' }]);
    expect(follower.seen).toEqual([]);
  });
});

describe('a topic that moves', () => {
  it('in its epoch, without a word before: what was lost is read from history', async () => {
    const { broker, publish, follow, runtime } = setUp();
    const follower = await follow();
    broker.interrupt();
    await publish(3);
    broker.recover();
    await runtime.settle();
    expect(follower.of('STALE')).toEqual([]);
    expect(follower).toMatchObject({ missing: 0, place: { offset: 3 } });
  });

  it('while somebody joins: the join starts over from where the topic is', async () => {
    const { broker, publish, subscribe, runtime, placeAt } = setUp();
    await publish(10);
    const follower = new Follower(await placeAt(2));
    broker.isSlow = true;
    const { joined } = await subscribe(follower);
    await broker.beginAnew();
    await publish(1);
    broker.recover();
    broker.isSlow = false;
    broker.release();
    await joined;
    await runtime.settle();
    expect(follower.of('SUBSCRIBED')).toHaveLength(1);
    expect(follower.of('GAP')).toMatchObject([{ from: 3, to: undefined, reason: 'epoch' }]);
    expect(follower.offsets).toEqual([1]);
  });

  it('is waited for when history is already in another epoch', async () => {
    const { broker, publish, follow, runtime } = setUp();
    const follower = await follow();
    follower.hasSpace = false;
    await publish(10);
    await broker.beginAnew();
    await publish(2);
    follower.open();
    await runtime.settle();
    expect(follower.of('STALE')).toMatchObject([{ reason: 'checking' }]);
    expect(follower.offsets).toEqual([]);
    broker.recover();
    await runtime.settle();
    expect(follower.of('GAP')).toMatchObject([{ from: 1, to: undefined, reason: 'epoch' }]);
    expect(follower.offsets).toEqual([1, 2]);
  });
});

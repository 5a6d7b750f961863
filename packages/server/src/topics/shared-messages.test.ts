import {
  decodeBatch,
  ENCODING,
  Link,
  resolveLimits,
  Violation,
  FULL_CODEC,
  WIRE_LIMITS,
  type BrokerTopic,
  type TopicMessage,
  type Transport,
} from '@trunkline/protocol';
import { VirtualRuntime } from '@trunkline/protocol/testing';
import { expect, it } from 'vitest';
import { Hub } from './hub.js';
import { MemoryBroker } from './memory-broker.js';
import { TopicSubscription } from './topic-subscription.js';
import { AS_IS } from '../../tests/follower.js';

const TOPIC: BrokerTopic = { key: 't', keep: undefined };
const OUTBOX_BYTES = 1_048_576;

/** One node with subscribers whose sockets take everything unless they are stuck. */
class Node {
  readonly runtime = new VirtualRuntime();
  readonly broker = new MemoryBroker({ runtime: this.runtime });
  readonly hub = new Hub({
    broker: this.broker,
    runtime: this.runtime,
    recent: { records: 5, bytes: 1e6 },
    batchCloseBytes: 65_536,
    lookMs: 4_000,
  });

  async subscribe(): Promise<Subscriber> {
    const subscriber = new Subscriber(this, this.hub.open({ topic: TOPIC, form: AS_IS }));
    await subscriber.subscription.join({ cursor: undefined, last: undefined });
    await this.runtime.settle();
    subscriber.writes.length = 0;
    return subscriber;
  }

  publish(bytes = 3): Promise<unknown> {
    const payload = { encoding: ENCODING.BYTES, bytes: new Uint8Array(bytes) };
    const record = { publishId: undefined, layoutHash: '0'.repeat(16), ...payload };
    return this.broker.publish(TOPIC, record);
  }
}

class Subscriber implements Transport {
  readonly writes: (readonly Uint8Array[])[] = [];
  readonly link: Link;
  readonly subscription: TopicSubscription;
  bufferedBytes = 0;
  isStuck = false;

  constructor({ runtime }: Node, topic: Awaited<ReturnType<Hub['open']>>) {
    const owner = {
      receive: () => undefined,
      isBusy: () => false,
      flushed: () => undefined,
      failed: () => undefined,
    };
    const limits = resolveLimits(WIRE_LIMITS);
    const side = 'server';
    const options = {
      transport: this,
      runtime,
      limits,
      side,
      valueBytes: 1,
      codec: FULL_CODEC,
    } as const;
    const link = new Link(owner, options);
    this.link = link;
    this.subscription = new TopicSubscription({
      sub: 0,
      topic,
      limits: { pageRecords: 4, pageBytes: 1e6 },
      link: {
        send: (message) => void link.send(message),
        sendShared: (batch) => link.sendShared(batch),
        grew: (entry, bytes) => link.grew(entry, bytes),
        hasRoom: () => link.queuedMessages === 0 || link.queuedBytes < OUTBOX_BYTES,
        waitForRoom: () => undefined,
        tooSlow: () => undefined,
        read: (task) => task(),
      },
      failed: (error) => {
        throw error;
      },
    });
  }

  write(batches: readonly Uint8Array[]): void {
    this.writes.push([...batches]);
    if (this.isStuck) for (const { length } of batches) this.bufferedBytes += length;
  }

  close(): void {}
  abort(): void {}

  /** Offsets of the messages that were written, batch by batch. */
  get offsets(): number[][] {
    return this.writes.flat().map((bytes) => {
      const batch = decodeBatch(bytes);
      if (batch instanceof Violation) throw new Error(batch.reason);
      const messages = batch.messages.filter(({ kind }) => kind === 'MESSAGE');
      return messages.map((message) => (message as TopicMessage).offset);
    });
  }
}

it('the messages of a turn leave in one write, the same bytes for all subscribers', async () => {
  const node = new Node();
  const subscribers = [await node.subscribe(), await node.subscribe(), await node.subscribe()];
  for (let count = 0; count < 8; count++) await node.publish();
  await node.runtime.settle();
  const [first] = subscribers;
  for (const { writes, offsets } of subscribers) {
    expect(writes).toHaveLength(1);
    expect(offsets).toEqual([[1, 2, 3, 4, 5, 6, 7, 8]]);
    expect(writes[0]?.[0]).toBe(first?.writes[0]?.[0]);
  }
});

it('a batch is closed at 64 KiB and 256 KiB leave in the middle of a turn', async () => {
  const node = new Node();
  const subscriber = await node.subscribe();
  for (let count = 0; count < 40; count++) void node.publish(10_000);
  expect(subscriber.writes).toHaveLength(1);
  const sizes = subscriber.writes.flat().map(({ length }) => length);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(65_536);
  await node.runtime.settle();
  expect(subscriber.offsets.flat()).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
});

it('who joins or leaves in the middle of a turn gets exactly what is published meanwhile', async () => {
  const node = new Node();
  const [staying, leaving] = [await node.subscribe(), await node.subscribe()];
  void node.publish();
  const late = new Subscriber(node, node.hub.open({ topic: TOPIC, form: AS_IS }));
  await late.subscription.join({ cursor: undefined, last: undefined });
  const from = late.subscription.topic.place.offset + 1;
  void node.publish();
  leaving.subscription.close();
  void node.publish();
  void node.publish();
  await node.runtime.settle();
  expect(staying.offsets.flat()).toEqual([1, 2, 3, 4]);
  expect(leaving.offsets.flat()).toEqual([1, 2]);
  expect(late.offsets.flat()).toEqual([1, 2, 3, 4].filter((offset) => offset >= from));
});

it('a subscriber without room is told of a gap and others miss nothing', async () => {
  const node = new Node();
  const [reader, stuck] = [await node.subscribe(), await node.subscribe()];
  stuck.isStuck = true;
  for (let count = 0; count < 300; count++) {
    void node.publish(10_000);
    if (count % 20 === 0) await node.runtime.settle();
  }
  await node.runtime.settle();
  expect(reader.offsets.flat()).toHaveLength(300);
  expect(stuck.offsets.flat().length).toBeLessThan(300);
  // The message that passed the limit, and one that was added to the same batch.
  expect(stuck.link.queuedBytes).toBeLessThan(OUTBOX_BYTES + 2 * 10_100);
});

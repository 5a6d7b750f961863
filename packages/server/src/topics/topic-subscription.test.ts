import { decodeBatch, Violation, type Message } from '@trunkline/protocol';
import { VirtualRuntime } from '@trunkline/protocol/testing';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Broker, HistoryPage, HistoryQuery } from '../broker.js';
import { resolveServerLimits } from '../limits.js';
import { Hub } from './hub.js';
import { MemoryBroker } from './memory-broker.js';
import { TopicSubscription, type SubscriptionLink } from './topic-subscription.js';

const KEEP = { count: 20, ageMs: 1e9, bytes: 1e9 };

/** A broker whose answers about history wait until a test lets them go. */
class SlowBroker implements Broker {
  readonly memory: MemoryBroker;
  readonly #waiting: (() => void)[] = [];
  isSlow = false;

  constructor(runtime: VirtualRuntime) {
    this.memory = new MemoryBroker({ runtime });
  }

  publish: Broker['publish'] = (key, record, keep) => this.memory.publish(key, record, keep);
  subscribe: Broker['subscribe'] = (key, listener) => this.memory.subscribe(key, listener);

  async history(key: string, query: HistoryQuery): Promise<HistoryPage> {
    const page = await this.memory.history(key, query);
    if (this.isSlow) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return page;
  }

  release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  close(): Promise<void> {
    this.release();
    return this.memory.close();
  }
}

/** A connection that takes what it is given while it has room. */
class FakeLink implements SubscriptionLink {
  hasSpace = true;
  readonly seen: Message[] = [];
  readonly #waiters: { resume(): void }[] = [];

  send(message: Message): void {
    this.seen.push(message);
  }

  sendShared(frame: Uint8Array): void {
    const batch = decodeBatch(frame);
    if (batch instanceof Violation) throw new Error(batch.reason);
    this.seen.push(...(batch.messages as Message[]));
  }

  hasRoom(): boolean {
    return this.hasSpace;
  }

  waitForRoom(waiter: { resume(): void }): void {
    this.#waiters.push(waiter);
  }

  open(): void {
    this.hasSpace = true;
    for (const waiter of this.#waiters.splice(0)) waiter.resume();
  }
}

/** Where a client's position is after all that it was sent; throws when the chain has a hole. */
function follow(seen: readonly Message[]): { start: number; position: number; messages: number[]; missing: number } {
  let position = -1;
  let start = -1;
  let missing = 0;
  const messages: number[] = [];
  for (const message of seen) {
    if (message.kind === 'SUBSCRIBED') {
      position = message.offset;
      start = start === -1 ? position : start;
    } else if (message.kind === 'GAP') {
      if (message.from !== position + 1) throw new Error(`gap from ${message.from} at ${position}`);
      missing += (message.to ?? position) - position;
      position = message.to ?? position;
    } else if (message.kind === 'MESSAGE') {
      const before = message.offset - message.skipped - 1;
      if (before !== position) throw new Error(`message ${message.offset} after ${position}`);
      position = message.offset;
      messages.push(position);
    }
  }
  return { start, position, messages, missing };
}

function setUp(keeps: boolean) {
  const runtime = new VirtualRuntime();
  const broker = new SlowBroker(runtime);
  const hub = new Hub({ broker, joinRecords: 5, joinBytes: 1e6 });
  const link = new FakeLink();
  const publish = () =>
    broker.publish('t', { publishId: undefined, encoding: 2, layoutHash: '0'.repeat(16), bytes: new Uint8Array(3) }, keeps ? KEEP : undefined);
  const subscribe = async () => {
    const topic = await hub.open('t');
    return new TopicSubscription({
      sub: 0,
      topic,
      keeps,
      broker,
      limits: resolveServerLimits({ pageRecords: 4 }),
      link,
      failed: (error) => {
        throw error;
      },
    });
  };
  return { runtime, broker, hub, link, publish, subscribe };
}

describe('TopicSubscription', () => {
  it('joins history and live without a seam while messages go on', async () => {
    const { runtime, broker, link, publish, subscribe } = setUp(true);
    for (let n = 0; n < 10; n++) await publish();
    broker.isSlow = true;
    const subscription = await subscribe();
    const joining = subscription.join({ epoch: subscription.topic.place.epoch, offset: 2 }, undefined);
    for (let round = 0; round < 8; round++) {
      await publish();
      broker.release();
      await runtime.settle();
    }
    await joining;
    expect(follow(link.seen)).toMatchObject({ start: 2, position: 18, missing: 0 });
  });

  it('reports what was trimmed before a slow reader came back to it', async () => {
    const { link, publish, subscribe, runtime } = setUp(true);
    const subscription = await subscribe();
    await subscription.join(undefined, undefined);
    link.hasSpace = false;
    for (let n = 0; n < 50; n++) await publish();
    link.open();
    await runtime.settle();
    expect(link.seen.find(({ kind }) => kind === 'GAP')).toMatchObject({ from: 1, to: 30, reason: 'slow' });
    expect(follow(link.seen)).toMatchObject({ position: 50, missing: 30 });
  });

  it('recovers from the live records when the topic keeps nothing and the reader was slow for a moment', async () => {
    const { link, publish, subscribe, runtime } = setUp(false);
    const subscription = await subscribe();
    await subscription.join(undefined, undefined);
    link.hasSpace = false;
    for (let n = 0; n < 4; n++) await publish();
    link.open();
    await runtime.settle();
    expect(follow(link.seen)).toMatchObject({ position: 4, missing: 0 });
  });

  it('chains every message and gap, whatever happens in between', async () => {
    const step = fc.constantFrom('publish', 'slow', 'release', 'stall', 'open', 'rejoin');
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.array(step, { maxLength: 60 }), async (keeps, steps) => {
        const { runtime, broker, hub, link, publish, subscribe } = setUp(keeps);
        let published = 0;
        let subscription = await subscribe();
        await subscription.join(undefined, undefined);
        for (const one of steps) {
          if (one === 'publish') published = (await publish()).offset;
          else if (one === 'slow') broker.isSlow = true;
          else if (one === 'release') broker.release();
          else if (one === 'stall') link.hasSpace = false;
          else if (one === 'open') link.open();
          else {
            const place = { epoch: subscription.topic.place.epoch, offset: follow(link.seen).position };
            subscription.close();
            hub.release(subscription.topic);
            link.seen.length = 0;
            subscription = await subscribe();
            void subscription.join(place, undefined);
          }
          await runtime.settle();
        }
        broker.isSlow = false;
        for (let round = 0; round < 40; round++) {
          broker.release();
          link.open();
          await runtime.settle();
        }
        const { start, position, messages, missing } = follow(link.seen);
        expect(position).toBe(published);
        expect(messages.length + missing).toBe(position - start);
        subscription.close();
        hub.release(subscription.topic);
        expect(hub.size).toBe(0);
        await broker.close();
        expect(runtime.timers).toBe(0);
      }),
      { numRuns: 150 },
    );
  });
});

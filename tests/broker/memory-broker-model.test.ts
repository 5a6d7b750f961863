import { ENCODING } from '@trunkline/protocol';
import {
  MemoryBroker,
  type BrokerSubscription,
  type KeepPolicy,
  type PlacedRecord,
} from '@trunkline/server';
import { VirtualRuntime } from '@trunkline/server/testing';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Collector, textOf } from './collector.js';

const KEYS = ['a', 'b', 'c', 'd'];
const POLICIES: Record<string, KeepPolicy | undefined> = {
  a: { count: 3, ageMs: 400, bytes: 1_000 },
  b: { count: 100, ageMs: 150, bytes: 12 },
  c: undefined,
  d: { count: 1, ageMs: 1_000_000, bytes: 1_000_000 },
};
const PUBLISHERS = ['p', 'q', 'r'];
const LIMITS = {
  idleTopics: 1,
  publishers: 2,
  publisherTopics: 2,
  publisherMs: 300,
  sweepMs: 50,
};

interface Sent {
  readonly text: string;
  readonly at: number;
  readonly epoch: string;
  readonly offset: number;
}

interface Use {
  readonly publisher: string;
  readonly key: string;
  readonly counter: number;
  readonly at: number;
  readonly place: { readonly epoch: string; readonly offset: number };
}

interface Subscribed {
  readonly key: string;
  readonly collector: Collector;
  readonly subscription: BrokerSubscription;
  expected: number;
}

/**
 * What a broker should be, kept as naively as can be: every message of every topic in one list, and
 * every use of a publish id in another. Each step does something to both and compares.
 */
class Model {
  readonly runtime = new VirtualRuntime();
  readonly broker = new MemoryBroker({ runtime: this.runtime, limits: LIMITS });
  readonly sent = new Map<string, Sent[]>(KEYS.map((key) => [key, []]));
  readonly uses: Use[] = [];
  readonly subscribed: Subscribed[] = [];
  /** Keys in the order of their last use. */
  used: string[] = [];
  readonly epochs = new Map<string, string>();
  #texts = 0;

  async publish(key: string, size: number, id?: { publisher: string; counter: number }) {
    const text = `${this.#texts++}`.padEnd(size, '.');
    const bytes = new TextEncoder().encode(text);
    const record = { publishId: id, encoding: ENCODING.BYTES, layoutHash: '0'.repeat(16), bytes };
    const before = id && this.#lastUse(id.publisher, key);
    const published = this.broker.publish(key, record, POLICIES[key]);
    if (id && before === undefined && this.#isFull(id.publisher)) {
      await expect(published).rejects.toMatchObject({ code: 'BUSY', executed: 'no' });
      return;
    }
    const { epoch, offset, duplicate } = await published;
    if (id && before && id.counter <= before.counter) {
      expect({ epoch, offset, duplicate }).toEqual({ ...before.place, duplicate: true });
      this.uses.push({ ...before, at: this.runtime.now() });
      return;
    }
    expect(duplicate).toBe(false);
    this.#touch(key, epoch);
    const sent = this.#inEpoch(key, epoch);
    expect(offset).toBe((sent.at(-1)?.offset ?? 0) + 1);
    this.sent.get(key)?.push({ text, at: this.runtime.now(), epoch, offset });
    if (id) this.uses.push({ ...id, key, at: this.runtime.now(), place: { epoch, offset } });
    for (const one of this.subscribed) if (one.key === key) one.expected++;
  }

  async subscribe(key: string) {
    const collector = new Collector();
    const subscription = await this.broker.subscribe(key, collector);
    const { epoch, offset } = subscription.start;
    this.#touch(key, epoch);
    expect(offset).toBe(this.#inEpoch(key, epoch).at(-1)?.offset ?? 0);
    this.subscribed.push({ key, collector, subscription, expected: 0 });
  }

  unsubscribe(index: number) {
    const [gone] = this.subscribed.splice(index % Math.max(1, this.subscribed.length), 1);
    gone?.subscription.close();
    if (gone !== undefined) this.used = [...this.used.filter((key) => key !== gone.key), gone.key];
  }

  async history(key: string, after: number, maxRecords: number) {
    const page = await this.broker.history(key, { after, maxRecords, maxBytes: 30 });
    const { epoch, offset } = page.top;
    this.#touch(key, epoch);
    expect(offset).toBe(this.#inEpoch(key, epoch).at(-1)?.offset ?? 0);
    const wanted = this.#kept(key, epoch).filter((message) => message.offset > after);
    const given = wanted.slice(0, page.records.length);
    expect(page.records.map(textOf)).toEqual(given.map(({ text }) => text));
    for (const record of page.records) expect(record.previous).toBe(record.offset - 1);
    const size = given.reduce((sum, { text }) => sum + text.length, 0);
    const next = wanted[page.records.length];
    if (given.length > 1) expect(given.length).toBeLessThanOrEqual(maxRecords);
    if (given.length > 1) expect(size).toBeLessThanOrEqual(30);
    if (next !== undefined && given.length < maxRecords) {
      expect(given.length).toBeGreaterThan(0);
      expect(size + next.text.length).toBeGreaterThan(30);
    }
  }

  /** Every subscriber has every message after its start, once, in order, as one chain. */
  checkSubscribers() {
    for (const { key, collector, subscription, expected } of this.subscribed) {
      const { epoch, offset } = subscription.start;
      const wanted = this.#inEpoch(key, epoch).filter((message) => message.offset > offset);
      expect(wanted).toHaveLength(expected);
      expect(collector.texts).toEqual(wanted.map(({ text }) => text));
      expect(collector.moves).toEqual([]);
      expectChain(collector.records, offset);
    }
  }

  /** Nothing runs or is held in memory for what is neither kept nor remembered. */
  async checkEnd() {
    for (const { subscription } of this.subscribed) subscription.close();
    const isKept = (key: string) => this.#kept(key, this.epochs.get(key) ?? '').length > 0;
    const isRemembered = this.#rememberedUses().length > 0;
    if (KEYS.some(isKept) || isRemembered) expect(this.runtime.timers).toBe(1);
    await this.broker.close();
    await this.broker.close();
    expect(this.runtime.timers).toBe(0);
    const query = { after: 0, maxRecords: 1, maxBytes: 1 };
    await expect(this.broker.history('a', query)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  }

  /** A topic has another epoch only if it was idle and more were used since than may be idle. */
  #touch(key: string, epoch: string) {
    const known = this.epochs.get(key);
    if (known !== undefined && known !== epoch) {
      const since = this.used.slice(this.used.indexOf(key) + 1);
      expect(since.length).toBeGreaterThanOrEqual(LIMITS.idleTopics);
      expect(this.#kept(key, known)).toEqual([]);
      expect(this.subscribed.filter((one) => one.key === key)).toEqual([]);
      expect([...this.epochs.values()]).not.toContain(epoch);
    }
    this.epochs.set(key, epoch);
    this.used = [...this.used.filter((one) => one !== key), key];
  }

  #inEpoch(key: string, epoch: string): Sent[] {
    return (this.sent.get(key) ?? []).filter((message) => message.epoch === epoch);
  }

  #kept(key: string, epoch: string): Sent[] {
    const policy = POLICIES[key];
    if (policy === undefined) return [];
    const kept: Sent[] = [];
    let bytes = 0;
    for (const message of this.#inEpoch(key, epoch).reverse()) {
      bytes += message.text.length;
      const isTooOld = this.runtime.now() - message.at >= policy.ageMs;
      if (isTooOld || bytes > policy.bytes || kept.length >= policy.count) break;
      kept.unshift(message);
    }
    return kept;
  }

  #lastUse(publisher: string, key: string): Use | undefined {
    return this.#rememberedUses().find((use) => use.publisher === publisher && use.key === key);
  }

  /** The last use of each publisher on each topic, unless that is too long ago. */
  #rememberedUses(): Use[] {
    const last = new Map(this.uses.map((use) => [`${use.publisher} ${use.key}`, use]));
    return [...last.values()].filter(({ at }) => this.runtime.now() - at < LIMITS.publisherMs);
  }

  #isFull(publisher: string): boolean {
    const remembered = this.#rememberedUses();
    const mine = remembered.filter((use) => use.publisher === publisher).length;
    const publishers = new Set(remembered.map((use) => use.publisher)).size;
    return mine === 0 ? publishers >= LIMITS.publishers : mine >= LIMITS.publisherTopics;
  }
}

function expectChain(records: readonly PlacedRecord[], start: number) {
  let position = start;
  for (const { offset, previous } of records) {
    expect(previous).toBe(position);
    position = offset;
  }
}

const key = fc.constantFrom(...KEYS);
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(key, fc.integer({ min: 1, max: 14 })).map(
      ([topic, size]) =>
        (model: Model) =>
          model.publish(topic, size),
    ),
  },
  {
    weight: 5,
    arbitrary: fc
      .tuple(key, fc.constantFrom(...PUBLISHERS), fc.integer({ min: 1, max: 8 }))
      .map(([topic, publisher, counter]) => (model: Model) => {
        return model.publish(topic, 3, { publisher, counter });
      }),
  },
  { weight: 2, arbitrary: key.map((topic) => (model: Model) => model.subscribe(topic)) },
  {
    weight: 2,
    arbitrary: fc.nat(9).map((index) => async (model: Model) => model.unsubscribe(index)),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(key, fc.nat(12), fc.integer({ min: 1, max: 4 })).map(
      ([topic, after, count]) =>
        (model: Model) =>
          model.history(topic, after, count),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.nat(220).map((ms) => (model: Model) => model.runtime.advance(ms)),
  },
);

it('a memory broker does what a list of all messages says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const model = new Model();
      for (const run of steps) {
        await run(model);
        model.checkSubscribers();
      }
      await model.checkEnd();
    }),
    { numRuns: 300 },
  );
}, 60_000);

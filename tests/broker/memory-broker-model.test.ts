import {
  ENCODING,
  type BrokerSubscription,
  type BrokerTopic,
  type HistoryQuery,
  type KeepPolicy,
  type PlacedRecord,
  type PublishId,
} from '@trunkline/protocol';
import { MemoryBroker } from '@trunkline/server';
import { VirtualRuntime } from '@trunkline/server/testing';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Collector, textOf } from './collector.js';

const POLICIES: Readonly<Record<string, KeepPolicy | undefined>> = {
  few: { count: 3, ageMs: 400, bytes: 1_000 },
  small: { count: 100, ageMs: 150, bytes: 12 },
  none: undefined,
  last: { count: 1, ageMs: 2_000, bytes: 1_000_000 },
};
const KEYS = Object.keys(POLICIES);
const LIMITS = {
  idleTopics: 1,
  publishers: 2,
  publisherTopics: 2,
  publisherMs: 300,
  sweepMs: 50,
};
const PAGE_BYTES = 30;

interface Sent {
  readonly key: string;
  readonly text: string;
  readonly at: number;
  readonly epoch: string;
  readonly offset: number;
}

/** A use of a publish id: a publish, or its repetition. */
interface IdUse extends PublishId {
  readonly key: string;
  readonly at: number;
  readonly place: { readonly epoch: string; readonly offset: number };
}

interface Subscribed {
  readonly key: string;
  readonly collector: Collector;
  readonly subscription: BrokerSubscription;
}

/** What a broker should know, as naively as can be: lists of all that ever happened. */
interface Model {
  readonly runtime: VirtualRuntime;
  readonly broker: MemoryBroker;
  readonly sent: Sent[];
  readonly idUses: IdUse[];
  readonly uses: { readonly key: string; readonly epoch: string; readonly at: number }[];
  subscribed: Subscribed[];
}

function createModel(): Model {
  const runtime = new VirtualRuntime();
  const broker = new MemoryBroker({ runtime, limits: LIMITS });
  return { runtime, broker, sent: [], idUses: [], uses: [], subscribed: [] };
}

function topicOf(key: string): BrokerTopic {
  return { key, keep: POLICIES[key] };
}

function inEpoch(model: Model, key: string, epoch: string): Sent[] {
  return model.sent.filter((message) => message.key === key && message.epoch === epoch);
}

function topOf(model: Model, key: string, epoch: string): number {
  return inEpoch(model, key, epoch).at(-1)?.offset ?? 0;
}

function keptOf(model: Model, key: string, epoch: string): Sent[] {
  const policy = POLICIES[key];
  const kept: Sent[] = [];
  let bytes = 0;
  for (const message of inEpoch(model, key, epoch).reverse()) {
    bytes += message.text.length;
    const isOld = policy === undefined || model.runtime.now() - message.at >= policy.ageMs;
    if (isOld || bytes > policy.bytes || kept.length >= policy.count) break;
    kept.unshift(message);
  }
  return kept;
}

/** The last use of each publisher on each topic, unless that is too long ago. */
function rememberedUses({ idUses, runtime }: Model): IdUse[] {
  const last = new Map(idUses.map((use) => [`${use.publisher} ${use.key}`, use]));
  return [...last.values()].filter(({ at }) => runtime.now() - at < LIMITS.publisherMs);
}

function isFull(model: Model, publisher: string): boolean {
  const remembered = rememberedUses(model);
  const mine = remembered.filter((use) => use.publisher === publisher).length;
  const publishers = new Set(remembered.map((use) => use.publisher)).size;
  return mine === 0 ? publishers >= LIMITS.publishers : mine >= LIMITS.publisherTopics;
}

/** How many other topics may have become idle after a topic was last used. */
function idleAfter(model: Model, key: string): number {
  const lastUse = model.uses.findLastIndex((use) => use.key === key);
  const at = model.uses[lastUse]?.at ?? 0;
  const later = new Set(model.uses.slice(lastUse + 1).map((use) => use.key));
  for (const message of model.sent) {
    if (message.at + (POLICIES[message.key]?.ageMs ?? 0) >= at) later.add(message.key);
  }
  later.delete(key);
  return later.size;
}

/** A topic begins again only when it was idle and more topics are idle than may be. */
function expectEpoch(model: Model, key: string, epoch: string) {
  const known = model.uses.findLast((use) => use.key === key)?.epoch;
  if (known !== undefined && known !== epoch) {
    expect(idleAfter(model, key)).toBeGreaterThanOrEqual(LIMITS.idleTopics);
    expect(keptOf(model, key, known)).toEqual([]);
    expect(model.subscribed.filter((one) => one.key === key)).toEqual([]);
    expect(model.uses.map((use) => use.epoch)).not.toContain(epoch);
  }
  model.uses.push({ key, epoch, at: model.runtime.now() });
}

async function publish(model: Model, key: string, { size, id }: { size: number; id?: PublishId }) {
  const { broker, runtime, sent, idUses } = model;
  const text = `${sent.length}`.padEnd(size, '.');
  const bytes = new TextEncoder().encode(text);
  const record = { publishId: id, encoding: ENCODING.BYTES, layoutHash: '0'.repeat(16), bytes };
  const before = rememberedUses(model).find(
    (use) => use.publisher === id?.publisher && use.key === key,
  );
  const published = broker.publish(topicOf(key), record);
  if (id && before === undefined && isFull(model, id.publisher)) {
    await expect(published).rejects.toMatchObject({ code: 'BUSY', executed: 'no' });
    return;
  }
  const { stored, duplicate, ...place } = await published;
  const at = runtime.now();
  expect(stored).toBe('node');
  expect(duplicate).toBe(id !== undefined && before !== undefined && id.counter <= before.counter);
  if (duplicate && before) {
    expect(place).toEqual(before.place);
    idUses.push({ ...before, at });
    return;
  }
  expectEpoch(model, key, place.epoch);
  expect(place.offset).toBe(topOf(model, key, place.epoch) + 1);
  sent.push({ key, text, at, ...place });
  if (id) idUses.push({ ...id, key, at, place });
}

async function subscribe(model: Model, key: string) {
  const collector = new Collector();
  const subscription = await model.broker.subscribe(topicOf(key), collector);
  const { epoch, offset } = subscription.start;
  expectEpoch(model, key, epoch);
  expect(offset).toBe(topOf(model, key, epoch));
  model.subscribed.push({ key, collector, subscription });
}

function unsubscribe(model: Model, index: number) {
  const gone = model.subscribed[index % Math.max(1, model.subscribed.length)];
  if (gone === undefined) return;
  gone.subscription.close();
  model.subscribed = model.subscribed.filter((one) => one !== gone);
  const { epoch } = gone.subscription.start;
  model.uses.push({ key: gone.key, epoch, at: model.runtime.now() });
}

type Query = Pick<HistoryQuery, 'from' | 'maxRecords'>;

function wantedOf(kept: Sent[], { from }: Query): Sent[] {
  if ('last' in from) return kept.slice(Math.max(0, kept.length - from.last));
  return kept.filter(({ offset }) => offset > from.after);
}

async function read(model: Model, key: string, query: Query) {
  const page = { ...query, maxBytes: PAGE_BYTES };
  const { records, top } = await model.broker.history(topicOf(key), page);
  expectEpoch(model, key, top.epoch);
  expect(top.offset).toBe(topOf(model, key, top.epoch));
  const wanted = wantedOf(keptOf(model, key, top.epoch), query);
  const given = wanted.slice(0, records.length);
  expect(records.map(textOf)).toEqual(given.map(({ text }) => text));
  expectChain(records, (given[0]?.offset ?? 0) - 1);
  const size = given.reduce((sum, { text }) => sum + text.length, 0);
  if (given.length > 1) expect(given.length).toBeLessThanOrEqual(query.maxRecords);
  if (given.length > 1) expect(size).toBeLessThanOrEqual(PAGE_BYTES);
  const next = wanted[given.length];
  if (next === undefined || given.length >= query.maxRecords) return;
  expect(given.length).toBeGreaterThan(0);
  expect(size + next.text.length).toBeGreaterThan(PAGE_BYTES);
}

function expectChain(records: readonly PlacedRecord[], start: number) {
  let position = start;
  for (const { offset, previous } of records) {
    expect(previous).toBe(position);
    position = offset;
  }
}

/** Every subscriber has every message after its start, once, in order, as one chain. */
function expectDelivered(model: Model) {
  for (const { key, collector, subscription } of model.subscribed) {
    const { epoch, offset } = subscription.start;
    const wanted = inEpoch(model, key, epoch).filter((message) => message.offset > offset);
    expect(collector.texts).toEqual(wanted.map(({ text }) => text));
    expect(collector.moves).toEqual([]);
    expectChain(collector.records, offset);
  }
}

/** After all that is kept has become too old, and when it is closed, a broker holds no timer. */
async function expectQuiet(model: Model, isClosedFirst: boolean) {
  if (isClosedFirst) await model.broker.close();
  else await model.runtime.advance(2_000 + LIMITS.sweepMs);
  expect(model.runtime.timers).toBe(0);
  await model.broker.close();
  const query = { from: { after: 0 }, maxRecords: 1, maxBytes: 1 };
  await expect(model.broker.history(topicOf('few'), query)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
  });
  expect(model.runtime.timers).toBe(0);
}

const key = fc.constantFrom(...KEYS);
const size = fc.integer({ min: 1, max: 14 });
const id = fc.record({
  publisher: fc.constantFrom('p', 'q', 'r'),
  counter: fc.integer({ min: 1, max: 8 }),
});
const from = fc.oneof(fc.record({ after: fc.nat(12) }), fc.record({ last: fc.nat(5) }));
const query = fc.record({ from, maxRecords: fc.integer({ min: 1, max: 4 }) });

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('publish' as const), key, size }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('publish' as const), key, size, id }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('subscribe' as const), key }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('unsubscribe' as const), index: fc.nat(9) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('read' as const), key, query }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.nat(22).map((tens) => tens * 10),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

async function take(model: Model, one: Step) {
  switch (one.do) {
    case 'publish':
      return publish(model, one.key, one);
    case 'subscribe':
      return subscribe(model, one.key);
    case 'unsubscribe':
      return unsubscribe(model, one.index);
    case 'read':
      return read(model, one.key, one.query);
    case 'wait':
      return model.runtime.advance(one.ms);
  }
}

it('a memory broker does what lists of all that happened say', async () => {
  const steps = fc.array(step, { maxLength: 60, size: 'max' });
  await fc.assert(
    fc.asyncProperty(steps, fc.boolean(), async (taken, isClosedFirst) => {
      const model = createModel();
      for (const one of taken) {
        await take(model, one);
        expectDelivered(model);
      }
      await expectQuiet(model, isClosedFirst);
    }),
    { numRuns: 300 },
  );
}, 60_000);

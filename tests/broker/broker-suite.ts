import {
  ENCODING,
  type Broker,
  type BrokerRecord,
  type BrokerTopic,
  type PlacedRecord,
  type PublishId,
} from '@trunkline/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Collector, textOf } from './collector.js';

/** Two nodes on the same topics. A broker of one process gives itself twice. */
export interface BrokerNodes {
  readonly here: Broker;
  readonly there: Broker;
}

const KEEP = { count: 1_000, ageMs: 600_000, bytes: 10_000_000 };
const LIMITS = { maxRecords: 10_000, maxBytes: 100_000_000 };
const ALL = { from: { after: 0 }, ...LIMITS };
const KEPT: BrokerTopic = { key: 'chat.messages{"room":"lobby"}', keep: KEEP };
const FEW: BrokerTopic = { key: 'chat.few', keep: { ...KEEP, count: 2 } };
const PASSING: BrokerTopic = { key: 'chat.ticks', keep: undefined };
const OTHER: BrokerTopic = { key: 'chat.messages{"room":"lobby "}', keep: KEEP };

function recordOf(text: string, publishId?: PublishId): BrokerRecord {
  const bytes = new TextEncoder().encode(text);
  return { publishId, encoding: ENCODING.SUPERJSON, layoutHash: '00000000000000ab', bytes };
}

async function publishAll(broker: Broker, texts: readonly string[], topic: BrokerTopic) {
  return Promise.all(texts.map((text) => broker.publish(topic, recordOf(text))));
}

function expectChain(records: readonly PlacedRecord[], start: number): void {
  let position = start;
  for (const { offset, previous } of records) {
    expect(previous).toBe(position);
    expect(offset).toBeGreaterThan(previous);
    position = offset;
  }
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `${from + index}`);
}

/**
 * What every broker owes to the servers that use it. `createBroker` gives two nodes on topics that
 * nobody has used before; both are closed after each test.
 */
export function describeBroker(
  name: string,
  createBroker: () => BrokerNodes | Promise<BrokerNodes>,
): void {
  describe(`${name} as a broker`, () => {
    let here: Broker;
    let there: Broker;

    beforeEach(async () => {
      ({ here, there } = await createBroker());
    });

    afterEach(async () => {
      await here.close();
      await there.close();
    });

    describe('publish', () => {
      it('gives each record a larger offset in one epoch of 16 hexadecimal digits', async () => {
        const receipts = await publishAll(here, ['1', '2', '3'], KEPT);
        expect(receipts[0]?.epoch).toMatch(/^[0-9a-f]{16}$/);
        expect(new Set(receipts.map(({ epoch }) => epoch)).size).toBe(1);
        const offsets = receipts.map(({ offset }) => offset);
        expect(offsets).toEqual([...new Set(offsets)].sort((a, b) => a - b));
        expect(offsets[0]).toBeGreaterThan(0);
      });

      it('carries where a record stands in a trace, live and in history', async () => {
        const traceParent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
        const traces = [{ traceParent }, { traceParent, traceState: 'a=1' }, undefined];
        const live = new Collector();
        await there.subscribe(KEPT, live);
        for (const trace of traces) await here.publish(KEPT, { ...recordOf('x'), trace });
        await live.until(3);
        const { records } = await there.history(KEPT, ALL);
        expect(live.records.map(({ trace }) => trace)).toEqual(traces);
        expect(records.map(({ trace }) => trace)).toEqual(traces);
      });

      it('says what was stored, and that it was not a repetition', async () => {
        const receipt = await here.publish(KEPT, recordOf('x'));
        expect(['node', 'broker', 'disk']).toContain(receipt.stored);
        expect(receipt.duplicate).toBe(false);
      });

      it('gives no two publishes one offset, on whatever nodes', async () => {
        const receipts = await Promise.all([
          publishAll(here, numbers(1, 50), KEPT),
          publishAll(there, numbers(51, 100), KEPT),
        ]);
        expect(new Set(receipts.flat().map(({ offset }) => offset)).size).toBe(100);
      });

      it('lets the publisher change its bytes as soon as it returns', async () => {
        const record = recordOf('before');
        const receipt = here.publish(KEPT, record);
        record.bytes.fill(0);
        await receipt;
        expect((await there.history(KEPT, ALL)).records.map(textOf)).toEqual(['before']);
      });
    });

    describe('a publish id', () => {
      const id = { publisher: 'p', counter: 7 };

      it('that is repeated stores nothing more and answers with the first place', async () => {
        const first = await here.publish(KEPT, recordOf('x', id));
        const again = await there.publish(KEPT, recordOf('x', id));
        expect(again).toEqual({ ...first, duplicate: true });
        expect((await here.history(KEPT, ALL)).records).toHaveLength(1);
      });

      it('that is repeated is not delivered again', async () => {
        const collector = new Collector();
        await there.subscribe(PASSING, collector);
        await here.publish(PASSING, recordOf('x', id));
        await here.publish(PASSING, recordOf('x', id));
        await here.publish(PASSING, recordOf('last'));
        expect((await collector.until(2)).texts).toEqual(['x', 'last']);
      });

      it('that was stored before a newer one answers with a place not before its own', async () => {
        const first = await here.publish(KEPT, recordOf('x', id));
        await here.publish(KEPT, recordOf('y', { ...id, counter: 8 }));
        const again = await here.publish(KEPT, recordOf('x', id));
        expect(again).toMatchObject({ duplicate: true, epoch: first.epoch });
        expect(again.offset).toBeGreaterThanOrEqual(first.offset);
        expect((await here.history(KEPT, ALL)).records).toHaveLength(2);
      });

      it('counts for one publisher and one topic', async () => {
        await here.publish(KEPT, recordOf('x', id));
        const other = await here.publish(KEPT, recordOf('y', { ...id, publisher: 'q' }));
        const elsewhere = await here.publish(OTHER, recordOf('x', id));
        expect([other.duplicate, elsewhere.duplicate]).toEqual([false, false]);
      });

      it('may jump, and records without one are never repetitions', async () => {
        await here.publish(KEPT, recordOf('x', id));
        await here.publish(KEPT, recordOf('x', { ...id, counter: 70 }));
        await publishAll(here, ['x', 'x'], KEPT);
        expect((await here.history(KEPT, ALL)).records).toHaveLength(4);
      });

      it('holds for a topic that keeps nothing', async () => {
        const first = await here.publish(PASSING, recordOf('x', id));
        const again = await here.publish(PASSING, recordOf('x', id));
        expect(again).toEqual({ ...first, duplicate: true });
      });
    });

    describe('subscribe', () => {
      it('starts at the newest place and gives what comes after it', async () => {
        const [, before] = await publishAll(here, ['1', '2'], KEPT);
        const collector = new Collector();
        const { start } = await here.subscribe(KEPT, collector);
        expect(start).toEqual({ epoch: before?.epoch, offset: before?.offset });
        await publishAll(here, ['3', '4'], KEPT);
        expect((await collector.until(2)).texts).toEqual(['3', '4']);
        expectChain(collector.records, start.offset);
      });

      it('begins a topic that nobody has used, in the epoch that it goes on with', async () => {
        const { start } = await here.subscribe(PASSING, new Collector());
        const receipt = await here.publish(PASSING, recordOf('x'));
        expect(receipt.epoch).toBe(start.epoch);
        expect(receipt.offset).toBeGreaterThan(start.offset);
      });

      it('gives records as they were published, with their places', async () => {
        const collector = new Collector();
        await there.subscribe(KEPT, collector);
        const record = {
          ...recordOf('x', { publisher: 'p', counter: 1 }),
          encoding: ENCODING.BYTES,
        };
        const { epoch, offset } = await here.publish(KEPT, record);
        const [delivered] = (await collector.until(1)).records;
        expect(delivered).toMatchObject({ epoch, offset, encoding: ENCODING.BYTES });
        expect(delivered?.layoutHash).toBe(record.layoutHash);
        expect(delivered?.publishId).toEqual(record.publishId);
        expect(Uint8Array.from(delivered?.bytes ?? [])).toEqual(record.bytes);
      });

      it('gives the records of a process in the order in which it published them', async () => {
        const collector = new Collector();
        await there.subscribe(PASSING, collector);
        await publishAll(here, numbers(1, 200), PASSING);
        expect((await collector.until(200)).texts).toEqual(numbers(1, 200));
      });

      it('gives all subscribers on all nodes one order without a hole', async () => {
        const collectors = [new Collector(), new Collector(), new Collector()] as const;
        const { start } = await here.subscribe(PASSING, collectors[0]);
        await here.subscribe(PASSING, collectors[1]);
        await there.subscribe(PASSING, collectors[2]);
        await Promise.all([
          publishAll(here, numbers(1, 100), PASSING),
          publishAll(there, numbers(101, 200), PASSING),
        ]);
        for (const collector of collectors)
          expectChain((await collector.until(200)).records, start.offset);
        expect(collectors[1].texts).toEqual(collectors[0].texts);
        expect(collectors[2].texts).toEqual(collectors[0].texts);
        expect(collectors.flatMap(({ moves }) => moves)).toEqual([]);
      });

      it('gives nothing of other topics, also of those with a similar key', async () => {
        const collector = new Collector();
        await here.subscribe(KEPT, collector);
        await here.publish(OTHER, recordOf('other'));
        await here.publish({ ...KEPT, key: 'chat.messages' }, recordOf('other'));
        await here.publish(KEPT, recordOf('mine'));
        expect((await collector.until(1)).texts).toEqual(['mine']);
      });

      it('gives nothing after it was closed, while others go on; closing twice is fine', async () => {
        const [ending, staying] = [new Collector(), new Collector()];
        const subscription = await here.subscribe(PASSING, ending);
        await here.subscribe(PASSING, staying);
        await here.publish(PASSING, recordOf('1'));
        await Promise.all([ending.until(1), staying.until(1)]);
        subscription.close();
        subscription.close();
        await here.publish(PASSING, recordOf('2'));
        expect((await staying.until(2)).texts).toEqual(['1', '2']);
        expect(ending.texts).toEqual(['1']);
      });
    });

    describe('history', () => {
      it('gives what is kept after an offset, oldest first, with the newest place', async () => {
        const receipts = await publishAll(here, numbers(1, 5), KEPT);
        const { records, top } = await there.history(KEPT, {
          ...ALL,
          from: { after: receipts[1]?.offset ?? 0 },
        });
        expect(records.map(textOf)).toEqual(['3', '4', '5']);
        expectChain(records, receipts[1]?.offset ?? 0);
        expect(top).toEqual({ epoch: receipts[4]?.epoch, offset: receipts[4]?.offset });
      });

      it('gives nothing after the newest record', async () => {
        const [receipt] = await publishAll(here, ['1'], KEPT);
        const page = await here.history(KEPT, { ...ALL, from: { after: receipt?.offset ?? 0 } });
        expect(page).toMatchObject({ records: [], top: { offset: receipt?.offset } });
      });

      it('shows by what came before the first record that older ones have gone', async () => {
        const receipts = await publishAll(here, numbers(1, 5), FEW);
        const { records } = await here.history(FEW, {
          ...ALL,
          from: { after: receipts[0]?.offset ?? 0 },
        });
        expect(records.map(textOf)).toEqual(['4', '5']);
        expect(records[0]?.previous).toBeGreaterThan(receipts[0]?.offset ?? 0);
        expect(records[0]?.previous).toBeLessThan(records[0]?.offset ?? 0);
      });

      it('gives pages within their limits, of at least one record, that join without a seam', async () => {
        await publishAll(here, numbers(10, 29), KEPT);
        for (const limit of [{ maxRecords: 3 }, { maxBytes: 7 }, { maxBytes: 1 }]) {
          const read: PlacedRecord[] = [];
          for (let after = 0, top = 1; after < top; after = read.at(-1)?.offset ?? 0) {
            const page = await there.history(KEPT, { ...LIMITS, ...limit, from: { after } });
            expect(page.records.length).toBeGreaterThanOrEqual(1);
            expect(page.records.length).toBeLessThanOrEqual(3);
            read.push(...page.records);
            top = page.top.offset;
          }
          expect(read.map(textOf)).toEqual(numbers(10, 29));
          expectChain(read, read[0]?.previous ?? 0);
        }
      });

      it('gives the newest so many of what is kept, from the oldest of them on', async () => {
        await publishAll(here, numbers(1, 5), KEPT);
        await here.publish(OTHER, recordOf('other'));
        const read = (last: number, maxRecords = 10) =>
          there.history(KEPT, { ...LIMITS, from: { last }, maxRecords });
        expect((await read(3)).records.map(textOf)).toEqual(['3', '4', '5']);
        expect((await read(3, 1)).records.map(textOf)).toEqual(['3']);
        expect((await read(99)).records.map(textOf)).toEqual(numbers(1, 5));
        expect((await read(0)).records).toEqual([]);
      });

      it('goes on behind the first of the newest so many, without a seam', async () => {
        const receipts = await publishAll(here, numbers(1, 5), KEPT);
        const newest = await there.history(KEPT, { ...LIMITS, from: { last: 3 }, maxRecords: 1 });
        const after = newest.records[0]?.previous ?? 0;
        const { records, top } = await there.history(KEPT, { ...LIMITS, from: { after } });
        expect(records.map(textOf)).toEqual(['3', '4', '5']);
        expectChain(records, after);
        expect(top.offset).toBe(receipts[4]?.offset);
      });

      it('gives no more of the newest than is kept', async () => {
        await publishAll(here, numbers(1, 5), FEW);
        const { records } = await there.history(FEW, { ...LIMITS, from: { last: 4 } });
        expect(records.map(textOf)).toEqual(['4', '5']);
      });

      it('of a topic that keeps nothing is empty and names its newest place', async () => {
        const [receipt] = await publishAll(here, ['1'], PASSING);
        const { records, top } = await there.history(PASSING, ALL);
        expect(records).toEqual([]);
        expect(top.epoch).toBe(receipt?.epoch);
        expect(top.offset).toBeGreaterThanOrEqual(receipt?.offset ?? 0);
      });

      it('and a subscription that began before it cover everything', async () => {
        const collector = new Collector();
        const early = publishAll(there, numbers(1, 50), KEPT);
        const { start } = await here.subscribe(KEPT, collector);
        const late = publishAll(there, numbers(51, 100), KEPT);
        const { records } = await here.history(KEPT, ALL);
        const receipts = [...(await early), ...(await late)];
        const read = records.filter(({ offset }) => offset <= start.offset);
        const live = receipts.filter(({ offset }) => offset > start.offset);
        expect(read.at(-1)?.offset ?? start.offset).toBe(start.offset);
        await collector.until(live.length);
        expect([...read, ...collector.records].map(textOf)).toEqual(numbers(1, 100));
      });
    });

    describe('close', () => {
      it('ends subscriptions, and everything afterwards is refused with UNAVAILABLE', async () => {
        const collector = new Collector();
        const subscription = await here.subscribe(KEPT, collector);
        await here.close();
        subscription.close();
        const refusal = { code: 'UNAVAILABLE', executed: 'no' };
        await expect(here.publish(KEPT, recordOf('x'))).rejects.toMatchObject(refusal);
        await expect(here.subscribe(KEPT, collector)).rejects.toMatchObject(refusal);
        await expect(here.history(KEPT, ALL)).rejects.toMatchObject(refusal);
        expect(collector.texts).toEqual([]);
      });

      it('may be called again', async () => {
        await here.close();
        await expect(here.close()).resolves.toBeUndefined();
      });
    });
  });
}

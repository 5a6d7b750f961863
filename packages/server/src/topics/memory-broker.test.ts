import {
  ENCODING,
  type BrokerListener,
  type BrokerRecord,
  type BrokerTopic,
  type KeepPolicy,
  type PlacedRecord,
  type PublishId,
} from '@trunkline/protocol';
import { VirtualRuntime } from '@trunkline/protocol/testing';
import { describe, expect, it } from 'vitest';
import type { MemoryBrokerLimits } from '../limits/memory-broker-limits.js';
import { MemoryBroker } from './memory-broker.js';

const KEEP: KeepPolicy = { count: 100, ageMs: 60_000, bytes: 1_000_000 };
const ALL = { from: { after: 0 }, maxRecords: 1_000, maxBytes: 1_000_000 };

function setup(limits: Partial<MemoryBrokerLimits> = {}) {
  const runtime = new VirtualRuntime();
  const errors: unknown[] = [];
  const broker = new MemoryBroker({ runtime, limits, onError: (error) => errors.push(error) });
  return { runtime, errors, broker };
}

function recordOf(text: string, publishId?: PublishId): BrokerRecord {
  const bytes = new TextEncoder().encode(text);
  return { publishId, encoding: ENCODING.BYTES, layoutHash: '0'.repeat(16), bytes };
}

function topicOf(key: string, keep?: KeepPolicy): BrokerTopic {
  return { key, keep };
}

/** Listens to records alone. */
function listener(record: BrokerListener['record']): BrokerListener {
  return { record, moved: () => undefined, stale: () => undefined };
}

function textOf(record: PlacedRecord): string {
  return new TextDecoder().decode(record.bytes);
}

function collect(): BrokerListener & { readonly texts: string[] } {
  const texts: string[] = [];
  return {
    texts,
    record: (record) => texts.push(textOf(record)),
    moved: () => texts.push('moved'),
    stale: () => texts.push('stale'),
  };
}

describe('what a MemoryBroker keeps of all topics', () => {
  const kept = async (broker: MemoryBroker, key: string) =>
    (await broker.history(topicOf(key), ALL)).records.map(textOf);

  it('is no more topics than the limit: the one used longest ago loses its records', async () => {
    const { broker } = setup({ keptTopics: 2 });
    const { epoch } = await broker.publish(topicOf('a.a', KEEP), recordOf('a'));
    await broker.publish(topicOf('a.b', KEEP), recordOf('b'));
    await kept(broker, 'a.a');
    await broker.publish(topicOf('a.c', KEEP), recordOf('c'));
    expect(await kept(broker, 'a.b')).toEqual([]);
    expect(await kept(broker, 'a.a')).toEqual(['a']);
    expect(await kept(broker, 'a.c')).toEqual(['c']);
    expect(await broker.publish(topicOf('a.a', KEEP), recordOf('d'))).toMatchObject({ epoch });
  });

  it('is no more bytes than the limit, and a place outlives its records', async () => {
    const { broker } = setup({ keptBytes: 1_000 });
    const first = await broker.publish(topicOf('a.a', KEEP), recordOf('x'.repeat(400)));
    await broker.publish(topicOf('a.b', KEEP), recordOf('y'.repeat(400)));
    const { records, top } = await broker.history(topicOf('a.a'), ALL);
    expect({ records, top }).toEqual({ records: [], top: { epoch: first.epoch, offset: 1 } });
    expect(await kept(broker, 'a.b')).toHaveLength(1);
    await broker.publish(topicOf('a.b', KEEP), recordOf('z'.repeat(2_000)));
    expect(await kept(broker, 'a.b')).toEqual([]);
  });

  it('counts what went by itself no more', async () => {
    const { broker, runtime } = setup({ keptTopics: 1, keptBytes: 600, sweepMs: 1_000 });
    await broker.publish(topicOf('a.a', { ...KEEP, ageMs: 500 }), recordOf('a'));
    await runtime.advance(1_000);
    for (const text of ['b', 'c', 'd']) {
      await broker.publish(topicOf('a.b', { ...KEEP, count: 2 }), recordOf(text));
    }
    expect(await kept(broker, 'a.b')).toEqual(['c', 'd']);
  });
});

describe('MemoryBroker', () => {
  it('counts each topic from 1 and says that a record is stored in this node', async () => {
    const { broker } = setup();
    const first = await broker.publish(topicOf('a.a', KEEP), recordOf('x'));
    expect(first).toMatchObject({ offset: 1, stored: 'node', duplicate: false });
    expect(first.epoch).toMatch(/^[0-9a-f]{16}$/);
    expect(await broker.publish(topicOf('a.a', KEEP), recordOf('y'))).toEqual({
      ...first,
      offset: 2,
    });
    expect(await broker.publish(topicOf('a.b', KEEP), recordOf('x'))).toMatchObject({ offset: 1 });
  });

  it('delivers before publish returns', async () => {
    const { broker } = setup();
    const collected = collect();
    await broker.subscribe(topicOf('a.a'), collected);
    const receipt = broker.publish(topicOf('a.a'), recordOf('x'));
    expect(collected.texts).toEqual(['x']);
    await receipt;
  });

  it('shows every listener one order when a listener publishes', async () => {
    const { broker } = setup();
    const [before, after] = [collect(), collect()];
    await broker.subscribe(topicOf('a.a'), before);
    await broker.subscribe(
      topicOf('a.a'),
      listener(({ offset }) => {
        if (offset < 3) void broker.publish(topicOf('a.a', KEEP), recordOf(`${offset + 1}`));
      }),
    );
    await broker.subscribe(topicOf('a.a'), after);
    const receipt = await broker.publish(topicOf('a.a', KEEP), recordOf('1'));
    expect(receipt.offset).toBe(1);
    expect(before.texts).toEqual(['1', '2', '3']);
    expect(after.texts).toEqual(['1', '2', '3']);
  });

  it('gives a listener that joins during a delivery only what comes after its start', async () => {
    const { broker } = setup();
    const late = collect();
    let joined: Promise<unknown> | undefined;
    await broker.subscribe(
      topicOf('a.a'),
      listener(() => void (joined ??= broker.subscribe(topicOf('a.a'), late))),
    );
    await broker.publish(topicOf('a.a'), recordOf('x'));
    expect(await joined).toMatchObject({ start: { offset: 1 } });
    await broker.publish(topicOf('a.a'), recordOf('y'));
    expect(late.texts).toEqual(['y']);
  });

  it('delivers nothing to a listener that left during the same delivery', async () => {
    const { broker } = setup();
    const leaving = collect();
    let leave = (): void => undefined;
    await broker.subscribe(
      topicOf('a.a'),
      listener(() => leave()),
    );
    const subscription = await broker.subscribe(topicOf('a.a'), leaving);
    leave = () => subscription.close();
    await broker.publish(topicOf('a.a'), recordOf('x'));
    expect(leaving.texts).toEqual([]);
  });

  it('goes on with the other listeners when one throws, and reports what it threw', async () => {
    const { broker, errors } = setup();
    const other = collect();
    const fault = new Error('a bug');
    await broker.subscribe(
      topicOf('a.a'),
      listener(() => {
        throw fault;
      }),
    );
    await broker.subscribe(topicOf('a.a'), other);
    await broker.publish(topicOf('a.a', KEEP), recordOf('x'));
    await broker.publish(topicOf('a.a', KEEP), recordOf('y'));
    expect(other.texts).toEqual(['x', 'y']);
    expect(errors).toEqual([fault, fault]);
  });

  it('says nothing of a listener that throws unless it was asked to', async () => {
    const broker = new MemoryBroker({ runtime: new VirtualRuntime() });
    await broker.subscribe(
      topicOf('a.a'),
      listener(() => {
        throw new Error('a bug');
      }),
    );
    expect(await broker.publish(topicOf('a.a'), recordOf('x'))).toMatchObject({ offset: 1 });
  });

  it('owns its bytes: nothing of the buffer that they were read from stays', async () => {
    const { broker } = setup();
    const buffer = Buffer.alloc(64 * 1024, 'x');
    const bytes = buffer.subarray(10, 13);
    await broker.publish(topicOf('a.a', KEEP), { ...recordOf(''), bytes });
    buffer.fill('y');
    const [kept] = (await broker.history(topicOf('a.a'), ALL)).records;
    expect(kept && textOf(kept)).toBe('xxx');
    expect(kept?.bytes.buffer.byteLength).toBe(3);
  });

  it('refuses a new publisher with BUSY when it remembers as many as it may', async () => {
    const { broker, runtime } = setup({ publishers: 1, publisherMs: 1_000 });
    await broker.publish(topicOf('a.a', KEEP), recordOf('x', { publisher: 'p', counter: 1 }));
    const second = recordOf('y', { publisher: 'q', counter: 1 });
    await expect(broker.publish(topicOf('a.a', KEEP), second)).rejects.toMatchObject({
      code: 'BUSY',
    });
    expect((await broker.history(topicOf('a.a'), ALL)).top.offset).toBe(1);
    await runtime.advance(1_000);
    expect(await broker.publish(topicOf('a.a', KEEP), second)).toMatchObject({ offset: 2 });
  });

  it('knows a repeated publish in the epoch in which it was stored', async () => {
    const { broker } = setup({ idleTopics: 1 });
    const record = recordOf('x', { publisher: 'p', counter: 1 });
    const receipt = await broker.publish(topicOf('a.a'), record);
    await broker.publish(topicOf('a.b'), recordOf('y'));
    await broker.publish(topicOf('a.c'), recordOf('y'));
    const again = await broker.publish(topicOf('a.a'), record);
    expect(again).toEqual({ ...receipt, duplicate: true });
    expect((await broker.history(topicOf('a.a'), ALL)).top.epoch).not.toBe(receipt.epoch);
  });

  it('refuses a limit that it does not have', () => {
    const limits = { publisher: 1 } as Partial<MemoryBrokerLimits>;
    expect(() => new MemoryBroker({ limits })).toThrow('unknown limit "publisher"');
  });
});

describe('the history of a MemoryBroker', () => {
  it('no longer has what is older than the topic keeps', async () => {
    const { broker, runtime } = setup();
    await broker.publish(topicOf('a.a', KEEP), recordOf('old'));
    await runtime.advance(59_999);
    await broker.publish(topicOf('a.a', KEEP), recordOf('new'));
    expect((await broker.history(topicOf('a.a'), ALL)).records.map(textOf)).toEqual(['old', 'new']);
    await runtime.advance(1);
    const { records, top } = await broker.history(topicOf('a.a'), ALL);
    expect(records.map(textOf)).toEqual(['new']);
    expect(records[0]?.previous).toBe(1);
    expect(top.offset).toBe(2);
  });

  it('shrinks to epoch and offset when nothing is kept and nobody listens', async () => {
    const { broker, runtime } = setup();
    const receipt = await broker.publish(topicOf('a.a', KEEP), recordOf('x'));
    await runtime.advance(600_000);
    expect(runtime.timers).toBe(0);
    expect(await broker.history(topicOf('a.a'), ALL)).toEqual({
      records: [],
      top: { epoch: receipt.epoch, offset: 1 },
    });
    expect(await broker.publish(topicOf('a.a', KEEP), recordOf('y'))).toEqual({
      ...receipt,
      offset: 2,
    });
  });

  it('begins the topic that is idle longest again with another epoch when there are too many', async () => {
    const { broker } = setup({ idleTopics: 2 });
    const epochs = new Map<string, string>();
    for (const key of ['a.a', 'a.b']) {
      epochs.set(key, (await broker.publish(topicOf(key), recordOf('x'))).epoch);
    }
    // Asking counts as use, so "a.b" is idle longest now.
    expect((await broker.history(topicOf('a.a'), ALL)).top).toEqual({
      epoch: epochs.get('a.a'),
      offset: 1,
    });
    await broker.publish(topicOf('a.c'), recordOf('x'));
    expect((await broker.history(topicOf('a.a'), ALL)).top).toEqual({
      epoch: epochs.get('a.a'),
      offset: 1,
    });
    const begun = (await broker.history(topicOf('a.b'), ALL)).top;
    expect(begun.offset).toBe(0);
    expect(begun.epoch).not.toBe(epochs.get('a.b'));
  });

  it('keeps the epoch of topics that have subscribers or records, however many are idle', async () => {
    const { broker } = setup({ idleTopics: 0 });
    const { start } = await broker.subscribe(topicOf('a.a'), collect());
    const { epoch } = await broker.publish(topicOf('a.b', KEEP), recordOf('x'));
    for (let n = 0; n < 10; n++) await broker.publish(topicOf(`a.c${n}`), recordOf('x'));
    expect((await broker.history(topicOf('a.a'), ALL)).top.epoch).toBe(start.epoch);
    expect((await broker.history(topicOf('a.b'), ALL)).top.epoch).toBe(epoch);
  });
});

describe('the timer of a MemoryBroker', () => {
  it('runs only while something is kept', async () => {
    const { broker, runtime } = setup({ sweepMs: 10_000 });
    expect(runtime.timers).toBe(0);
    await broker.subscribe(topicOf('a.a'), collect());
    await broker.publish(topicOf('a.a'), recordOf('x'));
    await broker.history(topicOf('a.b'), ALL);
    expect(runtime.timers).toBe(0);
    await broker.publish(topicOf('a.a', KEEP), recordOf('x'));
    expect(runtime.timers).toBe(1);
    await runtime.advance(59_999);
    expect(runtime.timers).toBe(1);
    await runtime.advance(1);
    expect(runtime.timers).toBe(0);
  });

  it('stops as soon as the last record goes for another reason', async () => {
    const { broker, runtime } = setup();
    await broker.publish(topicOf('a.a', KEEP), recordOf('x'));
    await broker.publish(topicOf('a.a'), recordOf('x'));
    expect(runtime.timers).toBe(0);
  });

  it('runs while publish ids are remembered', async () => {
    const { broker, runtime } = setup();
    await broker.publish(topicOf('a.a'), recordOf('x', { publisher: 'p', counter: 1 }));
    await runtime.advance(299_999);
    expect(runtime.timers).toBe(1);
    await runtime.advance(10_000);
    expect(runtime.timers).toBe(0);
  });

  it('is gone when the broker was closed, also by a listener', async () => {
    const { broker, runtime } = setup();
    await broker.subscribe(
      topicOf('a.a'),
      listener(() => void broker.close()),
    );
    const last = recordOf('x', { publisher: 'p', counter: 1 });
    expect(await broker.publish(topicOf('a.a', KEEP), last)).toMatchObject({ offset: 1 });
    expect(runtime.timers).toBe(0);
  });
});

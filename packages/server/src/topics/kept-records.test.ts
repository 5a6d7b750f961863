import { ENCODING, type HistoryQuery, type PlacedRecord } from '@trunkline/protocol';
import { describe, expect, it } from 'vitest';
import { KeptRecords } from './kept-records.js';

const PLENTY = { count: 1_000, ageMs: 1_000, bytes: 1_000_000 };
const ALL = { from: { after: 0 }, maxRecords: 1_000_000, maxBytes: 1_000_000_000 };

function recordAt(offset: number, size = 1): PlacedRecord {
  return {
    publishId: undefined,
    encoding: ENCODING.BYTES,
    layoutHash: '0'.repeat(16),
    bytes: new Uint8Array(size),
    epoch: '00000000000000aa',
    offset,
    previous: offset - 1,
  };
}

function offsets(kept: KeptRecords, query: Partial<HistoryQuery> = {}): number[] {
  return kept.page({ ...ALL, ...query }).map(({ offset }) => offset);
}

describe('KeptRecords', () => {
  it('keeps the newest of them up to a count', () => {
    const kept = new KeptRecords();
    for (let offset = 1; offset <= 5; offset++) {
      kept.add(recordAt(offset), { ...PLENTY, count: 3 }, 0);
    }
    expect(offsets(kept)).toEqual([3, 4, 5]);
    expect(kept.page(ALL)[0]?.previous).toBe(2);
  });

  it('keeps the newest of them up to a number of bytes, none if one alone has more', () => {
    const kept = new KeptRecords();
    const policy = { ...PLENTY, bytes: 10 };
    kept.add(recordAt(1, 4), policy, 0);
    kept.add(recordAt(2, 4), policy, 0);
    kept.add(recordAt(3, 3), policy, 0);
    expect(offsets(kept)).toEqual([2, 3]);
    kept.add(recordAt(4, 11), policy, 0);
    expect(kept.isEmpty).toBe(true);
    kept.add(recordAt(5, 10), policy, 0);
    expect(offsets(kept)).toEqual([5]);
  });

  it('lets go of a record that has reached its age', () => {
    const kept = new KeptRecords();
    kept.add(recordAt(1), PLENTY, 0);
    kept.add(recordAt(2), PLENTY, 1);
    kept.trim(999);
    expect(offsets(kept)).toEqual([1, 2]);
    kept.trim(1_000);
    expect(offsets(kept)).toEqual([2]);
    kept.trim(1_001);
    expect(kept.isEmpty).toBe(true);
  });

  it('lets go of all when the newest record comes without a policy', () => {
    const kept = new KeptRecords();
    kept.add(recordAt(1), PLENTY, 0);
    kept.add(recordAt(2), undefined, 0);
    expect(kept.isEmpty).toBe(true);
  });

  it('holds to the policy that came last', () => {
    const kept = new KeptRecords();
    for (let offset = 1; offset <= 5; offset++) kept.add(recordAt(offset), PLENTY, 0);
    kept.add(recordAt(6), { ...PLENTY, count: 2 }, 0);
    expect(offsets(kept)).toEqual([5, 6]);
  });

  it('gives pages of at most so many records and bytes, and of at least one record', () => {
    const kept = new KeptRecords();
    for (let offset = 1; offset <= 5; offset++) kept.add(recordAt(offset, 10), PLENTY, 0);
    expect(offsets(kept, { maxRecords: 2 })).toEqual([1, 2]);
    expect(offsets(kept, { from: { after: 2 }, maxRecords: 2 })).toEqual([3, 4]);
    expect(offsets(kept, { maxBytes: 30 })).toEqual([1, 2, 3]);
    expect(offsets(kept, { maxBytes: 29 })).toEqual([1, 2]);
    expect(offsets(kept, { maxBytes: 1 })).toEqual([1]);
    expect(offsets(kept, { maxRecords: 0 })).toEqual([1]);
    expect(offsets(kept, { from: { after: 5 } })).toEqual([]);
    expect(offsets(kept, { from: { after: 99 } })).toEqual([]);
  });

  it('gives the newest so many that are kept, from the oldest of them on', () => {
    const kept = new KeptRecords();
    for (let offset = 1; offset <= 5; offset++) {
      kept.add(recordAt(offset, 10), { ...PLENTY, count: 4 }, 0);
    }
    expect(offsets(kept, { from: { last: 3 } })).toEqual([3, 4, 5]);
    expect(offsets(kept, { from: { last: 3 }, maxRecords: 1 })).toEqual([3]);
    expect(offsets(kept, { from: { last: 4 } })).toEqual([2, 3, 4, 5]);
    expect(offsets(kept, { from: { last: 99 } })).toEqual([2, 3, 4, 5]);
    expect(offsets(kept, { from: { last: 0 } })).toEqual([]);
    expect(offsets(new KeptRecords(), { from: { last: 3 } })).toEqual([]);
  });

  it('finds its records after thousands have gone', () => {
    const kept = new KeptRecords();
    for (let offset = 1; offset <= 5_000; offset++) {
      kept.add(recordAt(offset), { ...PLENTY, count: 100 }, 0);
      const oldest = Math.max(1, offset - 99);
      expect(offsets(kept, { maxRecords: 1 })).toEqual([oldest]);
      expect(offsets(kept, { from: { after: offset - 1 } })).toEqual([offset]);
      expect(offsets(kept, { from: { last: 1 } })).toEqual([offset]);
    }
  });
});

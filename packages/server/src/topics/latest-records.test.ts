import { ENCODING, type PlacedRecord } from '@trunkline/protocol';
import { expect, it } from 'vitest';
import { conflate, LatestRecords, UNLIMITED } from './latest-records.js';

const EPOCH = '00000000000000e0';

function record(offset: number, key: string, previous = offset - 1): PlacedRecord {
  const bytes = new TextEncoder().encode(key);
  const layoutHash = '0'.repeat(16);
  const encoding = ENCODING.BYTES;
  return { publishId: undefined, encoding, layoutHash, bytes, epoch: EPOCH, offset, previous };
}

function keyOf({ bytes }: PlacedRecord): string | undefined {
  return new TextDecoder().decode(bytes) || undefined;
}

function chainOf(records: readonly PlacedRecord[] | undefined): string[] | undefined {
  return records?.map((one) => `${one.previous}-${one.offset}${keyOf(one) ?? ''}`);
}

it('gives the newest record of each key in order, each with the one given before it', () => {
  const latest = new LatestRecords(UNLIMITED, keyOf);
  for (const [index, key] of ['a', 'b', 'a', 'c', 'b'].entries())
    latest.add(record(index + 1, key));
  expect(chainOf(latest.after(0))).toEqual(['0-3a', '3-4c', '4-5b']);
  expect(chainOf(latest.after(3))).toEqual(['3-4c', '4-5b']);
  expect(chainOf(latest.after(4))).toEqual(['4-5b']);
  expect(latest.after(5)).toEqual([]);
});

it('serves nobody who is before its start', () => {
  const latest = new LatestRecords(UNLIMITED, keyOf);
  expect(latest.after(0)).toBeUndefined();
  latest.add(record(9, 'a', 7));
  expect(latest.start).toBe(7);
  expect(latest.after(6)).toBeUndefined();
  expect(chainOf(latest.after(7))).toEqual(['7-9a']);
});

it('lets go of the key that was quiet longest, and moves its start behind it', () => {
  const latest = new LatestRecords({ records: 2, bytes: 10 }, keyOf);
  for (const [index, key] of ['a', 'b', 'a', 'c'].entries()) latest.add(record(index + 1, key));
  expect(latest.start).toBe(2);
  expect(latest.after(1)).toBeUndefined();
  expect(chainOf(latest.after(2))).toEqual(['2-3a', '3-4c']);
  latest.add(record(5, 'd'.repeat(11)));
  expect(latest.start).toBe(5);
  expect(latest.after(4)).toBeUndefined();
  expect(latest.after(5)).toEqual([]);
});

it('takes each record that cannot be read for itself', () => {
  const records = [record(1, ''), record(2, 'a'), record(3, ''), record(4, 'a')];
  expect(chainOf(conflate(records, keyOf))).toEqual(['0-1', '1-3', '3-4a']);
});

it('leaves a part of a topic as it is where no key is there twice', () => {
  const records = [record(5, 'a', 2), record(6, 'b')];
  expect(conflate(records, keyOf)).toEqual(records);
  expect(conflate([], keyOf)).toEqual([]);
});

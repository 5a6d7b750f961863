import { topic } from '@trunkline/contract';
import { ENCODING, type BrokerRecord, type PlacedRecord } from '@trunkline/protocol';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { prepareRecord } from './record.js';
import { EVERY_RECORD, policyOf } from './topic-policy.js';

const message = z.object({
  id: z.union([z.string(), z.number(), z.bigint()]).optional(),
  at: z.date(),
});

function placed(record: BrokerRecord | Promise<BrokerRecord>): PlacedRecord {
  return { ...(record as BrokerRecord), epoch: '0'.repeat(16), offset: 1, previous: 0 };
}

describe('policyOf', () => {
  it('delivers every record unless the contract says otherwise', () => {
    expect(policyOf(topic({ message }))).toBe(EVERY_RECORD);
    expect(policyOf(topic({ message, slow: 'close' }))).toEqual({ ...EVERY_RECORD, slow: 'close' });
  });

  it('has the interval of the rate', () => {
    const policy = policyOf(topic({ message, delivery: { latest: 'id', maxPerSecond: 4 } }));
    expect(policy).toMatchObject({ slow: 'conflate', latest: { intervalMs: 250 } });
    expect(policyOf(topic({ message, slow: { conflate: 'id' } }))).toMatchObject({
      slow: 'conflate',
      latest: undefined,
    });
  });

  it('reads keys out of packed records, and tells values of all kinds apart', () => {
    const prices = topic({ message, delivery: { latest: 'id' } });
    const { keyOf } = policyOf(prices);
    const ids = ['1', 1, 1n, undefined, 'null', ''];
    const keys = ids.map((id) =>
      keyOf?.(placed(prepareRecord(prices, { id, at: new Date() }, undefined))),
    );
    expect(new Set(keys).size).toBe(ids.length);
    expect(keys).not.toContain(undefined);
    const again = placed(prepareRecord(prices, { id: 1n, at: new Date(0) }, undefined));
    expect(keyOf?.(again)).toBe(keys[2]);
  });

  it('has no key for a record that it cannot read, and one for all where no field is named', () => {
    const prices = topic({ message, delivery: { latest: 'id' } });
    const packed = placed(prepareRecord(prices, { id: 'a', at: new Date() }, undefined));
    const { keyOf } = policyOf(prices);
    expect(keyOf?.({ ...packed, layoutHash: 'f'.repeat(16) })).toBeUndefined();
    expect(keyOf?.({ ...packed, bytes: new Uint8Array(0) })).toBeUndefined();
    expect(
      keyOf?.({ ...packed, encoding: ENCODING.NONE, bytes: new Uint8Array(0) }),
    ).toBeUndefined();
    const whole = policyOf(topic({ message: z.string(), delivery: { latest: true } }));
    expect(whole.keyOf?.(packed)).toBe('');
  });
});

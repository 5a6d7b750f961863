import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { callRateOf, expectCallCost, expectCallRate } from './call-rate.js';
import { call, contract, describe as describeContract, stream, topic } from './index.js';
import { optionFaults } from './member-options.js';

const EXPECTED =
  'expected a text such as "60/s", a whole number with s, min or h, or { perSecond: 60 }';

describe('a rate', () => {
  it.each([
    ['60/s', { perSecond: 60, burst: 60 }],
    ['6/min', { perSecond: 0.1, burst: 6 }],
    ['36/h', { perSecond: 0.01, burst: 36 }],
    ['1000000/s', { perSecond: 1_000_000, burst: 1_000_000 }],
    [{ perSecond: 60 }, { perSecond: 60, burst: 60 }],
    [{ perSecond: 2.5 }, { perSecond: 2.5, burst: 3 }],
    [{ perSecond: 0.1 }, { perSecond: 0.1, burst: 1 }],
    [
      { perSecond: 60, burst: 200 },
      { perSecond: 60, burst: 200 },
    ],
  ] as const)('%j is %j', (given, rate) => {
    expect(expectCallRate(given)).toBeUndefined();
    expect(callRateOf(given)).toEqual(rate);
  });

  it.each([
    ['60', `${EXPECTED}, got "60"`],
    ['60/S', `${EXPECTED}, got "60/S"`],
    ['60/sec', `${EXPECTED}, got "60/sec"`],
    ['60 /s', `${EXPECTED}, got "60 /s"`],
    ['060/s', `${EXPECTED}, got "060/s"`],
    ['0/s', `${EXPECTED}, got "0/s"`],
    ['-1/s', `${EXPECTED}, got "-1/s"`],
    ['0.5/s', `${EXPECTED}, got "0.5/s"`],
    ['1e3/s', `${EXPECTED}, got "1e3/s"`],
    ['1000001/s', `${EXPECTED}, got "1000001/s"`],
    ['60/s\n', `${EXPECTED}, got "60/s\\n"`],
    [60, `${EXPECTED}, got 60`],
    [null, `${EXPECTED}, got null`],
    [['60/s'], `${EXPECTED}, got an object`],
    [{}, 'option "perSecond": expected a number above 0 and up to 1000000, got undefined'],
    [
      { perSecond: Number.NaN },
      'option "perSecond": expected a number above 0 and up to 1000000, got NaN',
    ],
    [
      { perSecond: Infinity },
      'option "perSecond": expected a number above 0 and up to 1000000, got Infinity',
    ],
    [
      { perSecond: '60' },
      'option "perSecond": expected a number above 0 and up to 1000000, got "60"',
    ],
    [
      { perSecond: 60, burst: 0 },
      'option "burst": expected a whole number from 1 to 1000000, got 0',
    ],
    [
      { perSecond: 60, burst: 1.5 },
      'option "burst": expected a whole number from 1 to 1000000, got 1.5',
    ],
    [{ perSecond: 60, per: 's' }, 'unknown option "per": expected perSecond, burst'],
  ] as const)('is refused as %j', (given, fault) => {
    expect(expectCallRate(given)).toBe(fault);
  });

  it('is told with its path, with all that is wrong beside it', () => {
    const build = () =>
      contract('shop', {
        order: call({ rate: '60' as '60/s', cost: -1 }),
        watch: stream({ down: z.int(), rate: { perSecond: 0 } }),
        news: topic({ message: z.string(), rate: '5/s' }),
        sold: topic({ message: z.string(), cost: 5 }),
      });
    expect(build).toThrow(`shop.order: option "rate": ${EXPECTED}, got "60"`);
    expect(build).toThrow('shop.order: option "cost": expected a number from 0 to 1000000, got -1');
    expect(build).toThrow('shop.watch: option "rate": option "perSecond": expected a number above');
    expect(build).toThrow(
      'shop.news: option "rate" is for what clients publish: this topic says publish: "server"',
    );
    expect(build).toThrow('shop.sold: option "cost" is for what clients publish');
  });

  it('is not for what the server calls', () => {
    expect(optionFaults('clientCall', { rate: '5/s' })).toEqual([
      'unknown option "rate": expected description, deprecated, since, input, output, errors, deadlineMs, maxInputBytes, maxOutputBytes, idempotent',
    ]);
  });

  it('is described, and no peer sees it', () => {
    const members = (rate: '5/s' | undefined, cost: number | undefined) => ({
      order: call(rate === undefined || cost === undefined ? {} : { rate, cost }),
      notes: topic({ message: z.string(), publish: 'client', ...(rate && { rate }) }),
    });
    const priced = contract('shop', members('5/s', 2));
    expect(describeContract(priced).members).toMatchObject([
      { name: 'order', rate: { perSecond: 5, burst: 5 }, cost: 2 },
      { name: 'notes', rate: { perSecond: 5, burst: 5 } },
    ]);
    const bare = contract('shop', members(undefined, undefined));
    expect(describeContract(bare).members[0]).not.toHaveProperty('rate');
    expect(priced.revision).toBe(bare.revision);
    expect(describeContract(priced).layouts).toEqual(describeContract(bare).layouts);
  });
});

describe('a cost', () => {
  it.each([0, 0.5, 1, 1_000_000])('may be %d', (cost) => {
    expect(expectCallCost(cost)).toBeUndefined();
  });

  it.each([-1, 1_000_001, Number.NaN, Infinity, '1', null])('is refused as %j', (cost) => {
    expect(expectCallCost(cost)).toContain('expected a number from 0 to 1000000, got ');
  });
});

import { VirtualRuntime } from '@trunkline/protocol/testing';
import { describe, expect, it } from 'vitest';
import { TokenBucket } from './token-bucket.js';

describe('TokenBucket', () => {
  it('gives its burst at once and then nothing', () => {
    const bucket = new TokenBucket(new VirtualRuntime(), { perSecond: 10, burst: 3 });
    expect([1, 2, 3, 4].map(() => bucket.take())).toEqual([true, true, true, false]);
  });

  it('has a token again after what waitMs says, and not before', async () => {
    const runtime = new VirtualRuntime();
    for (const perSecond of [3, 7, 33, 100, 1000]) {
      const bucket = new TokenBucket(runtime, { perSecond, burst: 1 });
      for (let round = 0; round < 50; round++) {
        expect(bucket.take()).toBe(true);
        const { waitMs } = bucket;
        expect(waitMs).toBe(Math.ceil(1000 / perSecond));
        await runtime.advance(waitMs - 1);
        expect(bucket.take()).toBe(false);
        await runtime.advance(1);
        expect(bucket.waitMs).toBe(0);
      }
    }
  });

  it('takes several tokens or none', () => {
    const bucket = new TokenBucket(new VirtualRuntime(), { perSecond: 1, burst: 5 });
    expect([bucket.take(4), bucket.take(2), bucket.take(1), bucket.take(1)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  it('never holds more than its burst, and says when it holds it', async () => {
    const runtime = new VirtualRuntime();
    const bucket = new TokenBucket(runtime, { perSecond: 10, burst: 2 });
    expect(bucket.isFull).toBe(true);
    bucket.take();
    expect(bucket.isFull).toBe(false);
    await runtime.advance(60_000);
    expect(bucket.isFull).toBe(true);
    expect([1, 2, 3].map(() => bucket.take())).toEqual([true, true, false]);
  });

  it('waits for ever when it can never hold a token', () => {
    const never = { perSecond: 10, burst: 0 };
    expect(new TokenBucket(new VirtualRuntime(), never).waitMs).toBe(Infinity);
    const once = new TokenBucket(new VirtualRuntime(), { perSecond: 0, burst: 1 });
    expect(once.take()).toBe(true);
    expect(once.waitMs).toBe(Infinity);
  });
});

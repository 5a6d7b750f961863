import { VirtualRuntime } from '@trunkline/protocol/testing';
import { describe, expect, it } from 'vitest';
import { ExpiryWatch } from './expiry-watch.js';

const YEAR_MS = 31_536_000_000;

/** A runtime whose wall clock can be set. */
class SetRuntime extends VirtualRuntime {
  aheadMs = 0;

  override wallNow(): number {
    return super.wallNow() + this.aheadMs;
  }
}

/** Like the machine's timers, none of which is longer than 2^31 ms. */
class CappedRuntime extends SetRuntime {
  override startTimer(delayMs: number, callback: () => void) {
    return super.startTimer(Math.min(delayMs, 2_147_483_647), callback);
  }
}

function open(runtime = new SetRuntime()) {
  const watch = new ExpiryWatch(runtime);
  const passed: number[] = [];
  const waitFor = (delayMs: number) =>
    watch.watch(runtime.wallNow() + delayMs, () => passed.push(runtime.now()));
  return { runtime, watch, passed, waitFor };
}

describe('a watch of the wall clock', () => {
  it('calls back when the moment has come, once, and leaves nothing behind', async () => {
    const { runtime, watch, passed, waitFor } = open();
    waitFor(5_000);
    await runtime.advance(4_999);
    expect(passed).toEqual([]);
    await runtime.advance(1);
    expect(passed).toEqual([5_000]);
    await runtime.advance(10_000);
    expect(passed).toEqual([5_000]);
    expect([watch.size, runtime.timers]).toEqual([0, 0]);
  });

  it('waits for nobody who has cancelled, however often', async () => {
    const { runtime, watch, passed, waitFor } = open();
    const [first, second] = [waitFor(1_000), waitFor(2_000)];
    first.cancel();
    first.cancel();
    await runtime.advance(1_500);
    expect(passed).toEqual([]);
    second.cancel();
    expect([watch.size, runtime.timers]).toEqual([0, 0]);
  });

  it('calls back for what has passed already, but not at once', async () => {
    const { runtime, passed, waitFor } = open();
    waitFor(-1);
    expect(passed).toEqual([]);
    await runtime.advance(0);
    expect(passed).toEqual([0]);
  });

  it('calls back within a second when the clock is set forward', async () => {
    const { runtime, passed, waitFor } = open();
    waitFor(3_600_000);
    await runtime.advance(10_300);
    runtime.aheadMs = 3_600_000;
    await runtime.advance(1_000);
    expect(passed).toHaveLength(1);
    expect(runtime.timers).toBe(0);
  });

  it('waits longer when the clock is set back, and as long as before when it is mended', async () => {
    const { runtime, passed, waitFor } = open();
    waitFor(10_000);
    runtime.aheadMs = -60_000;
    await runtime.advance(69_000);
    expect(passed).toEqual([]);
    await runtime.advance(1_000);
    expect(passed).toEqual([70_000]);
  });

  it('is not misled by a clock that is brought right slowly', async () => {
    const { runtime, passed, waitFor } = open();
    waitFor(60_000);
    for (let second = 0; second < 50; second++) {
      runtime.aheadMs += 20;
      await runtime.advance(1_000);
    }
    await runtime.advance(9_250);
    expect(passed).toHaveLength(1);
  });

  it('waits for years, which no timer does', async () => {
    const { runtime, passed, waitFor } = open(new CappedRuntime());
    waitFor(YEAR_MS);
    // By the clock alone: a year of seconds would be too many.
    runtime.aheadMs = YEAR_MS - 2_000;
    await runtime.advance(1_500);
    expect(passed).toEqual([]);
    await runtime.advance(500);
    expect(passed).toEqual([2_000]);
  });
});

import { describe, expect, it } from 'vitest';
import { systemRuntime } from './system-runtime.js';

describe('systemRuntime', () => {
  it('has a clock that never goes back', () => {
    let before = systemRuntime.now();
    for (let count = 0; count < 1_000; count++) {
      const now = systemRuntime.now();
      expect(now).toBeGreaterThanOrEqual(before);
      before = now;
    }
  });

  it('calls back at the end of the turn, behind its microtasks and in order', async () => {
    const log: string[] = [];
    await new Promise<void>((resolve) => {
      systemRuntime.endOfTurn(() => log.push('first'));
      systemRuntime.endOfTurn(() => (log.push('second'), resolve()));
      void Promise.resolve().then(() => log.push('microtask'));
      log.push('turn');
    });
    expect(log).toEqual(['turn', 'microtask', 'first', 'second']);
  });

  it('fires a timer once, and none that was cancelled', async () => {
    const log: string[] = [];
    const cancelled = systemRuntime.startTimer(0, () => log.push('cancelled'));
    cancelled.cancel();
    cancelled.cancel();
    await new Promise<void>((resolve) => {
      systemRuntime.startTimer(1, () => (log.push('fired'), resolve()));
    });
    expect(log).toEqual(['fired']);
  });

  it('does not fire a timer of a month at once', async () => {
    let fired = false;
    const timer = systemRuntime.startTimer(2 ** 32, () => void (fired = true));
    for (let turn = 0; turn < 50; turn++) {
      await new Promise<void>((resolve) => systemRuntime.endOfTurn(resolve));
    }
    timer.cancel();
    expect(fired).toBe(false);
  });

  it('gives random numbers below 1 and random bytes', () => {
    for (let count = 0; count < 100; count++) {
      const value = systemRuntime.random();
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThan(1);
    }
    const bytes = systemRuntime.randomBytes(32);
    expect(bytes).toHaveLength(32);
    expect(bytes).not.toEqual(systemRuntime.randomBytes(32));
  });
});

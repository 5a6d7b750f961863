import { describe, expect, it } from 'vitest';
import { VirtualRuntime } from './virtual-runtime.js';

describe('VirtualRuntime', () => {
  it('moves its time only when it is told', async () => {
    const runtime = new VirtualRuntime();
    await runtime.settle();
    expect(runtime.now()).toBe(0);
    await runtime.advance(1_500);
    expect(runtime.now()).toBe(1_500);
  });

  it('runs timers by due time and then by start, at their own time', async () => {
    const runtime = new VirtualRuntime();
    const log: string[] = [];
    const note = (name: string) => () => log.push(`${name}@${runtime.now()}`);
    runtime.startTimer(30, note('c'));
    runtime.startTimer(10, note('a'));
    runtime.startTimer(30, note('d'));
    runtime.startTimer(20, note('b'));
    runtime.startTimer(31, note('late'));
    await runtime.advance(30);
    expect(log).toEqual(['a@10', 'b@20', 'c@30', 'd@30']);
    expect(runtime.timers).toBe(1);
  });

  it('runs timers that timers start, within the same advance', async () => {
    const runtime = new VirtualRuntime();
    const times: number[] = [];
    const tick = (): void => {
      times.push(runtime.now());
      runtime.startTimer(10, tick);
    };
    runtime.startTimer(10, tick);
    await runtime.advance(45);
    expect(times).toEqual([10, 20, 30, 40]);
  });

  it('runs a timer of no or negative delay without moving time', async () => {
    const runtime = new VirtualRuntime();
    const times: number[] = [];
    runtime.startTimer(0, () => times.push(runtime.now()));
    runtime.startTimer(-5, () => times.push(runtime.now()));
    await runtime.advance(0);
    expect(times).toEqual([0, 0]);
  });

  it('runs no timer that was cancelled, however often', async () => {
    const runtime = new VirtualRuntime();
    let ran = false;
    const timer = runtime.startTimer(10, () => void (ran = true));
    timer.cancel();
    timer.cancel();
    await runtime.advance(100);
    expect([ran, runtime.timers]).toEqual([false, 0]);
  });

  it('lets promises and ends of turns settle before time goes on', async () => {
    const runtime = new VirtualRuntime();
    const log: string[] = [];
    runtime.startTimer(10, () => {
      runtime.endOfTurn(() => {
        log.push(`turn@${runtime.now()}`);
        void Promise.resolve().then(() =>
          runtime.endOfTurn(() => log.push(`next@${runtime.now()}`)),
        );
      });
    });
    runtime.startTimer(11, () => log.push('timer@11'));
    await runtime.advance(20);
    expect(log).toEqual(['turn@10', 'next@10', 'timer@11']);
  });

  it('repeats its chance from a seed', () => {
    const draw = (seed: number): number[] => {
      const runtime = new VirtualRuntime(seed);
      return Array.from({ length: 50 }, () => runtime.random());
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    for (const value of draw(7)) {
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThan(1);
    }
    expect(new VirtualRuntime(7).randomBytes(32)).toEqual(new VirtualRuntime(7).randomBytes(32));
  });

  it('spreads its chance over the range', () => {
    const runtime = new VirtualRuntime(3);
    const counts = Array.from({ length: 10 }, () => 0);
    for (let draw = 0; draw < 10_000; draw++) {
      const bucket = Math.floor(runtime.random() * 10);
      counts[bucket] = (counts[bucket] as number) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150);
    expect(new Set(runtime.randomBytes(256)).size).toBeGreaterThan(100);
  });
});

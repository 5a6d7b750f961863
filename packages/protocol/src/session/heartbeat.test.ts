import { describe, expect, it } from 'vitest';
import { resolveLimits, WIRE_LIMITS } from '../limits.js';
import { VirtualRuntime } from '../testing/virtual-runtime.js';
import { Heartbeat } from './heartbeat.js';

const LIMITS = resolveLimits(WIRE_LIMITS);

/** A heartbeat with the times at which it pinged and gave up, and what it is told. */
class Watched {
  readonly runtime: VirtualRuntime;
  readonly pings: number[] = [];
  readonly deaths: number[] = [];
  isOutstanding = false;
  answersAfterMs: number | undefined;
  readonly heartbeat: Heartbeat;

  constructor(side: 'client' | 'server', seed = 1) {
    this.runtime = new VirtualRuntime(seed);
    this.heartbeat = new Heartbeat(
      {
        isBusy: () => this.isOutstanding,
        ping: (value) => this.#ping(value),
        dead: () => {
          this.deaths.push(this.runtime.now());
          this.heartbeat.stop();
        },
      },
      { runtime: this.runtime, limits: LIMITS, pingsWhenIdle: side === 'server' },
    );
  }

  #ping(value: number): void {
    this.pings.push(this.runtime.now());
    if (this.answersAfterMs === undefined) return;
    this.runtime.startTimer(this.answersAfterMs, () => {
      this.heartbeat.heard();
      this.heartbeat.answered(value);
    });
  }

  /** The process sleeps: the wall clock goes on alone, or both clocks do. */
  sleep(ms: number, clocks: 'wall' | 'both'): void {
    const clock = this.runtime as { now: () => number; wallNow: () => number };
    const [now, wallNow] = [clock.now.bind(clock), clock.wallNow.bind(clock)];
    // The wall clock of this runtime counts on the other one.
    clock.now = () => now() + (clocks === 'both' ? ms : 0);
    clock.wallNow = () => wallNow() + (clocks === 'both' ? 0 : ms);
  }

  setOutstanding(isOutstanding: boolean): void {
    this.isOutstanding = isOutstanding;
    this.heartbeat.look();
  }
}

describe('Heartbeat', () => {
  it('pings once from the server when idle, 15 s spread by 20 %, and is dead after 35 s', async () => {
    const firsts: number[] = [];
    for (let seed = 1; seed <= 40; seed++) {
      const watched = new Watched('server', seed);
      await watched.runtime.advance(60_000);
      expect(watched.pings).toHaveLength(1);
      expect(watched.deaths).toEqual([35_000]);
      expect(watched.runtime.timers).toBe(0);
      firsts.push(watched.pings[0] as number);
    }
    expect(Math.min(...firsts)).toBeGreaterThanOrEqual(12_000);
    expect(Math.max(...firsts)).toBeLessThanOrEqual(18_000);
    expect(Math.max(...firsts) - Math.min(...firsts)).toBeGreaterThan(4_000);
  });

  it('never pings from a client that is idle, and is dead after 35 s', async () => {
    const watched = new Watched('client');
    await watched.runtime.advance(60_000);
    expect(watched.pings).toEqual([]);
    expect(watched.deaths).toEqual([35_000]);
  });

  it.each([0, 1, 50, 2_000])('pings again and again while answers come after %i ms', async (ms) => {
    const watched = new Watched('server');
    watched.answersAfterMs = ms;
    await watched.runtime.advance(10 * 60_000);
    expect(watched.deaths).toEqual([]);
    const gaps = watched.pings.slice(1).map((at, index) => at - (watched.pings[index] as number));
    expect(gaps.length).toBeGreaterThan(25);
    for (const gap of gaps) {
      expect(gap).toBeGreaterThanOrEqual(12_000);
      expect(gap).toBeLessThanOrEqual(18_000 + ms + 1);
    }
  });

  it('does not ping while something comes', async () => {
    const watched = new Watched('server');
    for (let second = 0; second < 120; second++) {
      watched.heartbeat.heard();
      await watched.runtime.advance(1_000);
    }
    expect(watched.pings).toEqual([]);
    expect(watched.deaths).toEqual([]);
  });

  it.each(['client', 'server'] as const)(
    'pings from the %s after 4 s while something is outstanding, and is dead after 8 s',
    async (side) => {
      const watched = new Watched(side);
      watched.setOutstanding(true);
      await watched.runtime.advance(60_000);
      expect(watched.pings).toEqual([4_000]);
      expect(watched.deaths).toEqual([8_000]);
      expect(watched.runtime.timers).toBe(0);
    },
  );

  it('counts silence from the moment at which something became outstanding', async () => {
    const watched = new Watched('client');
    await watched.runtime.advance(30_000);
    watched.setOutstanding(true);
    await watched.runtime.advance(3_999);
    expect(watched.pings).toEqual([]);
    await watched.runtime.advance(10_000);
    expect(watched.pings).toEqual([34_000]);
    expect(watched.deaths).toEqual([38_000]);
  });

  it('does not start anew when more becomes outstanding', async () => {
    const watched = new Watched('client');
    watched.setOutstanding(true);
    for (let second = 0; second < 10; second++) {
      await watched.runtime.advance(1_000);
      watched.heartbeat.look();
    }
    expect(watched.pings).toEqual([4_000]);
    expect(watched.deaths).toEqual([8_000]);
  });

  it('starts anew when everything was settled in between', async () => {
    const watched = new Watched('client');
    watched.setOutstanding(true);
    await watched.runtime.advance(3_000);
    watched.setOutstanding(false);
    await watched.runtime.advance(2_000);
    watched.setOutstanding(true);
    await watched.runtime.advance(60_000);
    expect(watched.pings).toEqual([9_000]);
    expect(watched.deaths).toEqual([13_000]);
  });

  it('waits for 35 s again once nothing is outstanding', async () => {
    const watched = new Watched('client');
    watched.setOutstanding(true);
    await watched.runtime.advance(5_000);
    watched.setOutstanding(false);
    await watched.runtime.advance(60_000);
    expect(watched.deaths).toEqual([35_000]);
  });

  it('lives on while answers come, for as long as something is outstanding', async () => {
    const watched = new Watched('client');
    watched.answersAfterMs = 3_900;
    watched.setOutstanding(true);
    await watched.runtime.advance(10 * 60_000);
    expect(watched.deaths).toEqual([]);
    expect(watched.pings.length).toBeGreaterThan(70);
  });

  it('sees by itself what became outstanding before it was told', async () => {
    const watched = new Watched('client');
    watched.isOutstanding = true;
    await watched.runtime.advance(60_000);
    expect(watched.pings).toHaveLength(1);
    expect(watched.deaths[0]).toBeLessThanOrEqual(26_000);
  });

  it.each(['wall', 'both'] as const)(
    'asks before it judges by a silence in which nobody listened (%s)',
    async (clocks) => {
      for (const side of ['client', 'server'] as const) {
        const dead = new Watched(side);
        dead.sleep(3_600_000, clocks);
        await dead.runtime.advance(18_000);
        expect(dead.pings).toHaveLength(1);
        expect(dead.deaths).toEqual([]);
        await dead.runtime.advance(4_000);
        expect(dead.deaths).toHaveLength(1);
        expect(dead.runtime.timers).toBe(0);

        const alive = new Watched(side);
        alive.answersAfterMs = 3_999;
        alive.sleep(3_600_000, clocks);
        await alive.runtime.advance(22_000);
        expect(alive.deaths).toEqual([]);
        expect(alive.heartbeat.silentMs).toBeLessThan(22_000);
      }
    },
  );

  it('tells how long it is silent by the clock that has moved on more', async () => {
    const watched = new Watched('client');
    await watched.runtime.advance(3_000);
    expect(watched.heartbeat.silentMs).toBe(3_000);
    watched.sleep(60_000, 'wall');
    expect(watched.heartbeat.silentMs).toBe(63_000);
    watched.sleep(-600_000, 'wall');
    expect(watched.heartbeat.silentMs).toBe(3_000);
  });

  it('pings at once when it is to probe, and is dead when no byte comes in time', async () => {
    const watched = new Watched('client');
    await watched.runtime.advance(1_000);
    watched.heartbeat.probe(1_000);
    expect(watched.pings).toEqual([1_000]);
    await watched.runtime.advance(999);
    expect(watched.deaths).toEqual([]);
    await watched.runtime.advance(60_000);
    expect(watched.deaths).toEqual([2_000]);
    expect(watched.runtime.timers).toBe(0);
  });

  it('takes what came before a sleep for no answer to a probe', async () => {
    const watched = new Watched('client');
    watched.heartbeat.probe(1_000);
    await watched.runtime.advance(10);
    watched.heartbeat.heard();
    watched.heartbeat.answered(-1);
    await watched.runtime.advance(1_989);
    expect(watched.deaths).toEqual([]);
    await watched.runtime.advance(1);
    expect(watched.deaths).toEqual([2_000]);
  });

  it('waits for the answer to a probe while bytes come, on a link that is slow', async () => {
    const watched = new Watched('client');
    watched.answersAfterMs = 9_500;
    watched.heartbeat.probe(1_000);
    for (let tenth = 0; tenth < 95; tenth++) {
      await watched.runtime.advance(100);
      watched.heartbeat.heard();
    }
    await watched.runtime.advance(10_000);
    expect(watched.deaths).toEqual([]);
    expect(watched.pings).toEqual([0]);
  });

  it('probes once at a time, and again after an answer', async () => {
    const watched = new Watched('client');
    watched.answersAfterMs = 500;
    watched.heartbeat.probe(1_000);
    watched.heartbeat.probe(1_000);
    await watched.runtime.advance(600);
    watched.heartbeat.probe(1_000);
    await watched.runtime.advance(10_000);
    expect(watched.pings).toEqual([0, 600]);
    expect(watched.deaths).toEqual([]);
  });

  it('pings after the time that it was given instead of that of the limits', async () => {
    const pings: number[] = [];
    const runtime = new VirtualRuntime(7);
    const link = {
      isBusy: () => false,
      dead: () => {},
      ping: (value: number) => {
        pings.push(runtime.now());
        heartbeat.heard();
        heartbeat.answered(value);
      },
    };
    const options = { runtime, limits: LIMITS, pingsWhenIdle: true, idleMs: 2_000 };
    const heartbeat: Heartbeat = new Heartbeat(link, options);
    await runtime.advance(60_000);
    heartbeat.stop();
    expect(pings.length).toBeGreaterThanOrEqual(25);
    expect(pings.length).toBeLessThanOrEqual(38);
  });

  it('holds no timer of a probe after it was stopped', async () => {
    const watched = new Watched('client');
    watched.heartbeat.probe(1_000);
    watched.heartbeat.stop();
    expect(watched.runtime.timers).toBe(0);
  });

  it('holds no timer after it was stopped, whatever it is told', async () => {
    const watched = new Watched('server');
    watched.heartbeat.stop();
    watched.setOutstanding(true);
    watched.heartbeat.heard();
    watched.heartbeat.probe(1_000);
    expect(watched.runtime.timers).toBe(0);
    await watched.runtime.advance(60_000);
    expect(watched.pings).toEqual([]);
    expect(watched.deaths).toEqual([]);
  });
});

import { VirtualRuntime } from '@trunkline/protocol/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DrainReport } from './drain.js';
import { drainOnSignal, type DrainOnSignalOptions } from './drain-on-signal.js';

const REPORT: DrainReport = {
  sessions: 1,
  moved: 1,
  finished: 0,
  unknown: 0,
  refused: 0,
  tookMs: 10,
};

/** A server of which only the drain is there, in a process of which only the exits are. */
function openProcess(options: DrainOnSignalOptions = {}, drain = () => Promise.resolve(REPORT)) {
  const runtime = new VirtualRuntime();
  const exits: number[] = [];
  const windows: unknown[] = [];
  const server = {
    drain: ({ windowMs }: { windowMs?: number } = {}) => {
      windows.push(windowMs);
      return drain();
    },
  };
  const undo = drainOnSignal(server, {
    signals: ['SIGUSR2'],
    windowMs: 1_000,
    exit: (code) => exits.push(code),
    runtime,
    ...options,
  });
  onTestFinished(undo);
  return { runtime, exits, windows, undo };
}

/** Never settles. */
const forever = () => new Promise<DrainReport>(() => undefined);

describe('drainOnSignal', () => {
  it('drains when the process is told to end, says what came of it, and exits', async () => {
    const told: DrainReport[] = [];
    const { runtime, exits, windows } = openProcess({
      drained: (report) => void told.push(report),
    });
    expect(windows).toEqual([]);
    process.emit('SIGUSR2', 'SIGUSR2');
    await runtime.settle();
    expect(windows).toEqual([980]);
    expect(told).toEqual([REPORT]);
    expect(exits).toEqual([0]);
    expect(runtime.timers).toBe(0);
  });

  it('exits at the end of the window, whatever happens', async () => {
    const { runtime, exits } = openProcess({ drained: forever });
    process.emit('SIGUSR2', 'SIGUSR2');
    await runtime.advance(999);
    expect(exits).toEqual([]);
    await runtime.advance(1);
    expect(exits).toEqual([1]);
  });

  it('exits at once at a second signal', async () => {
    const { runtime, exits, windows } = openProcess({ signals: ['SIGTERM'] }, forever);
    process.emit('SIGTERM', 'SIGTERM');
    process.emit('SIGTERM', 'SIGTERM');
    expect(exits).toEqual([143]);
    expect(windows).toHaveLength(1);
    await runtime.advance(1_000);
  });

  it('exits with 1 when what comes after the drain fails', async () => {
    const { runtime, exits } = openProcess({
      drained: () => Promise.reject(new Error('the database does not answer')),
    });
    process.emit('SIGUSR2', 'SIGUSR2');
    await runtime.settle();
    expect(exits).toEqual([1]);
  });

  it('does nothing any more once it is undone', () => {
    const { windows, undo } = openProcess();
    const before = process.listenerCount('SIGUSR2');
    undo();
    expect(process.listenerCount('SIGUSR2')).toBe(before - 1);
    process.emit('SIGUSR2', 'SIGUSR2');
    expect(windows).toEqual([]);
  });

  it('refuses a window that is none, before any signal', () => {
    expect(() => openProcess({ windowMs: -1 })).toThrow('"windowMs" must be milliseconds');
    expect(process.listenerCount('SIGUSR2')).toBe(0);
  });
});

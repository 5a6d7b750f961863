import { describe, expect, it } from 'vitest';
import { resolveServerLimits } from './limits.js';

describe('resolveServerLimits', () => {
  it('refuses pings that come after a silent connection is cut', () => {
    expect(() => resolveServerLimits({ idleMs: 30_000 })).toThrow(
      /idleMs is "30000", and connections are cut after "35000" of silence/,
    );
    expect(() => resolveServerLimits({ deadMs: 10_000 })).toThrow(/after "10000" of silence/);
    // Clients hold to the limit of the wire.
    expect(() => resolveServerLimits({ idleMs: 60_000, deadMs: 100_000 })).toThrow(/after "35000"/);
    expect(resolveServerLimits({ idleMs: 29_000 }).idleMs).toBe(29_000);
  });

  it('refuses more un-acknowledged messages than 16 bits can tell apart', () => {
    expect(() => resolveServerLimits({ unackedMessages: 32_768 })).toThrow(
      'limit unackedMessages is "32768": expected at most 32767',
    );
    expect(resolveServerLimits({ unackedMessages: 32_767 }).unackedMessages).toBe(32_767);
  });
});

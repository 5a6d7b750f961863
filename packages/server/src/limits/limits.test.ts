import { getHeapStatistics } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { listLimits, resolveServerLimits, type ServerLimits } from './limits.js';

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
      'limit unackedMessages is "32768": expected 1 to 32767',
    );
    expect(resolveServerLimits({ unackedMessages: 32_767 }).unackedMessages).toBe(32_767);
  });

  it.each([
    [{ busyIdleMs: 9_000 }, 'busyIdleMs is "9000": expected at most busyDeadMs, which is "8000"'],
    [{ heldMaxBytes: 1_000 }, 'heldBytes is "2097152": expected at most heldMaxBytes'],
    [{ deadlineMs: 300_001 }, 'deadlineMs is "300001": expected at most maxDeadlineMs'],
    [{ upCreditMaxItems: 15 }, 'upCreditItems is "16": expected at most upCreditMaxItems'],
    [{ upCreditBytes: 600_000 }, 'upCreditBytes is "600000": expected at most'],
    [{ downCreditMaxBytes: 1 }, 'downCreditBytes is "262144": expected at most downCreditMaxBytes'],
    [{ outboxBytes: 40_000_000 }, 'outboxBytes is "40000000": expected at most outboxMaxBytes'],
    [{ windowMaxBytes: 40_000 }, 'windowStartBytes is "49152": expected at most windowMaxBytes'],
    [{ chunkBytes: 1_023 }, 'chunkBytes is "1023": expected 1024 to 131072'],
    [{ chunkBytes: 65_537 }, 'chunkBytes is "65537": expected at most batchCloseBytes'],
    [{ cutBytes: 131_073 }, 'cutBytes is "131073": expected 1 to 131072'],
    [{ batchCloseBytes: 262_145 }, 'batchCloseBytes is "262145": expected 1024 to 262144'],
    [{ subprotocols: 1 }, 'subprotocols is "1": expected 2 to 64'],
    [{ subprotocolBytes: 63 }, 'subprotocolBytes is "63": expected 64 to 4096'],
  ])('refuses the contradiction %j', (overrides, text) => {
    expect(() => resolveServerLimits(overrides)).toThrow(text);
  });

  const names = Object.keys(resolveServerLimits(undefined)) as (keyof ServerLimits)[];
  const leasts = new Map(
    listLimits(resolveServerLimits(undefined), { ownsBroker: false }).map((row) => [row.name, row]),
  );

  it.each(names)('refuses %s where it makes no sense', (name) => {
    const { least = 1 } = leasts.get(name) ?? {};
    for (const value of [least - 1, -1, Number.NaN, 1.5, Number.POSITIVE_INFINITY, '5', null]) {
      expect(() => resolveServerLimits({ [name]: value })).toThrow(name);
    }
  });

  it('refuses to change what is a part of the wire', () => {
    expect(() => resolveServerLimits({ tokenBytes: 8_192 })).toThrow(
      'limit "tokenBytes" is "4096" for everybody, and no option',
    );
    expect(resolveServerLimits({ tokenBytes: 4_096 }).tokenBytes).toBe(4_096);
  });

  it('takes no more of a small heap for all outboxes than a quarter', () => {
    const { outboxNodeBytes } = resolveServerLimits(undefined);
    const quarter = Math.floor(getHeapStatistics().heap_size_limit / 4);
    expect(outboxNodeBytes).toBe(Math.min(536_870_912, quarter));
    expect(resolveServerLimits({ outboxNodeBytes: 2 ** 40 }).outboxNodeBytes).toBe(2 ** 40);
  });
});

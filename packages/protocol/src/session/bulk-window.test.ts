import { describe, expect, it } from 'vitest';
import { resolveLimits, WIRE_LIMITS } from '../limits.js';
import { BulkWindow } from './bulk-window.js';

const LIMITS = resolveLimits(WIRE_LIMITS);
const CHUNK = 16_384;

/** A link that carries so many bytes in a millisecond, with a round trip, for some seconds. */
function windowOf(bytesPerMs: number, roundTripMs: number): number {
  const window = new BulkWindow(LIMITS);
  const acks: { number: number; at: number }[] = [];
  let freeAt = 0;
  let number = 0;
  for (let now = 0; now < 5_000; now++) {
    while (acks[0] !== undefined && acks[0].at <= now) {
      window.acknowledged((acks.shift() as { number: number }).number, now);
    }
    while (window.room >= CHUNK) {
      window.wrote(++number, CHUNK, now);
      freeAt = Math.max(freeAt, now) + CHUNK / bytesPerMs;
      acks.push({ number, at: freeAt + roundTripMs });
    }
  }
  return window.bytes;
}

describe('BulkWindow', () => {
  it('starts at 48 KiB, and asks for acknowledgements at half of it', () => {
    const window = new BulkWindow(LIMITS);
    expect([window.room, window.isHalfUsed]).toEqual([49_152, false]);
    window.wrote(1, CHUNK, 0);
    expect(window.isHalfUsed).toBe(false);
    window.wrote(2, CHUNK, 0);
    expect([window.room, window.isHalfUsed]).toEqual([CHUNK, true]);
    window.wrote(3, CHUNK, 0);
    expect(window.room).toBe(0);
  });

  it('stays small on a slow link that is near', () => {
    expect(windowOf(1_250, 1)).toBeLessThanOrEqual(64_000);
    expect(windowOf(125, 1)).toBe(32_768);
  });

  it('grows on a fast link, on a far one as well, and has an end', () => {
    expect(windowOf(125_000, 1)).toBeGreaterThan(1_000_000);
    expect(windowOf(12_500, 100)).toBeGreaterThan(1_000_000);
    expect(windowOf(1_250_000, 100)).toBe(4_194_304);
  });

  it('always lets one chunk go', () => {
    const window = new BulkWindow({ ...LIMITS, windowStartBytes: 1 });
    expect(window.room).toBe(CHUNK);
    window.wrote(1, CHUNK, 0);
    expect(window.room).toBe(0);
  });
});

/** Between which delays a client waits before it connects again. */
export interface ReconnectOptions {
  /** Shortest delay, in milliseconds. */
  readonly minMs: number;
  /** Longest delay, in milliseconds. */
  readonly maxMs: number;
}

/**
 * Gives the delay after so many failures in a row, from 1. It lies anywhere between `minMs` and a
 * bound that doubles up to `maxMs`; `random` is in [0, 1).
 */
export function backoffMs(failures: number, range: ReconnectOptions, random: number): number {
  const bound = Math.min(range.maxMs, range.minMs * 2 ** Math.min(failures, 30));
  return range.minMs + random * Math.max(0, bound - range.minMs);
}

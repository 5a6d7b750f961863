/** Between which delays a client waits before it connects again. */
export interface ReconnectOptions {
  /** Shortest delay, in milliseconds. */
  readonly minMs: number;
  /** Longest delay, in milliseconds. */
  readonly maxMs: number;
}

// Those who were told the same time together must not come back together.
const SPREAD = 0.25;
const MIN_SPREAD_MS = 20;
const MAX_SPREAD_MS = 1_000;

/** Gives a delay that is no shorter than one that a server names, and a little longer by chance. */
export function notBefore(namedMs: number, random: number): number {
  const spread = Math.min(MAX_SPREAD_MS, Math.max(MIN_SPREAD_MS, namedMs * SPREAD));
  return namedMs + random * spread;
}

/**
 * Gives the delay after so many failures in a row, from 1. It lies anywhere between `minMs` and a
 * bound that doubles up to `maxMs`; `random` is in [0, 1).
 */
export function backoffMs(failures: number, range: ReconnectOptions, random: number): number {
  const bound = Math.min(range.maxMs, range.minMs * 2 ** Math.min(failures, 30));
  return range.minMs + random * Math.max(0, bound - range.minMs);
}

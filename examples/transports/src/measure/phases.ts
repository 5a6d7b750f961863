import type { TickRange } from '../tick-reader.js';

/** The parts of a run, by the numbers of their ticks; together they are all of it. */
export const PHASES = {
  /** One tick after the other. */
  steady: { from: 1, to: 16 },
  /** Twenty at once, then a silence, then one. */
  burst: { from: 17, to: 37 },
  /** The server does nothing for a while, and catches up. */
  late: { from: 38, to: 53 },
  /** The network is away for a while. */
  cut: { from: 54, to: 70 },
} as const satisfies Readonly<Record<string, TickRange>>;

/** One of the parts of a run. */
export type PhaseName = keyof typeof PHASES;

/** The tick after which the server is late. */
export const LATE_AFTER = 39;
/** The tick after which the network is cut. */
export const CUT_AFTER = 55;
/** The tick after which nothing is measured any more. */
export const LAST_TICK = 70;

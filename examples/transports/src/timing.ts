/** How fast everything goes; all of it follows from the time between two ticks. */
export interface Timing {
  readonly tickMs: number;
  /** From one poll to the next. */
  readonly pollMs: number;
  /** From a failure to the next attempt, where the reader's own code makes it. */
  readonly retryMs: number;
  /** The silence before some ticks. */
  readonly silenceMs: number;
  /** After how much silence an iframe is given up; longer than the ticker ever is silent. */
  readonly watchMs: number;
  /** How long a late server does nothing at all. */
  readonly lateMs: number;
  /** How long the network is away. */
  readonly cutMs: number;
}

/** Gives the timing that belongs to the time between two ticks. */
export function timingOf(tickMs: number): Timing {
  return {
    tickMs,
    // No multiple of a tick: polls would meet every tick at the same age.
    pollMs: Math.round(1.6 * tickMs),
    retryMs: 2 * tickMs,
    silenceMs: 8 * tickMs,
    watchMs: 12 * tickMs,
    lateMs: 8 * tickMs,
    cutMs: Math.round(3.2 * tickMs),
  };
}

/** The timing of the page, and of the figures that are written down. */
export const TIMING = timingOf(250);

import type { Timing } from './timing.js';

/** The ticks of one round. */
const ROUND = 80;
const BURST = { first: 17, last: 36 };
const AFTER_SILENCE = 37;

/**
 * Tells how long after the one before it a tick is due, in milliseconds. Of a round of 80 ticks 20
 * come at once, and then comes a silence.
 */
export function msBefore(number: number, { tickMs, silenceMs }: Timing): number {
  const place = ((number - 1) % ROUND) + 1;
  if (place === AFTER_SILENCE) return silenceMs;
  return place > BURST.first && place <= BURST.last ? 0 : tickMs;
}

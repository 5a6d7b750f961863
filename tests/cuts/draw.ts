import { VirtualRuntime } from '@trunkline/protocol/testing';
import type { Cut } from './cut.js';
import { DIRECTIONS, WAYS } from './cut.js';
import { openedAt } from './places.js';
import type { Plan, Rehearsed } from './play.js';

/** How often a cut falls into the beginning of a connection, where sessions are resumed. */
const EARLY = 0.5;
/** What the beginning is, behind the upgrade. */
const EARLY_BYTES = 200;

/** Draws one run from a seed: a scenario, and two or three cuts of its connections. */
export function drawPlan(seed: number, rehearsed: readonly Rehearsed[]): Plan {
  const chance = new VirtualRuntime(seed);
  const below = (bound: number): number => Math.floor(chance.random() * bound);
  const drawn = rehearsed[below(rehearsed.length)] as Rehearsed;
  const drawCut = (): Cut => {
    const direction = DIRECTIONS[below(DIRECTIONS.length)] as Cut['direction'];
    const kept = drawn.uncut.kept[0]?.[direction] ?? Buffer.alloc(0);
    const isEarly = chance.random() < EARLY;
    const at = isEarly ? openedAt(kept) + below(EARLY_BYTES) : below(kept.length + 1);
    return { direction, at, how: WAYS[below(WAYS.length)] as Cut['how'] };
  };
  const count = 2 + below(2);
  return { rehearsed: drawn, cuts: Array.from({ length: count }, drawCut), seed };
}

import { VirtualRuntime } from '@trunkline/protocol/testing';
import { DIRECTIONS, WAYS, type Cut } from './cut.js';
import { LOST_MS } from './judge.js';
import { openedAt } from './places.js';
import type { Plan, Rehearsed } from './play.js';

/** How often a cut comes during the upgrade. */
const UPGRADE_SHARE = 0.1;
/** How often a cut of a later connection comes where a session is resumed. */
const RESUME_SHARE = 0.75;
/** What that takes of a connection, behind the upgrade; most of it comes at the begin. */
const RESUME_BYTES = 160;

/** How often the session is lost. */
const LOST_SHARE = 0.1;

/** Draws one run from a seed: a scenario, and two or three cuts of its connections. */
export function drawPlan(seed: number, rehearsed: readonly Rehearsed[]): Plan {
  const chance = new VirtualRuntime(seed);
  const below = (bound: number): number => Math.floor(chance.random() * bound);
  const drawn = rehearsed[below(rehearsed.length)] as Rehearsed;
  const drawPlace = (direction: Cut['direction'], isFirst: boolean): number => {
    const kept = drawn.uncut.kept[0]?.[direction] ?? Buffer.alloc(0);
    const opened = openedAt(kept);
    if (chance.random() < UPGRADE_SHARE) return below(opened);
    const isResuming = !isFirst && chance.random() < RESUME_SHARE;
    if (isResuming) return opened + Math.floor(RESUME_BYTES * chance.random() ** 2);
    return opened + below(kept.length - opened + 1);
  };
  const cuts = Array.from({ length: 2 + below(2) }, (_, index): Cut => {
    const direction = DIRECTIONS[below(DIRECTIONS.length)] as Cut['direction'];
    const at = drawPlace(direction, index === 0);
    return { direction, at, how: WAYS[below(WAYS.length)] as Cut['how'] };
  });
  const outageMs = chance.random() < LOST_SHARE ? LOST_MS : 0;
  return { rehearsed: drawn, cuts, seed, outageMs };
}

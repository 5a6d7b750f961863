import { expect, it } from 'vitest';
import type { Cuts } from './cut.js';
import { drawPlan } from './draw.js';
import { rehearseAll } from './play.js';
import { run } from './run.js';
import { findScenario } from './scenarios.js';

async function repeat(cuts: Cuts, seed: number) {
  const { made, kept, ledger } = await run(findScenario('topic'), { cuts, seed, keeps: true });
  const bytes = kept.map(({ up, down }) => [up.length, down.length]);
  return { made, bytes, outcomes: ledger.outcomes, items: ledger.items };
}

it('is the same for the same seed, to the number of bytes', { timeout: 60_000 }, async () => {
  const rehearsed = await rehearseAll([findScenario('topic')]);
  for (let seed = 1; seed <= 10; seed++) {
    const { cuts } = drawPlan(seed, rehearsed);
    expect(await repeat(cuts, seed)).toEqual(await repeat(cuts, seed));
  }
});

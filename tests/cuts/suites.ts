import { describe, expect, it } from 'vitest';
import { chooseSeed } from '../fuzz/seed.js';
import { WAYS, type Direction, type How } from './cut.js';
import { drawPlan } from './draw.js';
import { everyCut, middleCut, perform, rehearse, rehearseAll, type Plan } from './play.js';
import { findScenario, SCENARIOS } from './scenarios.js';
import { Tally } from './tally.js';

const LIMIT_MS = 600_000;

async function performAll(name: string, plans: AsyncIterable<Plan>): Promise<number> {
  const tally = new Tally();
  for await (const plan of plans) tally.add(await perform(plan));
  console.log(`${name}: ${tally.describe()}`);
  return tally.runs;
}

/** Of payloads in another form, which travel in the same messages, these ways are enough. */
const READABLE_WAYS: readonly How[] = ['rst', 'blackout', 'stray'];

/** Cuts the connection of scenarios once, at every byte. */
export function describeOnce(names: readonly string[]): void {
  describe('a connection that is cut once, at every byte', () => {
    it.each(names)('costs "%s" nothing but time', { timeout: LIMIT_MS }, async (name) => {
      const scenario = findScenario(name);
      const rehearsed = await rehearse(scenario);
      const takesUpgrade = name === 'handshake';
      const ways = scenario.isReadable === true ? READABLE_WAYS : WAYS;
      const runs = await performAll(name, everyCut(rehearsed, { takesUpgrade, ways }));
      expect(runs).toBeGreaterThan(0);
    });
  });
}

/** Cuts the first connection of scenarios in the middle, and the second one at every byte. */
export function describeResumed(names: readonly string[], direction: Direction): void {
  describe(`a connection that follows one that was cut ${direction}`, () => {
    it.each(names)(
      'costs "%s" no more when it is cut too, at every byte',
      { timeout: LIMIT_MS },
      async (name) => {
        const rehearsed = await rehearse(findScenario(name));
        const before = [middleCut(rehearsed, direction)];
        const runs = await performAll(`${name}, resumed`, everyCut(rehearsed, { before }));
        expect(runs).toBeGreaterThan(0);
      },
    );
  });
}

/** Cuts the connection of scenarios once, at every byte, and lets none open for some time. */
export function describeOutage(names: readonly string[], outageMs: number): void {
  describe(`a connection that is cut for ${outageMs / 1_000} s`, () => {
    it.each(names)('leaves "%s" what is promised', { timeout: LIMIT_MS }, async (name) => {
      const rehearsed = await rehearse(findScenario(name));
      const plans = everyCut(rehearsed, { ways: ['rst', 'blackout'], outageMs });
      const runs = await performAll(`${name}, ${outageMs} ms without a connection`, plans);
      expect(runs).toBeGreaterThan(0);
    });
  });
}

/** Cuts the connections of drawn scenarios two or three times at drawn bytes. */
export function describeDrawn(runs: number): void {
  const seed = chooseSeed('cuts at drawn bytes');
  it(
    `keeps what is promised in ${runs} runs with two or three cuts`,
    { timeout: LIMIT_MS },
    async () => {
      const rehearsed = await rehearseAll(SCENARIOS);
      const plans = async function* (): AsyncGenerator<Plan> {
        for (let run = 0; run < runs; run++) yield drawPlan(seed + run, rehearsed);
      };
      expect(await performAll(`from seed ${seed}`, plans())).toBe(runs);
    },
  );
}

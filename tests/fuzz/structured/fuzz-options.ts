import { expect } from 'vitest';
import { chooseSeed } from '../seed.js';
import { describeRun, runFuzz, type FuzzReport, type FuzzTarget } from './fuzz-loop.js';

/** How many inputs all targets read together, unless `TRUNKLINE_FUZZ_INPUTS` says otherwise. */
const INPUTS = 1_050_000;

/** The longest that one target may take on a busy machine. */
export const FUZZ_TIMEOUT_MS = 300_000;

/**
 * Runs a target with its share of the inputs, by the seed of the environment or a new one, and
 * prints what it has seen.
 */
export function fuzz(target: FuzzTarget, share: number): FuzzReport {
  const inputs = Math.ceil(numberOf('TRUNKLINE_FUZZ_INPUTS', INPUTS) * share);
  const run = { seed: chooseSeed(target.name), from: numberOf('TRUNKLINE_FUZZ_FROM', 0), inputs };
  const report = runFuzz(target, run);
  console.log(describeRun(target, run, report));
  return report;
}

/** Expects that enough was tried for every word to come up. Of a short run nothing is expected. */
export function expectAll(counts: ReadonlyMap<string, number>, words: readonly string[]): void {
  if (process.env['TRUNKLINE_FUZZ_INPUTS'] !== undefined) return;
  expect([...counts.keys()]).toEqual(expect.arrayContaining([...words]));
}

function numberOf(name: string, otherwise: number): number {
  const value = Number(process.env[name] ?? otherwise);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new TypeError(`${name} is no number: "${process.env[name]}"`);
}

import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { withSimulation } from './run-seeds.js';

/** So many of so many steps each; the first ones are those that `npm run simulate` begins with. */
const SEEDS = 2_000;
const STEPS = 500;
const MINUTES_10 = 600_000;

describe('a simulated server with its clients', () => {
  it('keeps every guarantee for each seed', { timeout: MINUTES_10 }, async () => {
    const processes = `${Math.min(4, availableParallelism())}`;
    const startedAt = performance.now();
    const { output, code } = await withSimulation(undefined, (run) =>
      run('--seeds', `${SEEDS}`, '--steps', `${STEPS}`, '--processes', processes),
    );
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
    console.log(`simulation: ${SEEDS} seeds of ${STEPS} steps in ${seconds} s\n${output}`);
    expect(output).not.toContain('npm run simulate');
    expect(code).toBe(0);
  });

  it('does the very same for the same seed', { timeout: MINUTES_10 }, async () => {
    const hashes = await withSimulation(undefined, async (run) => {
      const argv = ['--seeds', '12', '--from', '7001', '--hashes'];
      // The second time on other steps of the process before, and in another process.
      const once = await run(...argv);
      const again = await run(...argv, '--processes', '2');
      return [once, again].map(({ output }) => output.match(/^seed .*$/gm)?.toSorted());
    });
    expect(hashes[0]).toHaveLength(12);
    expect(hashes[1]).toEqual(hashes[0]);
  });
});

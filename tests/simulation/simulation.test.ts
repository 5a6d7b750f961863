import { availableParallelism } from 'node:os';
import { beforeAll, describe, expect, it } from 'vitest';
import { withSimulation } from './run-seeds.js';

/** What must happen, or the simulation simulates too little. */
const EVENTS = [
  'goes on',
  'is live recovered',
  'is live gap',
  'gap of slow n to n',
  'gap of expired n to n',
  'gap of layout n to n',
  'gap of epoch n to undefined',
  'SESSION_LOST unknown',
  'STREAM_LOST unknown',
  'CANCELLED unknown',
  'DEADLINE unknown',
  'REFUSED yes',
  'INTERNAL yes',
  'BUSY no',
  'RATE no',
  'BACKPRESSURE no',
  'OVERLOADED yes',
  'is waiting the token is missing, wrong or old (4401: expired)',
  'is denied the token is missing, wrong or old (4401: token refused)',
  'is waiting the connection was cut (1006: nothing was heard any more)',
];

/** So many of so many steps each; the first ones are those that `npm run simulate` begins with. */
const SEEDS = 400;
const STEPS = 500;
const MINUTES_10 = 600_000;

describe('a simulated server with its clients', () => {
  let output: string;
  let code: number;

  beforeAll(async () => {
    const startedAt = performance.now();
    const processes = `${availableParallelism()}`;
    ({ output, code } = await withSimulation(undefined, (run) =>
      run('--seeds', `${SEEDS}`, '--steps', `${STEPS}`, '--processes', processes, '--count'),
    ));
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
    const told = output.replaceAll(/^[0-9]+ × .*\n/gm, '');
    console.log(`simulation: ${SEEDS} seeds of ${STEPS} steps in ${seconds} s\n${told}`);
  }, MINUTES_10);

  it('keeps every guarantee for each seed', () => {
    expect(output).not.toContain('npm run simulate');
    expect(code).toBe(0);
  });

  it('has everything happen that may go wrong', () => {
    const happened = new Set([...output.matchAll(/^[0-9]+ × (.*)$/gm)].map(([, kind]) => kind));
    expect(EVENTS.filter((kind) => !happened.has(kind))).toEqual([]);
  });

  it('does the very same for the same seed', { timeout: MINUTES_10 }, async () => {
    const [once, again] = await withSimulation(undefined, async (run) => {
      const argv = ['--seeds', '10', '--from', '7001', '--hashes'];
      // The second time behind other seeds of the same process, and in another process.
      return [await run(...argv), await run(...argv, '--processes', '2')] as const;
    });
    expect(once.output).not.toContain('npm run simulate');
    expect(hashesOf(once.output)).toHaveLength(10);
    expect(hashesOf(again.output)).toEqual(hashesOf(once.output));
  });
});

function hashesOf(output: string): string[] {
  return (output.match(/^seed [0-9]+ [0-9a-f]+$/gm) ?? []).toSorted();
}

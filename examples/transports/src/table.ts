import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { measureBytes } from './bytes/measure-bytes.js';
import { measure } from './measure/measure.js';
import { bytesTableOf, conditionsOf, tableOf } from './measure/results-table.js';
import type { Results } from './measure/results.js';
import { timingOf } from './timing.js';

const RESULTS = new URL('../results.json', import.meta.url);

const { values } = parseArgs({
  options: {
    /** Keeps the results in results.json. */
    write: { type: 'boolean', default: false },
    /** Prints the results instead of the table. */
    json: { type: 'boolean', default: false },
    'tick-ms': { type: 'string', default: '250' },
    'delay-ms': { type: 'string', default: '20' },
  },
});

const timing = timingOf(numberOf('tick-ms', 1));
const run = await measure({ timing, delayMs: numberOf('delay-ms', 0) });
const results: Results = { ...run, bytes: await measureBytes(timing.tickMs) };
const text = `${JSON.stringify(results, undefined, 2)}\n`;
if (values.write) await writeFile(RESULTS, text);
const tables = [conditionsOf(results), tableOf(results), bytesTableOf(results)];
process.stdout.write(values.json ? text : `${tables.join('\n\n')}\n`);
for (const promise of brokenPromises(results)) {
  process.stderr.write(`${promise}\n`);
  process.exitCode = 1;
}

function numberOf(name: 'tick-ms' | 'delay-ms', least: number): number {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= least && value <= 1_000) return value;
  throw new RangeError(`--${name} is "${values[name]}": expected a whole number, ${least} to 1000`);
}

/** What must hold whatever the machine: with `keep`, nothing is lost, doubled or out of order. */
function brokenPromises({ transports }: Results): string[] {
  return transports
    .filter(({ transport }) => transport === 'trunkline')
    .map(({ whole }) => whole)
    .filter(({ lost, doubled, outOfOrder }) => lost + doubled + outOfOrder > 0)
    .map((whole) => `Trunkline broke its promise: ${JSON.stringify(whole)}`);
}

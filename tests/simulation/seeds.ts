import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { simulate } from './simulation.js';

/*
 * The program that runs seeds, one after the other, or in several processes at once.
 *
 *   --seeds 1000 --from 1 --steps 500   so many, from this one on
 *   --seed 42 --trace                   one, with all that happened in it
 *   --processes 2                       shared by so many processes
 *   --until-failure                     no further than the first seed that breaks a guarantee
 *   --hashes                            prints a hash of each run
 */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    steps: { type: 'string', default: '500' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    processes: { type: 'string', default: '1' },
    'until-failure': { type: 'boolean', default: false },
    hashes: { type: 'boolean', default: false },
  },
});

const [seeds, from, steps, processes] = [
  values.seed === undefined ? Number(values.seeds) : 1,
  Number(values.seed ?? values.from),
  Number(values.steps),
  Number(values.processes),
] as const;
/** Of what a seed has broken, so much is printed; the rest follows from it. */
const MOST_PRINTED = 5;

async function runHere(): Promise<number> {
  // A trace of an error costs more than the error, and nobody reads it here.
  Error.stackTraceLimit = values.trace ? 10 : 0;
  let failed = 0;
  let ran = 0;
  for (let seed = from; seed < from + seeds; seed++) {
    const run = await simulate(seed, steps);
    ran++;
    if (values.trace) console.log(run.lines.join('\n'));
    if (values.hashes) console.log(`seed ${seed} ${run.hash}`);
    if (run.broken.length === 0) continue;
    failed++;
    console.log(`seed ${seed} breaks a guarantee:`);
    for (const text of run.broken.slice(0, MOST_PRINTED)) console.log(`  ${text}`);
    console.log(`  npm run simulate -- --seed ${seed} --steps ${steps} --trace`);
    if (values['until-failure']) break;
  }
  console.log(`ran ${ran} seeds of ${steps} steps, ${failed} failed`);
  return failed;
}

/** Each process takes one stretch of the seeds. */
async function runShared(): Promise<number> {
  const share = Math.ceil(seeds / processes);
  const shares = Array.from({ length: processes }, (_, index) => {
    const first = from + index * share;
    return [first, Math.min(share, from + seeds - first)] as const;
  });
  const codes = await Promise.all(shares.map(([first, count]) => runProcess(first, count)));
  return codes.filter((code) => code !== 0).length;
}

function runProcess(first: number, count: number): Promise<number | null> {
  const argv = ['--from', `${first}`, '--seeds', `${count}`, '--steps', `${steps}`];
  if (values.hashes) argv.push('--hashes');
  if (values['until-failure']) argv.push('--until-failure');
  const program = [...process.execArgv, fileURLToPath(import.meta.url), ...argv];
  return new Promise((resolve) => {
    spawn(process.execPath, program, { stdio: 'inherit' }).on('close', resolve);
  });
}

// A run that waits for what never comes ends the process; then this is what is left.
process.exitCode = 13;
const failed = await (processes > 1 ? runShared() : runHere());
process.exitCode = failed === 0 ? 0 : 1;

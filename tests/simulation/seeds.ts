import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { readFlags } from './seed-flags.js';
import { simulate } from './simulation.js';

const values = readFlags(process.argv.slice(2));

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
  const counts = new Map<string, number>();
  let failed = 0;
  let ran = 0;
  for (let seed = from; seed < from + seeds; seed++) {
    const run = await simulate(seed, steps, values.wire);
    ran++;
    if (values.trace) console.log(run.lines.join('\n'));
    if (values.hashes) console.log(`seed ${seed} ${run.hash()}`);
    if (values.count) count(run.lines, counts);
    if (run.broken.length === 0) continue;
    failed++;
    console.log(`seed ${seed} breaks a guarantee:`);
    for (const text of run.broken.slice(0, MOST_PRINTED)) console.log(`  ${text}`);
    console.log(`  npm run simulate -- --seed ${seed} --steps ${steps} --trace`);
    if (values['until-failure']) break;
  }
  const sorted = [...counts].toSorted(([, one], [, other]) => other - one);
  for (const [kind, times] of sorted) console.log(`${times} × ${kind}`);
  console.log(`ran ${ran} seeds of ${steps} steps, ${failed} failed`);
  return failed;
}

/** Counts events by what is left of them without names, numbers and places. */
function count(lines: readonly string[], counts: Map<string, number>): void {
  for (const line of lines) {
    const kind = line
      .slice(line.indexOf(' ') + 1)
      .replaceAll(/~\w+~ ?|session \w+ |[0-9a-f]{16}:| ms|\{.*\}/g, '')
      // Close codes are told apart.
      .replaceAll(/(?<!\(|ends )\b[0-9.]+\b/g, 'n');
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
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
  if (values.count) argv.push('--count');
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

import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { parseCuts } from './cut.js';
import { drawPlan } from './draw.js';
import { everyCut, perform, rehearse, type Rehearsed } from './play.js';
import { findScenario, SCENARIOS } from './scenarios.js';
import { Tally } from './tally.js';

const HELP = `npm run cuts [-- options]

Cuts connections between our client and our server at every byte, once, and then two or three times
at drawn bytes, and checks after each run what is promised of calls, streams and topics. Stops at
the first run that fails, prints how to see it again, and exits with 1.

  --runs <count>      how many runs are drawn; 50000 unless given
  --long [<minutes>]  draws from new seeds until then; 60 minutes unless given
  --seed <number>     does the one run that is drawn from a seed
  --scenario <name>   does one run, with the three options below for each connection in order:
  --at <bytes,…>      the cut comes when so many bytes have arrived; "-" for no cut
  --direction <up|down,…>
  --how <fin|rst|silence|blackout,…>
  --help              prints this

Scenarios: ${SCENARIOS.map(({ name }) => name).join(', ')}
`;

const RUNS = 50_000;
const LONG_MINUTES = 60;
const PROGRESS_MS = 10_000;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function rehearseAll(): Promise<Rehearsed[]> {
  const rehearsed: Rehearsed[] = [];
  for (const scenario of SCENARIOS) rehearsed.push(await rehearse(scenario));
  return rehearsed;
}

/** Does drawn runs from a first seed on, until it is told that they are enough. */
async function runDrawn(firstSeed: number, isEnough: (runs: number) => boolean): Promise<void> {
  const rehearsed = await rehearseAll();
  const tally = new Tally();
  let saidAt = performance.now();
  for (let seed = firstSeed; !isEnough(tally.runs); seed++) {
    const plan = drawPlan(seed, rehearsed);
    tally.add(await perform(plan));
    if (performance.now() - saidAt < PROGRESS_MS) continue;
    saidAt = performance.now();
    say(`${tally.runs} runs, ${tally.cuts} cuts; at seed ${seed}`);
  }
  say(`drawn: ${tally.describe()}`);
}

async function runEvery(): Promise<void> {
  for (const rehearsed of await rehearseAll()) {
    const tally = new Tally();
    const { name } = rehearsed.scenario;
    const takesUpgrade = name === 'handshake';
    for await (const plan of everyCut(rehearsed, { takesUpgrade })) tally.add(await perform(plan));
    say(`${name}: ${tally.describe()}`);
  }
}

async function runOne(name: string, parts: Readonly<Record<string, string>>): Promise<void> {
  const cuts = parseCuts(parts['at'] ?? '-', parts['direction'] ?? '', parts['how'] ?? '');
  const report = await perform({ rehearsed: await rehearse(findScenario(name)), cuts });
  say(`${name}: ${report.made.length} cuts, and nothing is wrong`);
}

function readNumber(name: string, text: string): number {
  const number = Number(text);
  if (Number.isFinite(number) && number >= 0 && text !== '') return number;
  throw new TypeError(`option "--${name}" must be a number from 0, not "${text}"`);
}

async function main(args: readonly string[]): Promise<void> {
  // An option that may have a value or none is not among those that `parseArgs` knows.
  const isLong = args.includes('--long');
  const { values, positionals } = parseArgs({
    args: args.filter((arg) => arg !== '--long'),
    allowPositionals: isLong,
    options: {
      help: { type: 'boolean' },
      runs: { type: 'string' },
      seed: { type: 'string' },
      scenario: { type: 'string' },
      at: { type: 'string' },
      direction: { type: 'string' },
      how: { type: 'string' },
    },
  });
  const { help, runs, seed, scenario, ...parts } = values;
  if (help === true) return say(HELP);
  if (scenario !== undefined) return runOne(scenario, parts);
  if (seed !== undefined) {
    const number = readNumber('seed', seed);
    return runDrawn(number, (done) => done === 1);
  }
  if (isLong) {
    const minutes =
      positionals[0] === undefined ? LONG_MINUTES : readNumber('long', positionals[0]);
    const endsAt = performance.now() + minutes * 60_000;
    return runDrawn(randomInt(1, 1_000_000_000), () => performance.now() >= endsAt);
  }
  await runEvery();
  const count = runs === undefined ? RUNS : readNumber('runs', runs);
  await runDrawn(1, (done) => done >= count);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

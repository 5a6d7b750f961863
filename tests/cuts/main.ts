import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { parseCuts } from './cut.js';
import { drawPlan } from './draw.js';
import { everyCut, middleCut, perform, rehearse, rehearseAll, type Plan } from './play.js';
import type { Scenario } from './scenario.js';
import { findScenario, SCENARIOS } from './scenarios.js';
import { Tally } from './tally.js';

const RUNS = 50_000;
const LONG_MINUTES = 60;
const MAX_SEED = 1_000_000_000;
const PROGRESS_MS = 10_000;

const HELP = `npm run cuts [-- options]

Cuts connections between our client and our server at every byte, once, and then two or three times
at drawn bytes (${RUNS} runs), and checks after each run what is promised of calls, streams and
topics. Stops at the first run that fails, prints how to see it again, and exits with 1.

  --runs <count>      does so many drawn runs alone
  --long [<minutes>]  draws from new seeds until then; 60 minutes unless given
  --seed <number>     does the one run that is drawn from a seed
  --scenario <name>   cuts this one at every byte; does one run, if for each of its connections in
                      order there follows:
    --second            cuts its second connection, where the first was reset in the middle
    --at <bytes,…>      the cut comes when so many bytes have arrived; "-" for no cut
    --direction <up|down,…>
    --how <fin|rst|silence|blackout|late|stray,…>
    --outage <ms>       no connection opens for so long after the first cut
  --help              prints this

Scenarios: ${SCENARIOS.map(({ name }) => name).join(', ')}
`;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Does drawn runs from a first seed on, until it is told that they are enough. */
async function runDrawn(firstSeed: number, isEnough: (runs: number) => boolean): Promise<void> {
  const rehearsed = await rehearseAll(SCENARIOS);
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

async function runEvery(
  scenario: Scenario,
  { outageMs = 0, second = false }: { outageMs?: number; second?: boolean } = {},
): Promise<void> {
  const { name } = scenario;
  const tally = new Tally();
  const rehearsed = await rehearse(scenario);
  const before = second ? [middleCut(rehearsed, 'down')] : [];
  const takesUpgrade = name === 'handshake' && !second;
  for await (const plan of everyCut(rehearsed, { before, takesUpgrade, outageMs })) {
    tally.add(await perform(plan));
  }
  say(`${name}: ${tally.describe()}`);
}

async function runOne(scenario: Scenario, what: Omit<Plan, 'rehearsed'>): Promise<void> {
  const report = await perform({ rehearsed: await rehearse(scenario), ...what });
  say(`${scenario.name}: ${report.made.length} cuts, and nothing is wrong`);
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
      outage: { type: 'string' },
      second: { type: 'boolean' },
    },
  });
  const {
    help,
    runs,
    seed,
    scenario,
    at,
    direction = '',
    how = '',
    outage = '0',
    second = false,
  } = values;
  if (help === true) return say(HELP);
  if (scenario !== undefined) {
    const found = findScenario(scenario);
    const outageMs = readNumber('outage', outage);
    if (at === undefined) return runEvery(found, { outageMs, second });
    return runOne(found, { cuts: parseCuts(at, direction, how), outageMs });
  }
  if (seed !== undefined) {
    const number = readNumber('seed', seed);
    return runDrawn(number, (done) => done === 1);
  }
  if (isLong) {
    const minutes =
      positionals[0] === undefined ? LONG_MINUTES : readNumber('long', positionals[0]);
    const endsAt = performance.now() + minutes * 60_000;
    return runDrawn(randomInt(1, MAX_SEED), () => performance.now() >= endsAt);
  }
  if (runs !== undefined) {
    const count = readNumber('runs', runs);
    return runDrawn(randomInt(1, MAX_SEED), (done) => done >= count);
  }
  for (const each of SCENARIOS) await runEvery(each);
  await runDrawn(randomInt(1, MAX_SEED), (done) => done >= RUNS);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

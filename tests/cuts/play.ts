import {
  DIRECTIONS,
  formatCuts,
  WAYS,
  type Cut,
  type Cuts,
  type Direction,
  type How,
} from './cut.js';
import { openedAt, placesOf } from './places.js';
import { run, type RunReport } from './run.js';
import type { Scenario } from './scenario.js';

/** Chance of the runs that name none. */
const FIRST_SEED = 1;

/** Of so many places one is taken in each round. */
const SPREAD = 17;

/** A scenario and what it comes to without a cut. */
export interface Rehearsed {
  readonly scenario: Scenario;
  readonly uncut: RunReport;
}

/** Plays a scenario without a cut. Throws when even that goes wrong. */
export async function rehearse(scenario: Scenario): Promise<Rehearsed> {
  const uncut = await run(scenario, { keeps: true });
  if (uncut.faults.length === 0) return { scenario, uncut };
  throw new Error(`scenario "${scenario.name}" fails without a cut:\n${uncut.faults.join('\n')}`);
}

/** Plays all scenarios without a cut, one after the other. */
export async function rehearseAll(scenarios: readonly Scenario[]): Promise<Rehearsed[]> {
  const rehearsed: Rehearsed[] = [];
  for (const scenario of scenarios) rehearsed.push(await rehearse(scenario));
  return rehearsed;
}

/** One run that is to be done. */
export interface Plan {
  readonly rehearsed: Rehearsed;
  readonly cuts: Cuts;
  readonly seed?: number;
  /** How long no connection opens after the first cut. */
  readonly outageMs?: number;
}

/** Which cuts are made at every place. */
export interface EveryOptions {
  /** Cuts of the connections before. */
  readonly before?: Cuts;
  /** Whether every byte of the upgrade is a place. */
  readonly takesUpgrade?: boolean;
  readonly ways?: readonly How[];
  readonly outageMs?: number;
}

/** All cuts of one connection at every place, where those before it are cut as they are given. */
export async function* everyCut(
  rehearsed: Rehearsed,
  { before = [], takesUpgrade = false, ways = WAYS, outageMs = 0 }: EveryOptions = {},
): AsyncGenerator<Plan> {
  const { scenario, uncut } = rehearsed;
  const options = { cuts: before, uncut: uncut.ledger, keeps: true };
  const { kept } = before.length === 0 ? uncut : await run(scenario, options);
  for (const direction of DIRECTIONS) {
    const bytes = kept[before.length]?.[direction];
    if (bytes === undefined) throw new Error(`connection ${before.length} is never opened`);
    for (const at of spread(placesOf(bytes, takesUpgrade))) {
      for (const how of ways) {
        yield { rehearsed, outageMs, cuts: [...before, { direction, at, how }] };
      }
    }
  }
}

/** All of them in another order: who looks for a fault finds it soon. */
function* spread(places: readonly number[]): Generator<number> {
  for (let start = 0; start < SPREAD; start++) {
    for (let at = start; at < places.length; at += SPREAD) yield places[at] as number;
  }
}

/** A cut in the middle of what a scenario says in one direction. */
export function middleCut({ uncut }: Rehearsed, direction: Direction): Cut {
  const bytes = uncut.kept[0]?.[direction] ?? Buffer.alloc(0);
  const opened = openedAt(bytes);
  return { direction, at: opened + Math.floor((bytes.length - opened) / 2), how: 'rst' };
}

/** Does one run. Throws when something is wrong, and says how to see it again. */
export async function perform(plan: Plan): Promise<RunReport> {
  const { rehearsed, cuts, seed, outageMs = 0 } = plan;
  const { scenario, uncut } = rehearsed;
  const options = { cuts, uncut: uncut.ledger, seed: seed ?? FIRST_SEED, outageMs };
  const outage = outageMs === 0 ? '' : ` --outage ${outageMs}`;
  const place = `--scenario ${scenario.name} ${formatCuts(cuts)}${outage}`;
  const again = `to see it again: npm run cuts -- ${seed === undefined ? place : `--seed ${seed}`}`;
  try {
    const report = await runFast(() => run(scenario, options));
    if (report.faults.length === 0) return report;
    // The same again, for the stacks of errors.
    const { faults } = await run(scenario, options);
    throw new Error((faults.length === 0 ? report.faults : faults).join('\n'));
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new Error(`${place}\n${text}\n${again}`, { cause: error });
  }
}

/** Runs without stacks of errors, which cost more than much of what is tested. */
async function runFast(start: () => Promise<RunReport>): Promise<RunReport> {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return await start();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

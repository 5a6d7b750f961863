import type { Cut, Cuts, Direction } from './cut.js';
import { judge, LOST_MS } from './judge.js';
import { Ledger } from './ledger.js';
import { RunClock } from './run-clock.js';
import type { Scenario } from './scenario.js';
import { Theatre } from './theatre.js';
import { Wires } from './wires.js';

/** How a scenario is run. */
export interface RunOptions {
  readonly cuts?: Cuts;
  /** Where chance starts; 1 unless given. */
  readonly seed?: number;
  /** How long no connection opens after the first cut; 0 unless given. */
  readonly outageMs?: number;
  /** Keeps the bytes of the connections. */
  readonly keeps?: boolean;
  /** What the same scenario came to without a cut. */
  readonly uncut?: Ledger;
}

/** What came of a run. */
export interface RunReport {
  readonly ledger: Ledger;
  /** What is wrong; empty when nothing is. */
  readonly faults: readonly string[];
  /** Cuts that have happened: a run may be over before the byte of a cut. */
  readonly made: readonly Cut[];
  /** What has arrived on each connection, if it was kept. */
  readonly kept: readonly Readonly<Record<Direction, Buffer>>[];
}

/** Longer than a scenario takes, however its connections are cut. */
const PLAY_MS = 600_000;
/** A server notices after 35 s that a connection is silent, and keeps its session for 120 s then. */
const EMPTY_MS = 165_000;
/** Longer than a peer has for its part of a goodbye. */
const CLOSE_MS = 10_000;

const unhandled: unknown[] = [];
process.on('unhandledRejection', (reason) => void unhandled.push(reason));

/**
 * Plays a scenario once while its connections are cut, and judges what came of it. One run at a time:
 * all share the HTTP server.
 */
export async function run(scenario: Scenario, options: RunOptions = {}): Promise<RunReport> {
  const { cuts = [], seed = 1, keeps = false, outageMs = 0, uncut } = options;
  const clock = new RunClock(seed);
  const wires = new Wires({ cuts, keeps, outageMs, clock });
  clock.isIdle = () => wires.areIdle;
  const ledger = new Ledger(() => clock.now());
  const theatre = new Theatre({ scenario, clock, wires, ledger });
  await play(scenario, theatre, clock);
  await end(theatre, clock, wires);
  const made = wires.opened.flatMap(({ isCut, cut }) => (isCut && cut !== undefined ? [cut] : []));
  const kept = wires.opened.map((wire) => wire.kept);
  for (const reason of unhandled.splice(0)) ledger.failed('unhandled', reason);
  const terms = { scenario, uncut: uncut ?? ledger, isLost: outageMs >= LOST_MS };
  const faults = [...ledger.faults, ...judge(ledger, terms)];
  return { ledger, faults, made, kept };
}

async function play(scenario: Scenario, theatre: Theatre, clock: RunClock): Promise<void> {
  const { stage } = theatre;
  const { ledger } = stage;
  let isPlayed = false;
  void scenario
    .play(stage)
    .catch((error: unknown) => ledger.failed('the scenario fails', error))
    .then(() => (isPlayed = true));
  await until(() => isPlayed, PLAY_MS, { theatre, clock });
  if (isPlayed) return;
  const settled = [...ledger.outcomes.keys()].join(', ');
  ledger.faults.push(`it hangs, ${theatre.status}; settled: ${settled}`);
}

/** Ends the client, waits until the server has nobody, ends it too, and looks what is left. */
async function end(theatre: Theatre, clock: RunClock, wires: Wires): Promise<void> {
  const { ledger } = theatre.stage;
  theatre.leave();
  ledger.openAll();
  await until(() => theatre.isEmpty, EMPTY_MS, { theatre, clock });
  if (!theatre.isEmpty) ledger.faults.push(`the server still has ${theatre.counts}`);
  theatre.close();
  await until(() => theatre.isClosed, CLOSE_MS, { theatre, clock });
  ledger.faults.push(...theatre.leaks());
  for (const wire of wires.opened) wire.drop();
  await clock.settle();
}

/** Lets everything happen, and time pass where nothing does, until it is done or too late. */
async function until(
  isDone: () => boolean,
  withinMs: number,
  { theatre, clock }: { readonly theatre: Theatre; readonly clock: RunClock },
): Promise<void> {
  const limitAt = clock.now() + withinMs;
  for (;;) {
    await clock.settle();
    if (isDone()) return;
    if (!theatre.turns.take() && !clock.step(limitAt)) return;
  }
}

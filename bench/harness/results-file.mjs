import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, platform, release } from 'node:os';
import { fileURLToPath } from 'node:url';

const FOLDER = new URL('../results/', import.meta.url);
const KEPT = new URL('complete.json', FOLDER);

/** Describes where and with which versions a run is made, for its results file. */
export function describeMachine() {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return {
    node: process.version,
    system: `${platform()} ${release()}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cpuCount: cpus().length,
    dependencies: manifest.dependencies ?? {},
  };
}

/**
 * Writes all that a run has measured so far to `bench/results`; returns the path.
 * @param {{ startedAt: Date }} run anything else in it is written as well
 */
export function writeResults(run) {
  mkdirSync(FOLDER, { recursive: true });
  const stamp = run.startedAt.toISOString().replaceAll(':', '-').slice(0, 19);
  const file = new URL(`run-${stamp}.json`, FOLDER);
  writeFileSync(file, `${JSON.stringify(run, null, 2)}\n`);
  return fileURLToPath(file);
}

/**
 * Keeps a run of everything as the one that the README shows: its medians, without single rounds.
 * @param {{ scenarios: readonly { targets: readonly object[] }[] }} run
 */
export function keepRun(run) {
  const scenarios = run.scenarios.map(({ targets, ...scenario }) => ({
    ...scenario,
    targets: targets.map(({ name, median, spread, failure, reason }) => {
      const rounded = median && Object.entries(median).map(([key, value]) => [key, round(value)]);
      const figures = rounded && Object.fromEntries(rounded);
      return { name, median: figures, spread: round(spread), failure, reason };
    }),
  }));
  writeFileSync(KEPT, `${JSON.stringify({ ...run, scenarios }, null, 2)}\n`);
}

/** Reads the run that the README shows; `null` when none is kept. */
export function readKeptRun() {
  try {
    return JSON.parse(readFileSync(KEPT, 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return null;
  }
}

const round = (value) =>
  typeof value !== 'number' || Number.isInteger(value) ? value : Number(value.toPrecision(4));

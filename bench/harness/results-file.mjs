import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, platform, release } from 'node:os';
import { fileURLToPath } from 'node:url';

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
 * Writes all that a run measured to `bench/results`; returns the path.
 * @param {{ scenario: string, startedAt: Date }} run anything else in it is written as well
 */
export function writeResults(run) {
  const folder = new URL('../results/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  const stamp = run.startedAt.toISOString().replaceAll(':', '-').slice(0, 19);
  const file = new URL(`${run.scenario}-${stamp}.json`, folder);
  writeFileSync(file, `${JSON.stringify(run, null, 2)}\n`);
  return fileURLToPath(file);
}

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { programOptions } from '../support/program-options.mjs';

// Bundles the simulation and runs it: what it takes is said in seeds.ts.
const folder = mkdtempSync(join(tmpdir(), 'trunkline-simulate-'));
try {
  const program = join(folder, 'seeds.mjs');
  buildSync(programOptions(fileURLToPath(new URL('seeds.ts', import.meta.url)), program));
  const given = process.argv.slice(2);
  const isOne = given.some((word) => /^--(seed|processes)(=|$)/.test(word));
  const shared = isOne ? [] : ['--processes', `${availableParallelism()}`];
  const argv = ['--enable-source-maps', program, ...shared, ...given];
  process.exitCode = spawnSync(process.execPath, argv, { stdio: 'inherit' }).status ?? 1;
} finally {
  rmSync(folder, { recursive: true });
}

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { programOptions } from '../support/program-options.mjs';

// From source: nothing must be built before, and a change is in the next run.
const folder = mkdtempSync(join(tmpdir(), 'trunkline-cuts-'));
try {
  const program = join(folder, 'main.mjs');
  buildSync(programOptions(fileURLToPath(new URL('main.ts', import.meta.url)), program));
  const argv = ['--enable-source-maps', program, ...process.argv.slice(2)];
  process.exitCode = spawnSync(process.execPath, argv, { stdio: 'inherit' }).status ?? 1;
} finally {
  rmSync(folder, { recursive: true });
}

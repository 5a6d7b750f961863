import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleProgram, type PlantedFault } from '../support/planted-fault.js';

/** What seeds have printed, and how their program ended: 0 when all of them held. */
export interface SeedReport {
  readonly output: string;
  readonly code: number;
}

/** Longer than any number of seeds here may take, on a machine that is busy. */
const TIMEOUT_MS = 600_000;

/** Bundles the simulation once and hands it to `use`; with a fault planted, or without one. */
export async function withSimulation<Result>(
  fault: PlantedFault | undefined,
  use: (run: (...argv: readonly string[]) => Promise<SeedReport>) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-simulation-'));
  try {
    const program = join(folder, 'seeds.mjs');
    await bundleProgram(fileURLToPath(new URL('seeds.ts', import.meta.url)), program, fault);
    return await use((...argv) => runProgram([program, ...argv]));
  } finally {
    await rm(folder, { recursive: true });
  }
}

function runProgram(argv: string[]): Promise<SeedReport> {
  return new Promise((resolve, reject) => {
    const options = { timeout: TIMEOUT_MS, maxBuffer: 1 << 26 };
    execFile(process.execPath, argv, options, (error, stdout, stderr) => {
      const { code = 0 } = error ?? {};
      if (typeof code === 'number') resolve({ output: stdout + stderr, code });
      else reject(error as Error);
    });
  });
}

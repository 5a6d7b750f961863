import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundleProgram } from '../support/planted-fault.js';
import { FAULTS } from './planted-faults.js';

const LIMIT_MS = 120_000;

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'trunkline-cuts-'))));
afterAll(() => rm(folder, { recursive: true }));

/** Gives what it printed on both streams, and its exit code. */
function runProgram(program: string, args: readonly string[]) {
  return new Promise<{ code: unknown; printed: string }>((resolve) => {
    execFile(process.execPath, [program, ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : error.code, printed: stdout + stderr });
    });
  });
}

const named = FAULTS.map((fault) => [fault.name, fault] as const);

it.each(named)('cuts find that %s', { timeout: LIMIT_MS }, async (_name, fault) => {
  const program = join(folder, `${FAULTS.indexOf(fault)}.mjs`);
  await bundleProgram(fileURLToPath(new URL('main.ts', import.meta.url)), program, fault);
  const { code, printed } = await runProgram(program, fault.args);
  expect(printed).toMatch(/to see it again: npm run cuts -- /);
  expect(code).toBe(1);
});

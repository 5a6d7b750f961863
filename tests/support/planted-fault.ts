import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { FAULT_VARIABLE, ROOT, plant, type PlantedFault } from './plant.js';
import { programOptions } from './program-options.mjs';

export type { PlantedFault } from './plant.js';

/*
 * A suite that holds a guarantee is worth what it finds. So product code is broken in one place, in
 * memory, and the suite must notice:
 *
 *   const TRIM: PlantedFault = {
 *     name: 'numbers are never checked',
 *     file: 'packages/protocol/src/session/positions.ts',
 *     find: 'if (number <= this.rx) return false;',
 *     replace: '',
 *   };
 *   const report = await runSuiteWithFault(TRIM, 'tests/e2e/calls.test.ts');
 *   expect(report.failed).not.toEqual([]);
 *
 * The suite runs in a process of its own and nothing on disk changes. A snippet that is not there
 * exactly once is an error, so that a fault cannot rot unnoticed, and so is a suite that never loads
 * the file. What is not a vitest suite is bundled with its fault by `bundleProgram`.
 */

/** What a suite made of a fault. */
export interface SuiteReport {
  /** Full names of the tests that passed. */
  readonly passed: readonly string[];
  /** Full names of the tests that failed. */
  readonly failed: readonly string[];
  /** The messages of those, one after the other. */
  readonly messages: string;
}

/** How a suite is run with a fault. */
export interface SuiteRun {
  /** Only tests whose full name fits this pattern. */
  readonly only?: string;
  /** Added to the environment of the suite, such as a seed. */
  readonly env?: Readonly<Record<string, string>>;
  /** After so long the suite has hung, and its run throws; 120 s unless told. */
  readonly timeoutMs?: number;
}

interface JsonReport {
  readonly testResults: readonly {
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

/** Runs a test file (from the root) in a process of its own, with a fault planted or without one. */
export async function runSuiteWithFault(
  fault: PlantedFault | undefined,
  file: string,
  run: SuiteRun = {},
): Promise<SuiteReport> {
  if (fault !== undefined) plant(fault, await readFile(join(ROOT, fault.file), 'utf8'));
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-fault-'));
  try {
    const output = join(folder, 'report.json');
    const config = fileURLToPath(new URL('plant-config.ts', import.meta.url));
    const argv = [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', file, '--config', config];
    argv.push('--reporter=json', `--outputFile=${output}`);
    if (run.only !== undefined) argv.push('-t', run.only);
    const env = {
      ...ownEnvironment(),
      ...run.env,
      [FAULT_VARIABLE]: JSON.stringify(fault ?? null),
    };
    const printed = await runNode(argv, env, run.timeoutMs ?? 120_000);
    const text = await readFile(output, 'utf8').catch(() => undefined);
    if (text === undefined) throw new Error(`the suite "${file}" did not run:\n${printed}`);
    if (fault !== undefined && !printed.includes(`planted: ${fault.name}`)) {
      throw new Error(`the suite "${file}" never loads "${fault.file}"`);
    }
    return readReport(JSON.parse(text) as JsonReport);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Bundles a program for Node with all it imports, with a fault planted or without one. */
export async function bundleProgram(
  entry: string,
  outfile: string,
  fault?: PlantedFault,
): Promise<void> {
  const plugins = fault === undefined ? [] : [planter(fault)];
  await build({ ...programOptions(entry, outfile), plugins });
}

function planter(fault: PlantedFault): Plugin {
  const path = join(ROOT, fault.file);
  let isPlanted = false;
  return {
    name: 'planted-fault',
    setup(context) {
      context.onLoad({ filter: /\.ts$/ }, async (loaded) => {
        if (loaded.path !== path) return undefined;
        isPlanted = true;
        return { contents: plant(fault, await readFile(path, 'utf8')), loader: 'ts' };
      });
      context.onEnd(() => {
        if (!isPlanted) throw new Error(`the program never loads "${fault.file}"`);
      });
    },
  };
}

/** Without what the vitest around this process has told it of itself. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env);
  return Object.fromEntries(entries.filter(([name]) => !/^(VITEST|TEST$|NODE_ENV$)/.test(name)));
}

/** Gives what it printed, however it ended. */
function runNode(argv: string[], env: NodeJS.ProcessEnv, timeout: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd: ROOT, env, timeout, killSignal: 'SIGKILL', maxBuffer: 1 << 26 } as const;
    execFile(process.execPath, argv, options, (error, stdout, stderr) => {
      if (error?.killed === true) reject(new Error(`the suite hung:\n${stdout}${stderr}`));
      else resolve(stdout + stderr);
    });
  });
}

function readReport({ testResults }: JsonReport): SuiteReport {
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const broken = testResults.filter(({ assertionResults }) => assertionResults.length === 0);
  if (broken.length > 0) throw new Error(`the suite did not run: ${broken[0]?.message}`);
  const named = (status: string): string[] =>
    tests.filter((test) => test.status === status).map(({ fullName }) => fullName);
  return {
    passed: named('passed'),
    failed: named('failed'),
    messages: tests.flatMap(({ failureMessages }) => failureMessages ?? []).join('\n'),
  };
}

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** npm may have a compiler to fetch. */
const INSTALL_MS = 240_000;
const COMPILE_MS = 120_000;
const RUN_MS = 30_000;

/** The configuration that README shows, which holds for both forms. */
const COMPILER_OPTIONS = {
  target: 'es2023',
  module: 'nodenext',
  types: ['node'],
  strict: true,
  rootDir: 'src',
  outDir: 'dist',
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  // Declarations of the packages are compiled too, as careful users have it.
  skipLibCheck: false,
};

/**
 * A step of a trial that went wrong: what was asked for, and what was said.
 * @typedef {{ step: string, output: string }} Fault
 */

/**
 * What is installed beside the packages, and which programs are tried, by their names.
 * @typedef {object} Trial
 * @property {string} folder outside of the workspaces
 * @property {readonly string[]} tarballs
 * @property {Readonly<Record<string, string>>} dependencies
 * @property {Readonly<Record<string, string>>} programs
 */

/**
 * Runs a command; gives what it said, or a fault.
 * @param {string} step
 * @param {readonly [command: string, ...args: string[]]} command
 * @param {{ cwd: string, timeoutMs: number }} options
 */
export function runStep(step, [command, ...args], { cwd, timeoutMs }) {
  const env = { ...process.env, NO_COLOR: '1', NODE_PATH: '' };
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    env,
    encoding: 'utf8',
    timeout: timeoutMs,
    maxBuffer: 64 * 1_048_576,
  });
  const output = `${stdout ?? ''}${stderr ?? ''}${error === undefined ? '' : error.message}`;
  return status === 0 ? { output: stdout } : { fault: { step, output: output.trim() } };
}

/**
 * Installs tarballs in an empty project as a user does, compiles programs there and runs them. Gives
 * what has gone wrong; nothing when all is well.
 * @param {Trial} trial
 * @returns {Promise<Fault[]>}
 */
export async function tryPackages({ folder, tarballs, dependencies, programs }) {
  mkdirSync(join(folder, 'src'), { recursive: true });
  const manifest = { name: 'trial', private: true, type: 'module', dependencies };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  const tsconfig = { compilerOptions: COMPILER_OPTIONS, include: ['src'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
  for (const [name, text] of Object.entries(programs)) {
    // Each has a port of its own: another program may have the one of the examples.
    const port = String(await freePort());
    writeFileSync(join(folder, 'src', name), text.replaceAll('8080', port));
  }
  const quietly = ['--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline'];
  const cwd = folder;
  const install = ['npm', 'install', '--ignore-scripts', ...quietly, ...tarballs];
  const installed = runStep('install', /** @type {[string]} */ (install), {
    cwd,
    timeoutMs: INSTALL_MS,
  });
  if (installed.fault !== undefined) return [installed.fault];
  const compile = runStep('compile', ['npx', '--no-install', 'tsc'], {
    cwd,
    timeoutMs: COMPILE_MS,
  });
  if (compile.fault !== undefined) return [compile.fault];
  return Object.keys(programs).flatMap((name) => {
    const program = join('dist', name.replace(/\.ts$/, '.js'));
    const step = `run ${name}`;
    const { fault, output } = runStep(step, [process.execPath, program], {
      cwd,
      timeoutMs: RUN_MS,
    });
    if (fault !== undefined) return [fault];
    return output.trim() === '' ? [{ step, output: 'it printed nothing' }] : [];
  });
}

/**
 * Reads the programs that everybody starts with: README's, and the decorated form of it.
 * @param {string} root
 */
export function readSmallest(root) {
  const folder = join(root, 'examples', 'smallest', 'src');
  return Object.fromEntries(
    ['main.ts', 'decorated.ts'].map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

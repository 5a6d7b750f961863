import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleProgram } from '../tests/runtimes/bundle.mjs';
import { runProgram } from './runtime-process.mjs';
import { ROOT } from './source-tree.mjs';

/** Packages that the programs of the suite need. */
const PACKED = ['protocol', 'contract', 'server', 'client'];

/** npm packs in seconds, and has a few hundred megabytes to fetch for the runtimes. */
const NPM_MS = 300_000;

/**
 * A folder outside of the workspaces with the packages and the runtimes as a user installs them.
 * @typedef {object} RuntimeFolder
 * @property {string} path
 * @property {(runtime: import('./runtime-list.mjs').Runtime) => string} commandOf
 * @property {() => Promise<void>} remove
 */

/** @type {(runtime: import('./runtime-list.mjs').Runtime) => boolean} */
const isHere = ({ package: name, version }) => {
  return name.startsWith('node-') && version === process.versions.node;
};

/** @type {(runtime: import('./runtime-list.mjs').Runtime) => string} */
const aliasOf = ({ package: name, version }) => {
  return `runtime-${name.replace(/^@/, '').replaceAll('/', '-')}-${version}`;
};

/** @type {(name: string) => Promise<string>} */
async function versionOf(name) {
  const manifest = join(ROOT, 'node_modules', name, 'package.json');
  return JSON.parse(await readFile(manifest, 'utf8')).version;
}

/**
 * Packs the packages and installs them, what the suite's programs need and the runtimes into a new
 * folder. The Node that runs this is not installed again.
 * @param {readonly import('./runtime-list.mjs').Runtime[]} runtimes
 * @param {AbortSignal} signal
 * @returns {Promise<RuntimeFolder>}
 */
export async function createRuntimeFolder(runtimes, signal) {
  const path = await mkdtemp(join(tmpdir(), 'trunkline-runtimes-'));
  const remove = () => rm(path, { recursive: true, force: true, maxRetries: 5 });
  /** @type {(args: readonly string[], cwd: string) => Promise<string>} */
  const npm = (args, cwd) => runProgram({ command: 'npm', args, cwd, timeoutMs: NPM_MS, signal });
  try {
    const packed = PACKED.map((name) => `--workspace=packages/${name}`);
    await npm(['pack', '--silent', ...packed, `--pack-destination=${path}`], ROOT);
    const dependencies = { ...(await findTarballs(path)), ...binariesOf(runtimes) };
    for (const name of ['ws', 'zod']) dependencies[name] = await versionOf(name);
    const manifest = { name: 'runtimes', private: true, type: 'module', dependencies };
    await writeFile(join(path, 'package.json'), JSON.stringify(manifest));
    const quietly = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
    await npm(['install', ...quietly, `--prefix=${path}`], path);
    for (const name of ['run-suite', 'serve', 'host']) {
      bundleProgram(`${name}.ts`, join(path, `${name}.js`));
    }
  } catch (error) {
    await remove();
    throw error;
  }
  /** @type {RuntimeFolder['commandOf']} */
  const commandOf = (runtime) =>
    isHere(runtime)
      ? process.execPath
      : join(path, 'node_modules', aliasOf(runtime), runtime.binary);
  return { path, commandOf, remove };
}

/**
 * Finds the packages' tarballs, by the names of the packages.
 * @param {string} path
 */
async function findTarballs(path) {
  /** @type {Record<string, string>} */
  const found = {};
  for (const file of await readdir(path)) {
    const name = /^trunkline-([a-z]+)-.*\.tgz$/.exec(file)?.[1];
    if (name !== undefined) found[`@trunkline/${name}`] = `file:${file}`;
  }
  return found;
}

/** @type {(runtimes: readonly import('./runtime-list.mjs').Runtime[]) => Record<string, string>} */
function binariesOf(runtimes) {
  const wanted = runtimes.filter((runtime) => !isHere(runtime));
  return Object.fromEntries(
    wanted.map((one) => [aliasOf(one), `npm:${one.package}@${one.version}`]),
  );
}

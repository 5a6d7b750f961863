import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isMain } from './check-report.mjs';
import { checkTarball } from './check-tarballs.mjs';
import { readSmallest, runStep, tryPackages } from './packed-project.mjs';
import { findObstacles, findVersionFaults, readManifests, readState } from './release-state.mjs';
import { ROOT } from './source-tree.mjs';

const HELP = `npm run release [-- --dry-run | --publish]

Makes a release in a temporary clone of this commit: applies the changesets, builds, packs, looks into
the tarballs, installs them in an empty project, and compiles and runs README's first program there.
Prints what would be published. Nothing of this repository is changed, and nothing is published.

  --dry-run   as without it: also goes on where a release would be refused, and says why
  --publish   publishes what main has. It needs all of: the branch main, nothing that is not
              committed, changesets applied and committed, a login ("npm whoami"), and .ci/run passed
  --help      prints this
`;

const STEP_MS = 240_000;

/** @typedef {import('./packed-project.mjs').Fault} Fault */
/** @typedef {import('./release-state.mjs').Manifest} Manifest */

/**
 * Reads the command line. Throws a TypeError that says how to mend it.
 * @param {readonly string[]} args
 */
export function parseCommand(args) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean' },
      'dry-run': { type: 'boolean' },
      publish: { type: 'boolean' },
    },
  });
  const isPublish = values.publish === true;
  if (isPublish && values['dry-run'] === true) {
    throw new TypeError('options "--dry-run" and "--publish" exclude each other; leave one out');
  }
  return { isPublish, isHelp: values.help === true };
}

/**
 * Clones the commit that is checked out, with the tools of this folder.
 * @param {string} folder
 */
function cloneHere(folder) {
  const clone = join(folder, 'clone');
  must(runStep('clone', ['git', 'clone', '--quiet', ROOT, clone], stepIn(folder)));
  const modules = join(clone, 'node_modules');
  mkdirSync(join(modules, '@trunkline'), { recursive: true });
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name === '@trunkline') continue;
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  // Its own packages, not ours: they get another version there.
  for (const { folder: path, name } of readManifests(clone)) {
    symlinkSync(join(clone, path), join(modules, name));
  }
  return clone;
}

/**
 * Applies the changesets of a clone, builds it and packs its packages.
 * @param {string} clone
 * @param {string} destination
 */
function buildRelease(clone, destination) {
  const changeset = join(ROOT, 'node_modules', '@changesets', 'cli', 'bin.js');
  const version = [process.execPath, changeset, 'version'];
  must(runStep('changeset version', /** @type {[string]} */ (version), stepIn(clone)));
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const build = [process.execPath, compiler, '-b', ...buildsOf(clone)];
  must(runStep('build', /** @type {[string]} */ (build), stepIn(clone)));
  mkdirSync(destination);
  for (const { folder } of readManifests(clone)) {
    const pack = ['npm', 'pack', '--silent', `--pack-destination=${destination}`];
    must(runStep('npm pack', /** @type {[string]} */ (pack), stepIn(join(clone, folder))));
  }
  return readdirSync(destination).map((name) => join(destination, name));
}

/** @type {(clone: string) => string[]} */
function buildsOf(clone) {
  return readManifests(clone).map(({ folder }) => folder);
}

/**
 * Prints what would be published, with the tags.
 * @param {readonly Manifest[]} manifests
 * @param {readonly string[]} tarballs
 */
function printPlan(manifests, tarballs) {
  console.log('\nwould be published:');
  for (const { name, version } of manifests) {
    const file = tarballs.find((path) =>
      path.includes(`${name.slice(1).replace('/', '-')}-${version}`),
    );
    const bytes = file === undefined ? 0 : readFileSync(file).length;
    console.log(
      `  ${name.padEnd(22)} ${version.padEnd(8)} ${(bytes / 1024).toFixed(0).padStart(5)} KiB`,
    );
  }
  console.log(`tags: ${manifests.map(({ name, version }) => `${name}@${version}`).join(' ')}`);
}

/** Does all of a release but its last step, in a clone; gives whether all went well. */
async function rehearse() {
  const state = readState(ROOT);
  for (const obstacle of findObstacles(state, { isPublish: false })) {
    console.log(`a release would be refused: ${obstacle}`);
  }
  say(state.changesets.length, `changesets at ${state.manifests[0]?.version}`);
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-release-'));
  try {
    const clone = cloneHere(folder);
    const tarballs = buildRelease(clone, join(folder, 'tarballs'));
    const released = readState(clone);
    const versions = findVersionFaults(released);
    const contents = findContentFaults(clone, released.manifests);
    say(tarballs.length, 'tarballs packed, and looked into');
    const trial = await tryPackages({
      folder: join(folder, 'trial'),
      tarballs,
      dependencies: toolVersions(),
      programs: readSmallest(clone),
    });
    const tried = trial.map(({ step, output }) => `in an empty project, ${step}: ${output}`);
    if (trial.length === 0) say(2, 'programs compiled and run in an empty project');
    const faults = [...versions, ...contents, ...tried];
    for (const fault of faults) console.error(`fault: ${fault}`);
    if (faults.length === 0) printPlan(released.manifests, tarballs);
    return faults.length === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Publishes what main has; gives whether it did. */
function publish() {
  const state = readState(ROOT);
  const faults = [...findObstacles(state, { isPublish: true }), ...findVersionFaults(state)];
  // Each of these takes a while, and is in vain where the ones before were not well.
  if (faults.length === 0) faults.push(...findContentFaults(ROOT, state.manifests));
  if (faults.length === 0) faults.push(...findLoginFaults());
  if (faults.length > 0) {
    for (const fault of faults) console.error(`refused: ${fault}`);
    return false;
  }
  const changeset = join(ROOT, 'node_modules', '@changesets', 'cli', 'bin.js');
  const args = [changeset, 'publish'];
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
  if (status === 0) console.log('published; push the tags: git push --follow-tags');
  return status === 0;
}

function findLoginFaults() {
  const { fault } = runStep('npm whoami', ['npm', 'whoami'], stepIn(ROOT));
  return fault === undefined ? [] : ['nobody is logged in to npm: run "npm login"'];
}

/** @type {(root: string, manifests: readonly Manifest[]) => string[]} */
function findContentFaults(root, manifests) {
  return manifests.flatMap(({ folder }) => {
    return checkTarball(root, folder.replace('packages/', ''), { isPublished: true });
  });
}

function toolVersions() {
  const names = ['zod', 'typescript', '@types/node'];
  return Object.fromEntries(
    names.map((name) => {
      const path = join(ROOT, 'node_modules', name, 'package.json');
      return [name, JSON.parse(readFileSync(path, 'utf8')).version];
    }),
  );
}

/** @type {(cwd: string) => { cwd: string, timeoutMs: number }} */
function stepIn(cwd) {
  return { cwd, timeoutMs: STEP_MS };
}

/** @type {(result: ReturnType<typeof runStep>) => void} */
function must({ fault }) {
  if (fault !== undefined) throw new Error(`${fault.step} failed:\n${fault.output}`);
}

/** @type {(count: number, what: string) => void} */
function say(count, what) {
  console.log(`${count} ${what}`);
}

if (isMain(import.meta.url)) {
  try {
    const { isPublish, isHelp } = parseCommand(process.argv.slice(2));
    if (isHelp) console.log(HELP);
    else if (!(isPublish ? publish() : await rehearse())) process.exitCode = 1;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

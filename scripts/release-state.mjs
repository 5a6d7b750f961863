import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A package that would be published.
 * @typedef {object} Manifest
 * @property {string} folder below the root
 * @property {string} name
 * @property {string} version
 * @property {Readonly<Record<string, string>>} ranges of sister packages
 */

/**
 * What a release starts from.
 * @typedef {object} ReleaseState
 * @property {string} branch empty where none is checked out
 * @property {readonly string[]} dirty files that differ from the commit
 * @property {readonly string[]} changesets
 * @property {readonly Manifest[]} manifests
 * @property {readonly string[]} fixed packages that have one version
 */

const SCOPE = '@trunkline/';

/**
 * Reads the packages of a repository that are not private.
 * @param {string} root
 * @returns {Manifest[]}
 */
export function readManifests(root) {
  return (
    readdirSync(join(root, 'packages'))
      // A folder without code is no package yet.
      .filter((folder) => existsSync(join(root, 'packages', folder, 'src')))
      .map((folder) => {
        const path = join(root, 'packages', folder, 'package.json');
        const manifest = JSON.parse(readFileSync(path, 'utf8'));
        /** @type {Record<string, string>} */
        const all = { ...manifest.dependencies, ...manifest.peerDependencies };
        const ranges = Object.entries(all).filter(([name]) => name.startsWith(SCOPE));
        return { ...manifest, folder: `packages/${folder}`, ranges: Object.fromEntries(ranges) };
      })
      .filter((manifest) => manifest.private !== true)
      .map(({ folder, name, version, ranges }) => ({ folder, name, version, ranges }))
  );
}

/**
 * Reads what a release of a repository would start from.
 * @param {string} root
 * @returns {ReleaseState}
 */
export function readState(root) {
  const config = JSON.parse(readFileSync(join(root, '.changeset', 'config.json'), 'utf8'));
  return {
    branch: git(root, 'branch', '--show-current'),
    dirty: git(root, 'status', '--porcelain').split('\n').filter(Boolean),
    changesets: readdirSync(join(root, '.changeset')).filter((name) =>
      /^(?!README).*\.md$/.test(name),
    ),
    manifests: readManifests(root),
    fixed: config.fixed.flat(),
  };
}

/**
 * Lists what keeps a repository from being released, whatever is done next.
 * @param {ReleaseState} state
 */
export function findVersionFaults({ manifests, fixed }) {
  const versions = new Set(manifests.map(({ version }) => version));
  const faults =
    versions.size === 1
      ? []
      : [`the packages have several versions: ${manifests.map(said).join(', ')}; make them one`];
  for (const { folder, name, ranges } of manifests) {
    if (!fixed.includes(name)) {
      faults.push(
        `"${name}" is not in "fixed" of .changeset/config.json, so its version would differ`,
      );
    }
    for (const [sister, range] of Object.entries(ranges)) {
      const other = manifests.find((one) => one.name === sister);
      if (other === undefined) faults.push(`${folder}: "${sister}" is not among the packages`);
      else if (range !== other.version) {
        faults.push(`${folder}: "${sister}" is "${range}", expected exactly "${other.version}"`);
      }
    }
  }
  return faults;
}

/**
 * Lists what keeps a repository from being published just now, of what a dry run goes on without.
 * @param {ReleaseState} state
 * @param {{ readonly isPublish: boolean }} options
 */
export function findObstacles({ branch, dirty, changesets }, { isPublish }) {
  const obstacles = [];
  if (branch !== 'main') {
    const here = branch === '' ? 'no branch is checked out' : `the branch is "${branch}"`;
    obstacles.push(`${here}: releases are made on "main"`);
  }
  if (dirty.length > 0) {
    obstacles.push(`${dirty.length} files are not committed, the first is "${dirty[0]?.slice(3)}"`);
  }
  if (isPublish && changesets.length > 0) {
    obstacles.push(
      `${changesets.length} changesets are not applied: run "npx changeset version" and ` +
        '"npm install --package-lock-only", and commit what they wrote',
    );
  }
  if (!isPublish && changesets.length === 0) obstacles.push('there is no changeset to release');
  return obstacles;
}

/** @type {(manifest: Manifest) => string} */
function said({ name, version }) {
  return `${name} ${version}`;
}

/** @type {(root: string, ...args: string[]) => string} */
function git(root, ...args) {
  const { status, stdout, stderr } = spawnSync('git', args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`git ${args.join(' ')} failed: ${stderr}`);
  return stdout.trimEnd();
}

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMain, report } from './check-report.mjs';
import { PACKAGES, ROOT } from './source-tree.mjs';

/** What everybody who installs a package gets to read. */
const DOCUMENTS = ['LICENSE', 'README.md'];

/** What more a package must have, because it is of no use without. */
const MORE = new Map([
  ['protocol', ['PROTOCOL.md']],
  ['codegen', ['bin/trunkline.js']],
]);

/** Of the workshop. */
const UNWANTED = /\.test(-d)?\.|\.tsbuildinfo$|^(tests|fixtures)\/|tsconfig/;

/**
 * Finds what is missing in a package's tarball, and what does not belong into it.
 * @param {string} packageName
 * @param {readonly string[]} files paths in the tarball
 * @param {readonly string[]} doors paths that package.json leads to
 * @returns {string[]}
 */
export function findTarballFaults(packageName, files, doors) {
  const place = `packages/${packageName}: the tarball`;
  const wanted = [...DOCUMENTS, ...(MORE.get(packageName) ?? []), ...doors];
  return [
    ...wanted
      .filter((file) => !files.includes(file))
      .map((file) => `${place} has no "${file}"; see "files" in package.json`),
    ...files
      .filter((file) => UNWANTED.test(file))
      .map((file) => `${place} has "${file}"; leave it out with "files" in package.json`),
  ];
}

/**
 * Lists the files that a part of package.json leads to, under whatever conditions.
 * @param {unknown} targets
 * @returns {string[]}
 */
export function pathsOf(targets) {
  if (typeof targets === 'string') return [targets.replace(/^\.\//, '')];
  if (typeof targets !== 'object' || targets === null) return [];
  return Object.values(targets).flatMap(pathsOf);
}

/** @type {(packageName: string) => string[]} */
function checkTarball(packageName) {
  const cwd = join(ROOT, 'packages', packageName);
  const command = ['pack', '--dry-run', '--json', '--silent'];
  const { status, stdout, stderr } = spawnSync('npm', command, { cwd, encoding: 'utf8' });
  if (status !== 0) return [`packages/${packageName}: npm pack failed: ${stderr}`];
  /** @type {{ files: { path: string }[] }[]} */
  const packed = Object.values(JSON.parse(stdout));
  const files = packed.flatMap((one) => one.files.map(({ path }) => path));
  const { exports, imports } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'));
  return findTarballFaults(packageName, files, pathsOf([exports, imports]));
}

if (isMain(import.meta.url)) report('tarballs', PACKAGES.flatMap(checkTarball));

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
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

/**
 * Finds what was built from a source that is not there, and maps that lead to no source: who steps
 * into the code ends up nowhere.
 * @param {string} packageName
 * @param {readonly string[]} files paths in the tarball
 * @param {(path: string) => string} read gives the text of a file
 * @returns {string[]}
 */
export function findStrayFiles(packageName, files, read) {
  const place = `packages/${packageName}: the tarball`;
  const there = new Set(files);
  const built = files.filter((file) => /^dist\/.*\.(js|d\.ts)$/.test(file));
  const maps = files.filter((file) => /^dist\/.*\.map$/.test(file));
  return [
    ...built
      .filter((file) => !there.has(file.replace(/^dist/, 'src').replace(/(\.d\.ts|\.js)$/, '.ts')))
      .map((file) => `${place} has "${file}", whose source is gone; delete dist, and build again`),
    ...built
      .filter((file) => !there.has(`${file}.map`))
      .map((file) => `${place} has no map of "${file}"; build with maps`),
    ...maps.flatMap((file) => {
      /** @type {{ sources: string[] }} */
      const { sources } = JSON.parse(read(file));
      return sources
        .map((source) => posix.join(posix.dirname(file), source))
        .filter((source) => !there.has(source))
        .map((source) => `${place} has "${file}", which leads to "${source}", which is not there`);
    }),
  ];
}

/** Bytes of a tarball, and of what it holds. */
const BUDGETS = { size: 450_000, unpackedSize: 2_500_000 };

/**
 * Finds tarballs that have grown beyond what anybody should have to install.
 * @param {string} packageName
 * @param {{ readonly size: number, readonly unpackedSize: number }} packed
 * @returns {string[]}
 */
export function findWeight(packageName, packed) {
  const names = /** @type {(keyof typeof BUDGETS)[]} */ (Object.keys(BUDGETS));
  return names
    .filter((name) => packed[name] > BUDGETS[name])
    .map((name) => {
      return `packages/${packageName}: the tarball has a ${name} of ${packed[name]} bytes: expected at most ${BUDGETS[name]}`;
    });
}

/**
 * Finds what is wrong with the tarball of a package that was built. What an earlier build has left
 * over matters only to who publishes.
 * @param {string} root
 * @param {string} packageName
 * @param {{ readonly isPublished?: boolean }} [options]
 * @returns {string[]}
 */
export function checkTarball(root, packageName, { isPublished = false } = {}) {
  const cwd = join(root, 'packages', packageName);
  const command = ['pack', '--dry-run', '--json', '--silent'];
  const { status, stdout, stderr } = spawnSync('npm', command, { cwd, encoding: 'utf8' });
  if (status !== 0) return [`packages/${packageName}: npm pack failed: ${stderr}`];
  /** @type {{ files: { path: string }[], size: number, unpackedSize: number }[]} */
  const packed = Object.values(JSON.parse(stdout));
  const files = packed.flatMap((one) => one.files.map(({ path }) => path));
  const { exports, imports, bin } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'));
  return [
    ...findTarballFaults(packageName, files, pathsOf([exports, imports, bin])),
    ...(isPublished
      ? findStrayFiles(packageName, files, (path) => readFileSync(join(cwd, path), 'utf8'))
      : []),
    ...packed.flatMap((one) => findWeight(packageName, one)),
  ];
}

if (isMain(import.meta.url)) {
  report(
    'tarballs',
    PACKAGES.flatMap((name) => checkTarball(ROOT, name)),
  );
}

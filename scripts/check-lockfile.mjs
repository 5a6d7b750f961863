import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMain, report } from './check-report.mjs';
import { ROOT } from './source-tree.mjs';

/**
 * @typedef {object} LockedPackage
 * @property {string} [version]
 * @property {string} [resolved]
 * @property {string} [integrity]
 * @property {boolean} [link]
 * @property {boolean} [inBundle]
 * @property {Record<string, string>} [optionalDependencies]
 * @typedef {Record<string, LockedPackage>} LockedPackages keyed by place in the tree
 */

/**
 * The oldest version of a package that may be installed, because older ones are known to be unsafe
 * or to lack what the code relies on.
 */
const OLDEST = {
  ws: '8.23.0',
  zod: '4.1.0',
  superjson: '2.2.6',
  'reflect-metadata': '0.2.2',
  undici: '7.24.0',
};

/**
 * Packages whose own old copies are let pass: the benchmark measures them as they are published, or
 * they drive a browser in a test, and no package of ours depends on them.
 */
const OUTSIDE = ['chromium-bidi', 'engine.io', 'engine.io-client', 'socket.io-adapter'];

/**
 * Finds what would make an install from the lockfile fail, differ, or be unsafe.
 * @param {LockedPackages} packages
 * @param {Record<string, string>} oldest
 * @returns {string[]}
 */
export function findLockfileFaults(packages, oldest) {
  return Object.entries(packages).flatMap(([place, locked]) => {
    if (place === '' || locked.link || !place.includes('node_modules/')) return [];
    return [
      ...findHost(place, locked),
      ...findMissingPlatforms(place, locked, packages),
      ...findTooOld(place, locked, oldest),
    ];
  });
}

/** @type {(place: string, locked: LockedPackage) => string[]} */
function findHost(place, { resolved, integrity, inBundle }) {
  const faults = [];
  if (resolved !== undefined) {
    faults.push(`${place}: names a registry; set omit-lockfile-registry-resolved=true and install`);
  }
  if (integrity === undefined && !inBundle) faults.push(`${place}: has no integrity`);
  return faults;
}

/**
 * npm writes a lockfile without the platform packages that were never published, and then refuses
 * to install from it.
 * @type {(place: string, locked: LockedPackage, packages: LockedPackages) => string[]}
 */
function findMissingPlatforms(place, { version, optionalDependencies = {} }, packages) {
  return Object.keys(optionalDependencies)
    .filter((name) => !findInstalled(place, name, packages))
    .map((name) => {
      return `${place}: "${name}" is not locked, so npm ci fails; use another version than ${version}`;
    });
}

/** @type {(place: string, name: string, packages: LockedPackages) => boolean} */
function findInstalled(place, name, packages) {
  for (let folder = `${place}/`; ; folder = folder.slice(0, folder.lastIndexOf('node_modules/'))) {
    if (packages[`${folder}node_modules/${name}`]) return true;
    if (!folder.includes('node_modules/')) return false;
  }
}

/** @type {(place: string, locked: LockedPackage, oldest: Record<string, string>) => string[]} */
function findTooOld(place, { version = '0' }, oldest) {
  const name = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const least = oldest[name];
  if (OUTSIDE.some((owner) => place.startsWith(`node_modules/${owner}/`))) return [];
  if (least === undefined || compareVersions(version, least) >= 0) return [];
  return [`${place}: version ${version} is older than ${least}`];
}

/**
 * Compares two versions by their three numbers; a pre-release counts as older than its release.
 * @param {string} a
 * @param {string} b
 */
export function compareVersions(a, b) {
  const [left, right] = [a, b].map((version) => version.split(/[.-]/).slice(0, 3).map(Number));
  for (const index of [0, 1, 2]) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return Number(b.includes('-')) - Number(a.includes('-'));
}

if (isMain(import.meta.url)) {
  const lockfile = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  report('lockfile', findLockfileFaults(lockfile.packages, OLDEST));
}

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { declarationsOf } from './doc-comment.mjs';
import { parseSource } from './parse-source.mjs';
import { PACKAGES, resolveRelative } from './source-tree.mjs';

/**
 * @typedef {import('./parse-source.mjs').SyntaxNode} SyntaxNode
 * @typedef {import('./doc-comment.mjs').Declaration['kind']} Kind
 * @typedef {{ packageName: string, specifier: string, file: string }} Door `file` below `src`
 * @typedef {{ name: string, kind: Kind }} DoorName
 * @typedef {{ name: string, from: string, local: string }} ReExport `from` is empty for own names
 */

const SCOPE = '@trunkline/';
const SOURCE_CONDITION = '@trunkline/source';

/**
 * Lists the doors that a package's `exports` open, with the source file behind each.
 * @param {string} root
 * @param {string} packageName
 * @returns {Door[]}
 */
export function listDoors(root, packageName) {
  const path = join(root, 'packages', packageName, 'package.json');
  if (!existsSync(path)) return [];
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  return Object.entries(manifest.exports).flatMap(([key, target]) => {
    const source = target[SOURCE_CONDITION];
    if (source === undefined) return [];
    const specifier = `${SCOPE}${packageName}${key.slice(1)}`;
    return [{ packageName, specifier, file: source.replace('./src/', '') }];
  });
}

/**
 * Follows every name of a door to its declaration. Names that lead nowhere, and anything but named
 * re-exports, are told as faults.
 * @param {string} root
 * @param {Door} door
 */
export function readDoor(root, door) {
  const path = join(root, 'packages', door.packageName, 'src', door.file);
  const place = `packages/${door.packageName}/src/${door.file}`;
  if (!existsSync(path)) {
    return { names: [], faults: [`${place}: is a door in package.json and does not exist`] };
  }
  const faults = findStars(path).map((line) => {
    return `${place}:${line}: "export *" hides what the door offers; re-export by name`;
  });
  /** @type {DoorName[]} */
  const names = [];
  for (const name of exportedNames(path)) {
    const kind = resolveKind(root, { packageName: door.packageName, file: door.file, name });
    if (kind) names.push({ name, kind });
    else faults.push(`${place}: "${name}" leads to no declaration`);
  }
  return { names: names.sort((a, b) => (a.name < b.name ? -1 : 1)), faults };
}

/** @type {(path: string) => number[]} */
function findStars(path) {
  const source = parseSource(path);
  return source.program['body']
    .filter((/** @type {SyntaxNode} */ node) => node.type === 'ExportAllDeclaration')
    .map((/** @type {SyntaxNode} */ node) => source.lineOf(node.start));
}

/** @type {(path: string) => string[]} */
function exportedNames(path) {
  const own = declarationsOf(parseSource(path)).filter(({ exported }) => exported);
  return [...own.map(({ name }) => name), ...reExportsOf(path).map(({ name }) => name)];
}

/** @type {(path: string) => ReExport[]} */
function reExportsOf(path) {
  const source = parseSource(path);
  const imports = importedNames(source.program['body']);
  return source.program['body']
    .filter((/** @type {SyntaxNode} */ node) => node.type === 'ExportNamedDeclaration')
    .flatMap((/** @type {SyntaxNode} */ node) => {
      return node['specifiers'].map((/** @type {SyntaxNode} */ one) => {
        const local = one['local'].name;
        const origin = node['source']
          ? { from: node['source'].value, local }
          : (imports.get(local) ?? { from: '', local });
        return { name: one['exported'].name, ...origin };
      });
    });
}

/** @type {(body: SyntaxNode[]) => Map<string, { from: string, local: string }>} */
function importedNames(body) {
  const names = new Map();
  for (const node of body.filter(({ type }) => type === 'ImportDeclaration')) {
    for (const one of node['specifiers']) {
      const local = one.imported?.name ?? 'default';
      names.set(one.local.name, { from: node['source'].value, local });
    }
  }
  return names;
}

/**
 * @param {string} root
 * @param {{ packageName: string, file: string, name: string }} at
 * @returns {Kind | undefined}
 */
function resolveKind(root, { packageName, file, name }) {
  const path = join(root, 'packages', packageName, 'src', file);
  if (!existsSync(path)) return undefined;
  const through = reExportsOf(path).find((one) => one.name === name);
  const own = declarationsOf(parseSource(path)).find(
    (one) => one.name === (through?.local ?? name),
  );
  if (!through || through.from === '') return own?.kind;
  if (through.from.startsWith('.')) {
    const { target } = resolveRelative(file, through.from);
    return resolveKind(root, { packageName, file: target, name: through.local });
  }
  const sister = PACKAGES.flatMap((one) => listDoors(root, one)).find((door) => {
    return door.specifier === through.from;
  });
  return sister && resolveKind(root, { ...sister, name: through.local });
}

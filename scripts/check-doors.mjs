import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isMain, report } from './check-report.mjs';
import { declarationsOf, docOf, firstSentence } from './doc-comment.mjs';
import { listDoors, readDoor } from './door.mjs';
import { GENERATED_NAMES } from './generated-names.mjs';
import { parseSource } from './parse-source.mjs';
import { PACKAGES, ROOT, listSourceFiles } from './source-tree.mjs';

/**
 * @typedef {import('./door.mjs').Door} Door
 * @typedef {import('./generated-names.mjs').GeneratedNames} GeneratedNames
 * @typedef {Readonly<Record<string, GeneratedNames>>} GeneratedTable by package
 */

const MAX_NAMES = 40;
const MAX_SENTENCE = 100;

/** Packages whose doors are meant for their sisters, and may be as wide as those need. */
const WIDE = ['protocol'];

/** Generated code that uses every kind of member; what it imports is what generated code imports. */
const GENERATED = 'packages/codegen/fixtures/generated';

/**
 * Finds doors whose names differ from the list in `docs/api`, doors that are too wide, and exports
 * without a doc comment.
 * @param {string} root
 * @param {GeneratedTable} generated names that do not count towards the width of a door
 * @returns {string[]}
 */
export function findDoorFaults(root, generated = {}) {
  const faults = PACKAGES.flatMap((packageName) => {
    const doors = listDoors(root, packageName);
    return [
      ...doors.flatMap((door) => readDoor(root, door).faults),
      ...doors.flatMap((door) => findWide(root, door, generated[packageName]?.names ?? [])),
      ...findChanges(root, packageName),
      ...findUndocumented(root, packageName),
    ];
  });
  return [...faults, ...findUngenerated(root, generated)];
}

/** @type {(packageName: string) => string} */
function listPath(packageName) {
  return `docs/api/${packageName}.txt`;
}

/**
 * Writes the names behind each door of a package, one a line with its kind.
 * @param {string} root
 * @param {string} packageName
 */
export function printDoors(root, packageName) {
  const doors = listDoors(root, packageName).map((door) => {
    const lines = readDoor(root, door).names.map(({ name, kind }) => `  ${kind} ${name}\n`);
    return `${door.specifier}\n${lines.join('')}`;
  });
  return doors.join('\n');
}

/** @type {(root: string, door: Door, generated: readonly string[]) => string[]} */
function findWide(root, door, generated) {
  const count = readDoor(root, door).names.filter(({ name }) => !generated.includes(name)).length;
  if (WIDE.includes(door.packageName) || count <= MAX_NAMES) return [];
  return [`${door.specifier}: ${count} names; a door for users has at most ${MAX_NAMES}`];
}

/**
 * Finds names in the table that no generated file imports: they would widen a door unseen.
 * @type {(root: string, generated: GeneratedTable) => string[]}
 */
function findUngenerated(root, generated) {
  const folder = join(root, GENERATED);
  const files = existsSync(folder) ? readdirSync(folder) : [];
  const imported = new Set(files.flatMap((file) => namesImportedBy(join(folder, file))));
  return Object.entries(generated).flatMap(([packageName, { names }]) => {
    return names
      .filter((name) => !imported.has(`@trunkline/${packageName} ${name}`))
      .map((name) => {
        return `generated-names.mjs: no file in ${GENERATED} imports "${name}" from @trunkline/${packageName}; take it out`;
      });
  });
}

/** @type {(path: string) => string[]} */
function namesImportedBy(path) {
  /** @type {import('./parse-source.mjs').SyntaxNode[]} */
  const statements = parseSource(path).program['body'];
  return statements
    .filter(({ type }) => type === 'ImportDeclaration')
    .flatMap(({ source, specifiers }) => {
      return specifiers.map((/** @type {any} */ one) => `${source.value} ${one.imported?.name}`);
    });
}

/** @type {(root: string, packageName: string) => string[]} */
function findChanges(root, packageName) {
  const path = join(root, listPath(packageName));
  const before = (existsSync(path) ? readFileSync(path, 'utf8') : '').split('\n');
  const after = printDoors(root, packageName).split('\n');
  const gone = before.filter((line) => !after.includes(line));
  const added = after.filter((line) => !before.includes(line));
  if (before.join('\n') === after.join('\n')) return [];
  const changes = [...gone.map((line) => `-${line}`), ...added.map((line) => `+${line}`)];
  return [
    `${listPath(packageName)}: the doors have changed: ${changes.join(' ') || 'names moved'}; ` +
      'if that is meant: node scripts/check-doors.mjs --write',
  ];
}

/** @type {(root: string, packageName: string) => string[]} */
function findUndocumented(root, packageName) {
  return listSourceFiles(root, packageName).flatMap((file) => {
    const source = parseSource(join(root, 'packages', packageName, 'src', file));
    const exported = declarationsOf(source).filter((one) => one.exported);
    return exported.flatMap((declaration) => {
      const line = source.lineOf(declaration.start);
      const place = `packages/${packageName}/src/${file}:${line}: "${declaration.name}"`;
      const doc = docOf(source, declaration);
      if (!doc) return [`${place} is exported without a doc comment`];
      const { length } = firstSentence(doc);
      if (length < MAX_SENTENCE) return [];
      return [`${place}: first sentence has ${length} characters; keep it below ${MAX_SENTENCE}`];
    });
  });
}

/** @type {(root: string) => void} */
function writeDoors(root) {
  for (const packageName of PACKAGES) {
    const path = join(root, listPath(packageName));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, printDoors(root, packageName));
  }
}

if (isMain(import.meta.url)) {
  if (process.argv.includes('--write')) writeDoors(ROOT);
  report('doors', findDoorFaults(ROOT, GENERATED_NAMES));
}

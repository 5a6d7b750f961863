import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isMain, report } from './check-report.mjs';
import { GLOBAL_EDGES, MODULE_EDGES } from './edge-table.mjs';
import { globalNamesOf } from './named-things.mjs';
import { importsOf, parseSource, walk } from './parse-source.mjs';
import { PACKAGES, ROOT, listSourceFiles } from './source-tree.mjs';

/**
 * @typedef {import('./edge-table.mjs').Edge} Edge
 * @typedef {import('./parse-source.mjs').ParsedSource} ParsedSource
 * @typedef {{ modules: readonly Edge[], globals: readonly Edge[] }} EdgeTables
 * @typedef {{ packageName: string, file: string, source: ParsedSource }} SourceFile
 */

const OWN = /^(\.|@trunkline\/)/;

/**
 * Finds each place outside its home file where something from outside is imported or named.
 * @param {string} root
 * @param {EdgeTables} tables
 * @returns {string[]}
 */
export function findEdgeFaults(root, tables) {
  return [
    ...PACKAGES.flatMap((packageName) => {
      return listSourceFiles(root, packageName).flatMap((file) => {
        const source = parseSource(join(root, 'packages', packageName, 'src', file));
        return findFileFaults({ packageName, file, source }, tables);
      });
    }),
    ...findStaleHomes(root, [...tables.modules, ...tables.globals]),
  ];
}

/** @type {(file: SourceFile, tables: EdgeTables) => string[]} */
function findFileFaults(file, tables) {
  const modules = importsOf(file.source)
    .filter(({ specifier }) => !OWN.test(specifier))
    .map(({ specifier, line }) => ({ name: moduleName(specifier), line }));
  return [
    ...modules.flatMap((named) => {
      const edge = tables.modules.find(({ names }) => names.includes(named.name));
      if (edge) return findMisplaced(file, named, edge);
      return [`${placeOf(file, named.line)}: module "${named.name}" has no row in edge-table.mjs`];
    }),
    ...globalNamesOf(file.source).flatMap((named) => {
      const edge = tables.globals.find(({ names }) => names.includes(named.name));
      return edge ? findMisplaced(file, named, edge) : [];
    }),
    ...findStockDeserializers(file),
  ];
}

/** @type {(specifier: string) => string} */
function moduleName(specifier) {
  return specifier.startsWith('node:') ? 'node:*' : specifier;
}

/** @type {(file: SourceFile, line: number) => string} */
function placeOf({ packageName, file }, line) {
  return `packages/${packageName}/src/${file}:${line}`;
}

/** @type {(file: SourceFile, named: { name: string, line: number }, edge: Edge) => string[]} */
function findMisplaced(file, named, edge) {
  const home = edge.homes[file.packageName];
  if (home === '*' || home === file.file) return [];
  const mend = home ? `only ${home} may` : `nothing in packages/${file.packageName} may`;
  return [`${placeOf(file, named.line)}: names "${named.name}"; ${mend}: ${edge.reason}`];
}

/**
 * superjson's own decoders must never see bytes of a peer: a few dozen bytes make them allocate
 * gigabytes. Nothing in the packages calls them at all.
 * @type {(file: SourceFile) => string[]}
 */
function findStockDeserializers(file) {
  const near = importsOf(file.source).some(({ specifier }) => specifier === 'superjson');
  const banned = near ? ['deserialize', 'parse'] : ['deserialize'];
  /** @type {string[]} */
  const faults = [];
  walk(file.source.program, (node) => {
    const name = node['property']?.name ?? node['imported']?.name;
    if (!banned.includes(name) || node['object']?.name === 'JSON') return;
    const place = placeOf(file, file.source.lineOf(node.start));
    faults.push(`${place}: superjson's "${name}" must not be used; decode through its gate`);
  });
  return faults;
}

/** @type {(root: string, edges: readonly Edge[]) => string[]} */
function findStaleHomes(root, edges) {
  return edges.flatMap(({ names, homes }) => {
    return Object.entries(homes)
      .filter(([packageName, home]) => {
        return home !== '*' && !existsSync(join(root, 'packages', packageName, 'src', home));
      })
      .map(([packageName, home]) => {
        return `edge-table.mjs: home of "${names[0]}" is packages/${packageName}/src/${home}, which does not exist`;
      });
  });
}

if (isMain(import.meta.url)) {
  report('edges', findEdgeFaults(ROOT, { modules: MODULE_EDGES, globals: GLOBAL_EDGES }));
}

import { dirname, join } from 'node:path';
import { importsOf, parseSource } from './parse-source.mjs';
import { listSourceFiles, resolveRelative } from './source-tree.mjs';

/**
 * @typedef {object} ImportEdge
 * @property {number} line
 * @property {string} specifier
 * @property {string | undefined} target a file of the same package; undefined for a package
 * @property {boolean} outside whether a relative import leaves the package's `src`
 */

/**
 * Reads what each source file of a package imports.
 * @param {string} root
 * @param {string} packageName
 * @returns {Map<string, ImportEdge[]>}
 */
export function readImportGraph(root, packageName) {
  const graph = new Map();
  for (const file of listSourceFiles(root, packageName)) {
    const source = parseSource(join(root, 'packages', packageName, 'src', file));
    const edges = importsOf(source).map(({ specifier, line }) => {
      const relative = specifier.startsWith('.');
      const { target, outside } = resolveRelative(file, specifier);
      return {
        line,
        specifier,
        target: relative && !outside ? target : undefined,
        outside: relative && outside,
      };
    });
    graph.set(file, edges);
  }
  return graph;
}

/**
 * Gives each file the length of its longest path of imports: 0 for a file that imports none. Files
 * of a circle get no floor; each circle is listed as the path that closes it.
 * @param {Map<string, ImportEdge[]>} graph
 */
export function computeFloors(graph) {
  /** @type {Map<string, number>} */
  const floors = new Map();
  /** @type {string[][]} */
  const circles = [];
  /** @type {string[]} */
  const path = [];
  const finished = new Set();

  /** @type {(file: string) => number} */
  const visit = (file) => {
    if (finished.has(file)) return floors.get(file) ?? 0;
    if (path.includes(file)) {
      circles.push([...path.slice(path.indexOf(file)), file]);
      return 0;
    }
    path.push(file);
    const below = (graph.get(file) ?? [])
      .flatMap(({ target }) => (target !== undefined && graph.has(target) ? [target] : []))
      .map(visit);
    path.pop();
    finished.add(file);
    floors.set(file, 1 + Math.max(-1, ...below));
    return floors.get(file) ?? 0;
  };

  for (const file of graph.keys()) visit(file);
  return { floors, circles };
}

/**
 * Gives which folder imports from which. Files that are in no folder are left out.
 * @param {Map<string, ImportEdge[]>} graph
 * @returns {Map<string, ImportEdge[]>}
 */
export function foldersOf(graph) {
  /** @type {Map<string, ImportEdge[]>} */
  const folders = new Map();
  for (const [file, edges] of graph) {
    const folder = dirname(file);
    if (folder === '.') continue;
    const known = folders.get(folder) ?? [];
    folders.set(folder, known);
    for (const edge of edges) {
      const target = edge.target === undefined ? '.' : dirname(edge.target);
      if (target !== '.' && target !== folder) known.push({ ...edge, target });
    }
  }
  return folders;
}

/**
 * Finds the shortest path of imports from a file to one that satisfies a test.
 * @param {Map<string, ImportEdge[]>} graph
 * @param {string} start
 * @param {(file: string) => boolean} test
 * @returns {string[] | undefined}
 */
export function findPath(graph, start, test) {
  const queue = [[start]];
  const seen = new Set([start]);
  for (let path = queue.shift(); path; path = queue.shift()) {
    const file = path.at(-1) ?? start;
    if (test(file)) return path;
    for (const { target } of graph.get(file) ?? []) {
      if (target === undefined || seen.has(target)) continue;
      seen.add(target);
      queue.push([...path, target]);
    }
  }
  return undefined;
}

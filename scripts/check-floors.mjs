import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMain, report } from './check-report.mjs';
import { matchRoom, printFloorRows, readFloorTables } from './floor-table.mjs';
import { planFloors } from './floor-plan.mjs';
import { computeFloors, findPath, foldersOf, readImportGraph } from './import-graph.mjs';
import { PACKAGES, ROOT } from './source-tree.mjs';

/**
 * @typedef {import('./floor-table.mjs').FloorTable} FloorTable
 * @typedef {import('./import-graph.mjs').ImportEdge} ImportEdge
 * @typedef {Map<string, ImportEdge[]>} Graph
 */

const ARCHITECTURE = 'docs/architecture.md';

/**
 * Which sister packages a package may import. Server and client never see each other, so that
 * either side can be replaced.
 * @type {Record<string, string[]>}
 */
const SISTERS = {
  protocol: [],
  contract: ['protocol'],
  server: ['protocol', 'contract'],
  client: ['protocol'],
  codegen: ['protocol', 'contract'],
  observe: ['protocol', 'server'],
};

const SCOPE = '@trunkline/';

const TEST_KIT = ['testing'];
/**
 * Doors beside the main one, where there are others than that of the test kit.
 * @type {Record<string, string[]>}
 */
const DOORS = {
  contract: ['codecs'],
  protocol: ['superjson', ...TEST_KIT],
  server: ['operations', ...TEST_KIT],
};
const DRAWER = /(^|\/)(utils?|helpers?|common|types|misc)(\.ts|\/)/;

/**
 * Finds every import that does not go to a lower floor, and every disagreement between the floor
 * tables and the source files.
 * @param {string} root
 * @returns {string[]}
 */
export function findFloorFaults(root) {
  const tables = readFloorTables(readArchitecture(root));
  return PACKAGES.flatMap((packageName) => {
    const graph = readImportGraph(root, packageName);
    const table = tables.get(packageName);
    const { floors, faults } = table
      ? assignFloors(table, graph)
      : { floors: new Map(), faults: missingTable(packageName, graph) };
    return [
      ...faults,
      ...findDrawers(packageName, graph),
      ...findCircles(packageName, graph),
      ...findFolderCircles(packageName, graph),
      ...findClimbs(packageName, graph, floors),
      ...findForeignImports(packageName, graph),
      ...findTestKitLeaks(packageName, graph),
    ];
  });
}

/** @type {(root: string) => string} */
function readArchitecture(root) {
  const path = join(root, ARCHITECTURE);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** @type {(packageName: string, graph: Graph) => string[]} */
function missingTable(packageName, graph) {
  if (graph.size === 0) return [];
  return [`${ARCHITECTURE}: no table under "### packages/${packageName}"; add one with --write`];
}

/** @type {(table: FloorTable, graph: Graph) => { floors: Map<string, number>, faults: string[] }} */
function assignFloors(table, graph) {
  const floors = new Map();
  const faults = [];
  for (const row of table.rows) {
    const place = `${ARCHITECTURE}:${row.line}`;
    for (const room of row.rooms) {
      const files = [...graph.keys()].filter(matchRoom(room));
      if (files.length === 0) {
        faults.push(`${place}: room "${room}" does not exist in packages/${table.packageName}/src`);
      }
      for (const file of files) {
        if (floors.has(file)) faults.push(`${place}: "${file}" stands in more than one row`);
        floors.set(file, row.floor);
      }
    }
  }
  for (const file of graph.keys()) {
    if (floors.has(file)) continue;
    faults.push(`${pathOf(table.packageName, file)}: has no floor; add it to ${ARCHITECTURE}`);
  }
  return { floors, faults };
}

/** @type {(packageName: string, file: string) => string} */
function pathOf(packageName, file) {
  return `packages/${packageName}/src/${file}`;
}

/** @type {(packageName: string, graph: Graph) => string[]} */
function findDrawers(packageName, graph) {
  return [...graph.keys()]
    .filter((file) => DRAWER.test(file))
    .map((file) => `${pathOf(packageName, file)}: a drawer is no room; name it after what it does`);
}

/** @type {(packageName: string, graph: Graph) => string[]} */
function findCircles(packageName, graph) {
  return computeFloors(graph).circles.map((circle) => {
    const path = circle.join(' -> ');
    return `${pathOf(packageName, circle[0] ?? '')}: imports go in a circle: ${path}; cut it`;
  });
}

/**
 * Files beside the folders are their ground and their roof, so they count for none.
 * @type {(packageName: string, graph: Graph) => string[]}
 */
function findFolderCircles(packageName, graph) {
  return computeFloors(foldersOf(graph)).circles.map((circle) => {
    const path = circle.join(' -> ');
    const place = pathOf(packageName, circle[0] ?? '');
    return `${place}: folders import each other in a circle: ${path}; move the file that closes it`;
  });
}

/** @type {(packageName: string, graph: Graph, floors: Map<string, number>) => string[]} */
function findClimbs(packageName, graph, floors) {
  return eachEdge(graph).flatMap(({ file, line, specifier, target }) => {
    if (target === undefined) return [];
    const place = `${pathOf(packageName, file)}:${line}`;
    if (!graph.has(target)) return [`${place}: "${specifier}" is not a source file`];
    const [from, to] = [floors.get(file), floors.get(target)];
    if (from === undefined || to === undefined || to < from) return [];
    const way = to === from ? 'sideways' : 'up';
    return [
      `${place}: imports ${way}: "${file}" is on floor ${from}, "${target}" on floor ${to}; ` +
        `move what is needed below floor ${from}, or declare the interface in "${file}" and ` +
        'let the composition root pass it in',
    ];
  });
}

/** @type {(packageName: string, graph: Graph) => string[]} */
function findForeignImports(packageName, graph) {
  const allowed = SISTERS[packageName] ?? [];
  return eachEdge(graph).flatMap(({ file, line, specifier, outside }) => {
    const place = `${pathOf(packageName, file)}:${line}`;
    if (outside) return [`${place}: "${specifier}" leaves the package; import through a door`];
    if (!specifier.startsWith(SCOPE)) return [];
    const [sister = '', ...door] = specifier.slice(SCOPE.length).split('/');
    if (!allowed.includes(sister)) {
      const list = allowed.map((name) => `${SCOPE}${name}`).join(', ') || 'no sister package';
      return [`${place}: packages/${packageName} may not import "${specifier}"; it may: ${list}`];
    }
    if (door.length === 0 || (DOORS[sister] ?? TEST_KIT).includes(door.join('/'))) return [];
    return [`${place}: "${specifier}" is not a door; use ${SCOPE}${sister} or its ./testing door`];
  });
}

/** @type {(packageName: string, graph: Graph) => string[]} */
function findTestKitLeaks(packageName, graph) {
  if (!graph.has('index.ts')) return [];
  const path = findPath(graph, 'index.ts', (file) => {
    const edges = graph.get(file) ?? [];
    return edges.some(
      ({ specifier }) => specifier.startsWith(SCOPE) && specifier.endsWith('/testing'),
    );
  });
  if (!path) return [];
  return [
    `${pathOf(packageName, path.at(-1) ?? '')}: the public door reaches a testing door ` +
      `(${path.join(' -> ')}); only testing.ts and what it alone imports may`,
  ];
}

/** @type {(graph: Graph) => (ImportEdge & { file: string })[]} */
function eachEdge(graph) {
  return [...graph].flatMap(([file, edges]) => edges.map((edge) => ({ ...edge, file })));
}

/**
 * Gives the architecture document with its tables brought in line with the source files: floors
 * are the longest paths of imports, and purposes of known rooms stay.
 * @param {string} root
 */
export function rewriteArchitecture(root) {
  const lines = readArchitecture(root).split('\n');
  const tables = [...readFloorTables(lines.join('\n')).values()].reverse();
  for (const table of tables) {
    const rows = printFloorRows(planFloors(root, table.packageName, table.rows));
    lines.splice(table.firstLine, table.endLine - table.firstLine, ...rows);
  }
  return lines.join('\n');
}

/** @type {(root: string) => void} */
function printFloors(root) {
  for (const packageName of PACKAGES) {
    console.log(`### packages/${packageName}\n`);
    console.log(printFloorRows(planFloors(root, packageName, [])).join('\n'), '\n');
  }
}

if (isMain(import.meta.url)) {
  if (process.argv.includes('--print')) {
    printFloors(ROOT);
  } else {
    if (process.argv.includes('--write')) {
      writeFileSync(join(ROOT, ARCHITECTURE), rewriteArchitecture(ROOT));
    }
    report('floors', findFloorFaults(ROOT));
  }
}

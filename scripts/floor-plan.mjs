import { dirname, join } from 'node:path';
import { declarationsOf, docOf, firstSentence } from './doc-comment.mjs';
import { matchRoom } from './floor-table.mjs';
import { computeFloors, foldersOf, readImportGraph } from './import-graph.mjs';
import { parseSource } from './parse-source.mjs';

/** @typedef {import('./floor-table.mjs').FloorRow} FloorRow */

/**
 * Plans the floor table of a package from its imports: folder by folder from the ground up, and last
 * the files that are in none. A known row is kept, or split when its rooms came to stand on different
 * floors or in different folders; a new file gets a row of its own, whose purpose is the first
 * sentence of its main export.
 * @param {string} root
 * @param {string} packageName
 * @param {readonly FloorRow[]} known
 * @returns {FloorRow[]}
 */
export function planFloors(root, packageName, known) {
  const graph = readImportGraph(root, packageName);
  const { floors } = computeFloors(graph);
  const open = new Map(floors);
  const rows = known.flatMap((row) => keepRow(row, open));
  for (const [file, floor] of [...open].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const purpose = purposeOf(join(root, 'packages', packageName, 'src', file));
    rows.push({ floor, rooms: [file], purpose, line: 0 });
  }
  const { floors: folders } = computeFloors(foldersOf(graph));
  return rows.sort((a, b) => byFolder(folders, a, b) || a.floor - b.floor);
}

/** @type {(folders: Map<string, number>, a: FloorRow, b: FloorRow) => number} */
function byFolder(folders, a, b) {
  const [one, other] = [folderOf(a), folderOf(b)];
  const height = (/** @type {string} */ folder) => folders.get(folder) ?? Number.MAX_SAFE_INTEGER;
  return height(one) - height(other) || (one < other ? -1 : Number(one > other));
}

/** @type {(row: FloorRow) => string} */
function folderOf({ rooms: [room = ''] }) {
  return dirname(room);
}

/**
 * Gives what is left of a row and takes its files off the list of those without one.
 * @param {FloorRow} row
 * @param {Map<string, number>} open
 * @returns {FloorRow[]}
 */
function keepRow(row, open) {
  /** @type {Map<string, { floor: number, rooms: string[] }>} */
  const places = new Map();
  for (const room of row.rooms) {
    const files = [...open.keys()].filter(matchRoom(room));
    const floors = new Set(files.map((file) => open.get(file) ?? 0));
    for (const floor of floors) {
      const rooms = floors.size === 1 ? [room] : files.filter((file) => open.get(file) === floor);
      const place = `${floor} ${dirname(room)}`;
      const known = places.get(place)?.rooms ?? [];
      places.set(place, { floor, rooms: [...known, ...rooms] });
    }
    for (const file of files) open.delete(file);
  }
  return [...places.values()].map(({ floor, rooms }) => ({ ...row, floor, rooms }));
}

/** @type {(path: string) => string} */
function purposeOf(path) {
  if (path.endsWith('/index.ts')) return 'the public door';
  if (path.endsWith('/testing.ts')) return 'the door of the test kit';
  const source = parseSource(path);
  const exported = declarationsOf(source).filter((one) => one.exported);
  const main = exported.find((one) => kebab(one.name) === path.match(/([^/]+)\.ts$/)?.[1]);
  const doc = [main, ...exported].flatMap((one) => (one && docOf(source, one)) ?? [])[0];
  return firstSentence(doc ?? '')
    .replace(/\.$/, '')
    .replaceAll('|', '\\|');
}

/** @type {(name: string) => string} */
function kebab(name) {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll('_', '-')
    .toLowerCase();
}

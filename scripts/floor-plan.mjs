import { join } from 'node:path';
import { declarationsOf, docOf, firstSentence } from './doc-comment.mjs';
import { matchRoom } from './floor-table.mjs';
import { computeFloors, readImportGraph } from './import-graph.mjs';
import { parseSource } from './parse-source.mjs';

/** @typedef {import('./floor-table.mjs').FloorRow} FloorRow */

/**
 * Plans the floor table of a package from its imports. A known row is kept, or split when its
 * rooms came to stand on different floors; a new file gets a row of its own, whose purpose is the
 * first sentence of its main export.
 * @param {string} root
 * @param {string} packageName
 * @param {readonly FloorRow[]} known
 * @returns {FloorRow[]}
 */
export function planFloors(root, packageName, known) {
  const { floors } = computeFloors(readImportGraph(root, packageName));
  const open = new Map(floors);
  const rows = known.flatMap((row) => keepRow(row, open));
  for (const [file, floor] of [...open].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const purpose = purposeOf(join(root, 'packages', packageName, 'src', file));
    rows.push({ floor, rooms: [file], purpose, line: 0 });
  }
  return rows.sort((a, b) => a.floor - b.floor);
}

/**
 * Gives what is left of a row and takes its files off the list of those without one.
 * @param {FloorRow} row
 * @param {Map<string, number>} open
 * @returns {FloorRow[]}
 */
function keepRow(row, open) {
  /** @type {Map<number, string[]>} */
  const roomsByFloor = new Map();
  for (const room of row.rooms) {
    const files = [...open.keys()].filter(matchRoom(room));
    const floors = new Set(files.map((file) => open.get(file) ?? 0));
    for (const floor of floors) {
      const rooms = floors.size === 1 ? [room] : files.filter((file) => open.get(file) === floor);
      roomsByFloor.set(floor, [...(roomsByFloor.get(floor) ?? []), ...rooms]);
    }
    for (const file of files) open.delete(file);
  }
  return [...roomsByFloor].map(([floor, rooms]) => ({ ...row, floor, rooms }));
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

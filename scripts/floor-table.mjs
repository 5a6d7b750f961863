/**
 * @typedef {{ floor: number, rooms: string[], purpose: string, line: number }} FloorRow
 * @typedef {object} FloorTable
 * @property {string} packageName
 * @property {FloorRow[]} rows
 * @property {number} firstLine index of the first row's line, counted from 0
 * @property {number} endLine index of the line behind the last row
 */

const HEADING = /^### `?packages\/([a-z-]+)`?/;
const ROW = /^\|\s*(\d+)\s*\|(.*)\|([^|]*)\|\s*$/;

/**
 * Reads the floor tables out of `docs/architecture.md`: under each `### packages/x` a table with
 * floor, rooms in backticks, and purpose.
 * @param {string} text
 * @returns {Map<string, FloorTable>}
 */
export function readFloorTables(text) {
  const tables = new Map();
  /** @type {FloorTable | undefined} */
  let table;
  text.split('\n').forEach((line, index) => {
    const heading = line.match(HEADING)?.[1];
    if (line.startsWith('#')) table = undefined;
    if (heading) {
      table = { packageName: heading, rows: [], firstLine: index + 1, endLine: index + 1 };
      tables.set(heading, table);
    }
    if (!table) return;
    if (/^\|\s*-/.test(line)) table.firstLine = table.endLine = index + 1;
    const row = readRow(line, index);
    if (!row) return;
    table.rows.push(row);
    table.endLine = index + 1;
  });
  return tables;
}

/** @type {(line: string, index: number) => FloorRow | undefined} */
function readRow(line, index) {
  const [, floor, rooms, purpose] = line.match(ROW) ?? [];
  if (floor === undefined || rooms === undefined || purpose === undefined) return undefined;
  const names = [...rooms.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
  return { floor: Number(floor), rooms: names, purpose: purpose.trim(), line: index + 1 };
}

/**
 * Makes the test for a room's name: a file, `dir/*` for the files of a folder, or `{a,b}.ts`.
 * @param {string} room
 * @returns {(file: string) => boolean}
 */
export function matchRoom(room) {
  const pattern = room
    .replace(/[.+^$()|[\]\\]/g, '\\$&')
    .replace(/\{([^}]*)\}/g, (_all, names) => `(?:${names.split(',').join('|')})`)
    .replace(/\*/g, '[^/]*');
  const expression = new RegExp(`^${pattern}$`);
  return (file) => expression.test(file);
}

/**
 * Writes rows back as lines of a Markdown table.
 * @param {readonly FloorRow[]} rows
 */
export function printFloorRows(rows) {
  return rows.map(({ floor, rooms, purpose }) => {
    return `| ${floor} | ${rooms.map((room) => `\`${room}\``).join(' ')} | ${purpose} |`;
  });
}

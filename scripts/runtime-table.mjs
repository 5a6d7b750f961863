/**
 * How the suite went in one runtime.
 * @typedef {object} Outcome
 * @property {string} title
 * @property {string} version
 * @property {string} webSocket what the client took, or a dash
 * @property {number} passed
 * @property {number} cases
 * @property {number} seconds
 * @property {readonly string[]} faults one line each; none when all went well
 */

const HEAD = ['runtime', 'version', 'WebSocket', 'cases passed'];
const BEGIN = '<!-- written by npm run runtimes -- --write -->';
const END = '<!-- end -->';

/** @type {(outcome: Outcome) => string[]} */
function cellsOf({ title, version, webSocket, passed, cases }) {
  return [title, version, webSocket, `${passed} of ${cases}`];
}

/**
 * Writes outcomes as a table for a terminal.
 * @param {readonly Outcome[]} outcomes
 */
export function terminalTable(outcomes) {
  const head = [...HEAD, 'seconds'];
  const rows = [head, ...outcomes.map((one) => [...cellsOf(one), one.seconds.toFixed(1)])];
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}

/**
 * Puts outcomes as a table between the markers of a page, without seconds, which depend on what runs
 * beside. Throws when the page has no markers.
 * @param {string} page
 * @param {readonly Outcome[]} outcomes
 */
export function writeTable(page, outcomes) {
  const from = page.indexOf(BEGIN);
  const to = page.indexOf(END, from);
  if (from === -1 || to === -1) throw new Error(`the page has no "${BEGIN}" and "${END}"`);
  const [head, ...rows] = [HEAD, ...outcomes.map(cellsOf)].map(
    (cells) => `| ${cells.join(' | ')} |`,
  );
  const table = [head, `|${'---|'.repeat(HEAD.length)}`, ...rows].join('\n');
  return `${page.slice(0, from + BEGIN.length)}\n\n${table}\n\n${page.slice(to)}`;
}

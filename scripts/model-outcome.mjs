import { FORMULA } from './model-list.mjs';

/**
 * What a verifier printed.
 * @typedef {object} Report
 * @property {number} states
 * @property {string} broken the property that an error was found of; empty when there was none
 * @property {string} fault why the search does not count; empty when it does
 */

/**
 * How a variant went.
 * @typedef {object} Outcome
 * @property {import('./model-list.mjs').Variant} variant
 * @property {number} states
 * @property {number} seconds of the search alone
 * @property {string} found
 * @property {boolean} ok
 */

/** What the table says of a search that found no error. */
const NOTHING = 'no error';

/** By these a verifier says that it has not seen all states. */
const INCOMPLETE = [
  'Search not completed',
  'max search depth too small',
  'out of memory',
  'MEMLIM bound',
  'hash array',
];

/**
 * Reads what a verifier printed. A search that found an error stopped there, as it should.
 * @param {string} output
 * @returns {Report}
 */
export function readReport(output) {
  const states = Number(/^\s*(\d+) states, stored/m.exec(output)?.[1] ?? NaN);
  const errors = Number(/errors: (\d+)/.exec(output)?.[1] ?? NaN);
  if (Number.isNaN(states) || Number.isNaN(errors)) {
    return { states: 0, broken: '', fault: 'the verifier did not come to its end' };
  }
  const broken = errors > 0 ? brokenProperty(output) : '';
  const hint = INCOMPLETE.find((text) => output.includes(text));
  const isIncomplete = errors === 0 && hint !== undefined;
  return { states, broken, fault: isIncomplete ? `not searched completely: ${hint}` : '' };
}

/** @type {(output: string) => string} */
function brokenProperty(output) {
  const name = /assertion violated\s+!\((\w+)\)/.exec(output)?.[1];
  if (name !== undefined) return name;
  if (/invalid end state \(/.test(output)) return 'stuck';
  if (/acceptance cycle/.test(output)) return FORMULA.toLowerCase();
  return /^pan:\d+: (.*)$/m.exec(output)?.[1] ?? 'an error without a name';
}

/**
 * Reads the replay of a trail: what the peers did, and which property that broke.
 * @param {readonly string[]} lines
 */
export function readTrail(lines) {
  const end = lines.findIndex((line) => line.startsWith('spin: '));
  const steps = lines.slice(0, end === -1 ? lines.length : end);
  const failed = lines.find((line) => line.startsWith('spin: text of failed assertion'));
  const broken = /\(!\((\w+)\)\)/.exec(failed ?? '')?.[1] ?? 'stuck';
  return [...steps, `broken: ${broken}`];
}

/**
 * Says how a variant went: a base variant is searched completely without an error, and a mutant
 * breaks the property that it must break.
 * @param {import('./model-list.mjs').Variant} variant
 * @param {Report} report
 * @param {number} seconds
 * @returns {Outcome}
 */
export function judge(variant, report, seconds) {
  const found = report.fault || report.broken || NOTHING;
  const ok = report.fault === '' && report.broken === (variant.breaks ?? '');
  return { variant, states: report.states, seconds, found, ok };
}

/**
 * Writes outcomes as a table.
 * @param {readonly Outcome[]} outcomes
 */
export function modelTable(outcomes) {
  const rows = outcomes.map(({ variant, states, seconds, found, ok }) => [
    variant.model,
    variant.name,
    states.toLocaleString('en'),
    seconds.toFixed(1),
    variant.breaks ?? NOTHING,
    found,
    ok ? 'ok' : 'WRONG',
  ]);
  const all = [['model', 'variant', 'states', 'seconds', 'expected', 'found', ''], ...rows];
  const widths = (all[0] ?? []).map((_, column) => {
    return Math.max(...all.map((row) => row[column]?.length ?? 0));
  });
  return all.map((row) =>
    row
      .map((cell, at) => pad(cell, widths[at], at))
      .join('  ')
      .trimEnd(),
  );
}

/** Numbers stand to the right. @type {(cell: string, width: number | undefined, at: number) => string} */
function pad(cell, width = 0, at) {
  return at === 2 || at === 3 ? cell.padStart(width) : cell.padEnd(width);
}

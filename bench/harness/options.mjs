import { parseArgs } from 'node:util';
import { listScenarios, listTargets, listVariants } from './catalog.mjs';

/** The target that every ratio is to. It runs in every benchmark, asked for or not. */
export const BASE = 'ws-json-zod';

/**
 * What a run of the benchmark was asked to do.
 * @typedef {object} Options
 * @property {string[]} scenarios
 * @property {string[]} targets
 * @property {number} rounds
 * @property {number} seconds measured per figure
 * @property {number} warmup seconds before them
 * @property {boolean} markdown
 * @property {boolean} writeReadme
 * @property {boolean} help
 */

/** @type {Record<string, { type: 'string' | 'boolean', text: string }>} */
const FLAGS = {
  scenarios: { type: 'string', text: 'A,B,...      what to measure (default all)' },
  targets: {
    type: 'string',
    text: 'A,B,...      whom to measure (default all); the base always runs',
  },
  rounds: { type: 'string', text: 'COUNT        rounds, each in another order (default 3)' },
  seconds: { type: 'string', text: 'SECONDS      measured time of one figure (default 1.5)' },
  warmup: { type: 'string', text: 'SECONDS      unmeasured time before it (default 1.5)' },
  quick: {
    type: 'boolean',
    text: '             one round of 0.5 s each: a look, no figures to quote',
  },
  markdown: { type: 'boolean', text: '             print the table as Markdown' },
  'write-readme': {
    type: 'boolean',
    text: ' keep the run, and put its table into README.md, if it is of everything',
  },
  help: { type: 'boolean', text: '             print this and stop' },
};

// All of it within 25 minutes on two CPUs.
const FULL = { rounds: '3', seconds: '1.5', warmup: '1.5' };
const QUICK = { rounds: '1', seconds: '0.5', warmup: '0.3' };

/** A wrong command line. The message is all that a person needs to mend it. */
export class UsageError extends Error {}

/**
 * Parses the command line; throws a `UsageError` with a hint for anything it does not know.
 * @param {readonly string[]} args
 * @returns {Options}
 */
export function parseOptions(args) {
  const values = readFlags(args);
  const defaults = values.quick === true ? QUICK : FULL;
  if (values.quick === true && values['write-readme'] === true) {
    throw new UsageError('--quick and --write-readme: a look is not for the README; leave one out');
  }
  return {
    scenarios: chooseScenarios(values.scenarios),
    targets: chooseTargets(values.targets),
    rounds: numberIn(values.rounds ?? defaults.rounds, {
      flag: '--rounds',
      min: 1,
      max: 99,
      whole: true,
    }),
    seconds: numberIn(values.seconds ?? defaults.seconds, {
      flag: '--seconds',
      min: 0.2,
      max: 600,
    }),
    warmup: numberIn(values.warmup ?? defaults.warmup, { flag: '--warmup', min: 0.2, max: 600 }),
    markdown: values.markdown === true,
    writeReadme: values['write-readme'] === true,
    help: values.help === true,
  };
}

/** Writes the text of `--help`. */
export function helpText() {
  const flags = Object.entries(FLAGS).map(([name, { text }]) => `  --${name.padEnd(12)} ${text}`);
  return [
    'usage: node bench/run.mjs [flags]',
    '',
    'Measures what one unit of a scenario costs a server, beside peers in the same run.',
    '',
    ...flags,
    '',
    `scenarios: ${listScenarios().join(', ')}`,
    `targets:   ${listTargets().join(', ')} (base: ${BASE})`,
    `if named:  ${listVariants().join(', ')}`,
    '',
    'Progress goes to stderr, the tables to stdout, all figures to bench/results/run-*.json.',
    'A mark that is missed is printed and fails nothing.',
    'Exit code: 0 all measured, 1 a target failed, 2 wrong command line.',
  ].join('\n');
}

function readFlags(args) {
  const { tokens } = parseArgs({ args: [...args], options: FLAGS, strict: false, tokens: true });
  const values = {};
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      throw new UsageError(`unexpected argument "${token.value}": flags start with --`);
    }
    const flag = FLAGS[token.name];
    if (flag === undefined || !token.rawName.startsWith('--')) {
      throw new UsageError(
        unknown(
          'flag',
          token.rawName,
          Object.keys(FLAGS).map((name) => `--${name}`),
        ),
      );
    }
    if (token.name in values) throw new UsageError(`${token.rawName} is given twice`);
    if (flag.type === 'string' && (token.value === undefined || token.value === '')) {
      throw new UsageError(`${token.rawName} needs a value: ${token.rawName} ${flag.text.trim()}`);
    }
    if (flag.type === 'boolean' && token.value !== undefined) {
      throw new UsageError(`${token.rawName} takes no value, got "${token.value}"`);
    }
    values[token.name] = token.value ?? true;
  }
  return values;
}

function chooseScenarios(list) {
  const known = listScenarios();
  if (list === undefined) return known;
  const asked = list.split(',').map((name) => oneOf(name.trim(), known, '--scenarios'));
  return known.filter((name) => asked.includes(name));
}

function chooseTargets(list) {
  if (list === undefined) return listTargets();
  const known = [...listTargets(), ...listVariants()];
  const asked = list.split(',').map((name) => oneOf(name.trim(), known, '--targets'));
  return [...new Set([BASE, ...asked])];
}

function oneOf(name, known, flag) {
  if (known.includes(name)) return name;
  throw new UsageError(unknown(`${flag} value`, name, known));
}

function numberIn(text, { flag, min, max, whole = false }) {
  const value = Number(text);
  if (value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
  const kind = whole ? 'a whole number' : 'a number';
  throw new UsageError(`${flag} must be ${kind} from ${min} to ${max}, got "${text}"`);
}

function unknown(what, name, known) {
  const near = known
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .sort((a, b) => a.distance - b.distance)[0];
  const hint = near !== undefined && near.distance <= 3 ? ` did you mean "${near.candidate}"?` : '';
  return `unknown ${what} "${name}":${hint} known are ${known.join(', ')}`;
}

function editDistance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}

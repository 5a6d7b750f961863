import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMain } from './check-report.mjs';
import { listCombinations } from './compatibility-list.mjs';
import { readSmallest, runStep, tryPackages } from './packed-project.mjs';
import { readManifests } from './release-state.mjs';
import { ROOT } from './source-tree.mjs';

const PAGE = join(ROOT, 'docs', 'compatibility.md');
const BEGIN = '<!-- written by npm run compatibility -- --write -->';
const END = '<!-- end -->';
const STEP_MS = 60_000;
const TYPES_MS = 180_000;
const GOOD = 'compiles and runs, finds wrong handlers';

const HELP = `npm run compatibility [-- --write]

Packs the packages, and for each version of TypeScript and zod of scripts/compatibility-list.mjs installs
them in an empty project, compiles README's program and its decorated form there, with the declarations
of the packages, and runs them. Each compiler must also find what is wrong in tests/types/wrong, and
nothing in tests/types/correct. Needs "npm run build" before it.

  --write   writes the table of docs/compatibility.md
  --help    prints this
`;

/** @typedef {import('./compatibility-list.mjs').Combination} Combination */
/** @typedef {import('./packed-project.mjs').Fault} Fault */
/** @typedef {Combination & { readonly faults: readonly Fault[] }} Outcome */

/**
 * Puts outcomes as a table between the markers of a page. Throws when the page has no markers.
 * @param {string} page
 * @param {readonly Outcome[]} outcomes
 */
export function writeTable(page, outcomes) {
  const from = page.indexOf(BEGIN);
  const to = page.indexOf(END, from);
  if (from === -1 || to === -1) throw new Error(`the page has no "${BEGIN}" and "${END}"`);
  const rows = outcomes.map(({ typescript, zod, faults }) => {
    const verdict = faults[0] === undefined ? GOOD : `fails: ${faults[0].step}`;
    return `| ${typescript} | ${zod} | ${verdict} |`;
  });
  const table = ['| TypeScript | zod | |', '|---|---|---|', ...rows].join('\n');
  return `${page.slice(0, from + BEGIN.length)}\n\n${table}\n\n${page.slice(to)}`;
}

/** @type {(destination: string) => string[]} */
function packHere(destination) {
  mkdirSync(destination);
  const packed = readManifests(ROOT).map(({ folder }) => `--workspace=${folder}`);
  const command = ['npm', 'pack', '--silent', ...packed, `--pack-destination=${destination}`];
  const options = { cwd: ROOT, timeoutMs: STEP_MS };
  const { fault } = runStep('npm pack', /** @type {[string]} */ (command), options);
  if (fault !== undefined) throw new Error(`${fault.step} failed:\n${fault.output}`);
  return readdirSync(destination).map((name) => join(destination, name));
}

/**
 * Finds files of tests/types that a compiler judges otherwise than it should.
 * @param {string} said what the compiler printed
 * @param {readonly string[]} wrong names of the files that are wrong
 * @returns {string[]}
 */
export function findMisjudged(said, wrong) {
  const blamed = new Set(said.match(/^[^\s(][^(]*(?=\(\d+,\d+\): )/gm));
  const expected = new Set(wrong.map((name) => `tests/types/wrong/${name}`));
  return [
    ...[...expected].filter((file) => !blamed.has(file)).map((file) => `${file} is accepted`),
    ...[...blamed].filter((file) => !expected.has(file)).map((file) => `${file} is refused`),
  ];
}

/** @type {(folder: string) => Fault[]} */
function checkTypes(folder) {
  const compiler = join(folder, 'node_modules', 'typescript', 'bin', 'tsc');
  const command = [process.execPath, compiler, '-p', 'tests/types', '--pretty', 'false'];
  const options = { cwd: ROOT, timeoutMs: TYPES_MS };
  // It fails in any case: most of what it is given is wrong.
  const { fault } = runStep('types', /** @type {[string]} */ (command), options);
  const wrong = readdirSync(join(ROOT, 'tests', 'types', 'wrong'));
  const misjudged = findMisjudged(fault?.output ?? '', wrong);
  return misjudged.map((output) => ({ step: 'types', output }));
}

/** Tries every combination, and gives how each went. */
async function tryAll() {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-compatibility-'));
  try {
    const tarballs = packHere(join(folder, 'tarballs'));
    const programs = readSmallest(ROOT);
    const types = join(ROOT, 'node_modules', '@types', 'node', 'package.json');
    const { version } = JSON.parse(readFileSync(types, 'utf8'));
    /** @type {Outcome[]} */
    const outcomes = [];
    for (const { typescript, zod } of listCombinations()) {
      const project = join(folder, `${typescript}-${zod}`);
      const tried = await tryPackages({
        folder: project,
        tarballs,
        dependencies: { typescript, zod, '@types/node': version },
        programs,
      });
      const faults = tried.length > 0 ? tried : checkTypes(project);
      console.log(`TypeScript ${typescript}, zod ${zod}: ${faults.length === 0 ? 'ok' : 'failed'}`);
      for (const { step, output } of faults) console.error(`${step}:\n${output}`);
      outcomes.push({ typescript, zod, faults });
    }
    return outcomes;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

if (isMain(import.meta.url)) {
  if (process.argv.includes('--help')) console.log(HELP);
  else {
    const outcomes = await tryAll();
    if (process.argv.includes('--write')) {
      writeFileSync(PAGE, writeTable(readFileSync(PAGE, 'utf8'), outcomes));
    }
    if (outcomes.some(({ faults }) => faults.length > 0)) process.exitCode = 1;
  }
}

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

const HELP = `npm run compatibility [-- --write]

Packs the packages, and for each version of TypeScript and zod of scripts/compatibility-list.mjs installs
them in an empty project, compiles README's program and its decorated form there, with the declarations
of the packages, and runs them. Needs "npm run build" before it.

  --write   writes the table of docs/compatibility.md
  --help    prints this
`;

/** @typedef {import('./compatibility-list.mjs').Combination} Combination */
/** @typedef {Combination & { readonly faults: readonly import('./packed-project.mjs').Fault[] }} Outcome */

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
    const verdict = faults[0] === undefined ? 'compiles and runs' : `fails: ${faults[0].step}`;
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
      const faults = await tryPackages({
        folder: join(folder, `${typescript}-${zod}`),
        tarballs,
        dependencies: { typescript, zod, '@types/node': version },
        programs,
      });
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

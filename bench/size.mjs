import { readFileSync, writeFileSync } from 'node:fs';
import { bundlePage } from './harness/bundle-page.mjs';
import { CLIENT_ENTRIES } from './harness/client-entries.mjs';

// What an app loads before its first call.
const MARK = { of: 'app', bytes: 8192 };

const BUDGETS = new URL('size-budgets.json', import.meta.url);
const SLACK = 1.02;

const readJson = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));

/** Lists what is measured: the app, and each public door of the client with all of its names. */
function listPages() {
  const { name, exports } = readJson('../packages/client/package.json');
  const doors = Object.keys(exports)
    .filter((door) => !door.endsWith('.json'))
    .map((door) => name + door.slice(1));
  const all = (door) => `import * as all from '${door}';\nconsole.log(all);`;
  return { app: CLIENT_ENTRIES.trunkline, ...Object.fromEntries(doors.map((d) => [d, all(d)])) };
}

async function measureAll() {
  const sizes = {};
  for (const [name, contents] of Object.entries(listPages())) {
    const { firstBytes, later } = await bundlePage(contents);
    sizes[name] = firstBytes;
    if (name !== MARK.of) continue;
    for (const chunk of later) {
      const key = `${name}, later: ${chunk.name}`;
      sizes[key] = (sizes[key] ?? 0) + chunk.bytes;
    }
  }
  return sizes;
}

/** Prints a line for each size, and tells whether all are within their budgets. */
function printSizes(sizes, budgets) {
  const names = Object.keys({ ...budgets, ...sizes });
  const width = Math.max(...names.map((name) => name.length));
  console.log(`${'bytes, minified and gzipped'.padEnd(width)}       now    budget`);
  const verdicts = names.map((name) => {
    const verdict = judge(sizes[name], budgets[name]);
    const cells = [count(sizes[name]).padStart(8), count(budgets[name]).padStart(8)];
    console.log(`${name.padEnd(width)}  ${cells.join('  ')}  ${verdict}`.trimEnd());
    return verdict;
  });
  return verdicts.every((verdict) => verdict === '');
}

function judge(now, budget) {
  if (now === undefined) return 'is gone';
  if (budget === undefined) return 'has no budget';
  return now > budget ? 'over its budget' : '';
}

const count = (bytes) => bytes?.toLocaleString('en') ?? 'none';

const sizes = await measureAll();
if (process.argv.includes('--write')) {
  const budgets = Object.entries(sizes).map(([name, bytes]) => [name, Math.ceil(bytes * SLACK)]);
  writeFileSync(BUDGETS, `${JSON.stringify(Object.fromEntries(budgets), null, 2)}\n`);
}
const isWithin = printSizes(sizes, JSON.parse(readFileSync(BUDGETS, 'utf8')));
const ours = sizes[MARK.of];
const verdict = ours <= MARK.bytes ? 'met' : 'missed';
console.log(`mark: ${MARK.of} <= ${count(MARK.bytes)}: ${verdict}, ${count(ours)}`);
if (!isWithin) {
  console.error('make it smaller, or write new budgets with "npm run size -- --write"');
  console.error('and say in the commit what they are for');
  process.exitCode = 1;
}

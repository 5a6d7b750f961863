import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { renderReadme } from './harness/readme-table.mjs';
import { readKeptRun } from './harness/results-file.mjs';

const README = new URL('../README.md', import.meta.url);
const PART = /(<!-- bench:begin -->\n)[\s\S]*?(<!-- bench:end -->)/;

/** Puts the table of the kept run into the README; tells whether it was another one before. */
export function writeReadme({ isCheck = false } = {}) {
  const before = readFileSync(README, 'utf8');
  if (!PART.test(before))
    throw new Error('README.md has no <!-- bench:begin --> … <!-- bench:end -->');
  const table = renderReadme(readKeptRun());
  const after = before.replace(PART, (_, begin, end) => `${begin}\n${table}\n\n${end}`);
  if (!isCheck && after !== before) writeFileSync(README, after);
  return after !== before;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const isCheck = process.argv.includes('--check');
  if (writeReadme({ isCheck }) && isCheck) {
    console.error('the table in README.md is not that of bench/results/complete.json');
    console.error('run "node bench/write-readme.mjs"');
    process.exitCode = 1;
  }
}

import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isMain } from './check-report.mjs';
import { ROOT } from './source-tree.mjs';

/** @typedef {{ name: string, folder: string, script: string, timeoutMs: number }} Example */

/** An example is a few calls on one machine; one that takes longer hangs. */
const DEFAULT_TIMEOUT_MS = 60_000;

/**
 * Lists the examples that are to be run: those with `"trunkline": { "ci": true }` in their
 * package.json. What is run is the script `start`, or the one that `"script"` names beside `ci`.
 * @param {string} root
 * @returns {Example[]}
 */
export function listExamples(root) {
  return readdirSync(join(root, 'examples'))
    .map((name) => ({ name, folder: join(root, 'examples', name) }))
    .filter(({ folder }) => existsSync(join(folder, 'package.json')))
    .flatMap(({ name, folder }) => {
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const { ci, script = 'start', timeoutMs = DEFAULT_TIMEOUT_MS } = manifest.trunkline ?? {};
      if (ci !== true || manifest.scripts?.[script] === undefined) return [];
      return [{ name, folder, script, timeoutMs }];
    });
}

/**
 * Runs an example to its end and tells how it went. What outlives its time is killed with all that
 * it started.
 * @param {Example} example
 * @returns {Promise<{ ok: boolean, verdict: string, seconds: number, output: string }>}
 */
export function runExample({ folder, script, timeoutMs }) {
  const startedAt = performance.now();
  const child = spawn('npm', ['run', '--silent', script], { cwd: folder, detached: true });
  let output = '';
  let timedOut = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => (output += data));
  }
  const timer = setTimeout(() => {
    timedOut = true;
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }, timeoutMs);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const ended = code === 0 ? 'ok' : `exit ${code ?? signal}`;
      const verdict = timedOut ? `killed after ${timeoutMs / 1000} s` : ended;
      const seconds = (performance.now() - startedAt) / 1000;
      resolve({ ok: verdict === 'ok', verdict, seconds, output });
    });
  });
}

if (isMain(import.meta.url)) {
  const examples = listExamples(ROOT);
  if (examples.length === 0) console.error('no example is marked to be run');
  const results = [];
  for (const example of examples) {
    const result = await runExample(example);
    results.push(result);
    console.log(`${example.name.padEnd(24)} ${result.seconds.toFixed(1)} s  ${result.verdict}`);
    if (!result.ok) console.error(result.output);
  }
  if (examples.length === 0 || results.some(({ ok }) => !ok)) process.exitCode = 1;
}

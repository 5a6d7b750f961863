import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { isMain } from './check-report.mjs';
import { createRuntimeFolder } from './runtime-folder.mjs';
import { RUNTIMES, findRuntimes, refusePlatform } from './runtime-list.mjs';
import { runProgram, runUntilDone, startServer } from './runtime-process.mjs';
import { terminalTable, writeTable } from './runtime-table.mjs';
import { ROOT } from './source-tree.mjs';

const PAGE = join(ROOT, 'docs', 'runtimes.md');
const BUILD_MS = 180_000;
/** The suite takes seconds; a case that hangs ends after 40. */
const SUITE_MS = 240_000;

const HELP = `npm run runtimes [-- <runtime> … [--write]]

Packs the packages, installs them with each runtime in a temporary folder, and runs the client suite
of tests/runtimes there. Exits with 1 when a case fails. Takes all runtimes unless some are named:

${RUNTIMES.map(({ name, title, version }) => `  ${name.padEnd(12)} ${title} (${version})`).join('\n')}

  --write      writes the table into docs/runtimes.md; only with all runtimes
  --help       prints this
`;

/** @typedef {import('./runtime-list.mjs').Runtime} Runtime */
/** @typedef {import('./runtime-folder.mjs').RuntimeFolder} RuntimeFolder */
/** @typedef {import('./runtime-table.mjs').Outcome} Outcome */
/** @typedef {import('./runtime-process.mjs').Program} Program */
/** @typedef {import('./runtime-process.mjs').Ended} Ended */

/**
 * Reads the command line. Throws a TypeError that says how to mend it.
 * @param {readonly string[]} args
 */
export function parseCommand(args) {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { help: { type: 'boolean' }, write: { type: 'boolean' } },
  });
  const runtimes = findRuntimes(positionals);
  if (values.write === true && runtimes.length < RUNTIMES.length) {
    throw new TypeError('option "--write" needs all runtimes: name none of them');
  }
  return { runtimes, isHelp: values.help === true, isWrite: values.write === true };
}

/**
 * Makes an outcome of what the suite has printed.
 * @param {Runtime} runtime
 * @param {Ended} ended
 * @returns {Outcome}
 */
export function readOutcome({ title, version, webSocket: expected }, ended) {
  const said = ended.lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  const results = said.filter((one) => 'name' in one);
  const last = said.find((one) => 'cases' in one);
  const failed = results.filter(({ ok }) => ok !== true);
  const faults = failed.map(({ name, error }) => `${name}: ${error}`);
  if (last === undefined) faults.push('it has not run to its end');
  else if (last.webSocket !== expected) {
    faults.push(`the client took the WebSocket "${last.webSocket}", expected "${expected}"`);
  }
  if (ended.verdict !== '') faults.push(`the process: ${ended.verdict}`);
  if (faults.length > failed.length) faults.push(ended.output.trim());
  const passed = results.length - failed.length;
  const cases = last?.cases ?? results.length;
  const { seconds } = ended;
  return { title, version, webSocket: last?.webSocket ?? '-', passed, cases, seconds, faults };
}

/**
 * Runs the suite in one runtime, or here where the runtime is the server's.
 * @param {Runtime} runtime
 * @param {RuntimeFolder} folder
 * @param {AbortSignal} signal
 */
async function runRuntime(runtime, folder, signal) {
  const cwd = folder.path;
  // None of these has anything of its own in a home, and none shall look for news.
  const env = { PATH: process.env['PATH'], HOME: cwd, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1' };
  /** @type {(side: Runtime['side'], args: readonly string[]) => Program} */
  const programOf = (side, args) => {
    const surroundings = { cwd, env, timeoutMs: SUITE_MS, signal };
    if (side !== runtime.side) return { command: process.execPath, args, ...surroundings };
    return {
      command: folder.commandOf(runtime),
      args: [...runtime.options, ...args],
      ...surroundings,
    };
  };
  const server = await startServer(programOf('server', ['serve.js']));
  let ended;
  let stopped;
  try {
    ended = await runSuite(server.ports, cwd, (host) =>
      programOf('client', ['run-suite.js', JSON.stringify(host)]),
    );
  } finally {
    stopped = await server.stop();
  }
  const outcome = readOutcome(runtime, ended);
  if (stopped.verdict === '' && outcome.faults.length === 0) return outcome;
  const fault = `the server: ${stopped.verdict || 'ok'}\n${stopped.output}`;
  return { ...outcome, faults: [...outcome.faults, fault] };
}

/**
 * Runs the suite's program beside a host for the server.
 * @param {import('../tests/runtimes/host.js').ServerPorts} ports
 * @param {string} folder
 * @param {(host: import('../tests/runtimes/case.js').Host) => Program} programFor
 */
async function runSuite(ports, folder, programFor) {
  /** @type {typeof import('../tests/runtimes/host.js')} */
  const { startHost } = await import(pathToFileURL(join(folder, 'host.js')).href);
  const host = await startHost(ports);
  try {
    return await runUntilDone(programFor(host), (line) => line.startsWith('{"cases"'));
  } finally {
    await host.close();
  }
}

/**
 * Runs the suite in one runtime, and tells how it went.
 * @param {Runtime} runtime
 * @param {RuntimeFolder} folder
 * @param {AbortSignal} signal
 */
async function tellRuntime(runtime, folder, signal) {
  const outcome = await runRuntime(runtime, folder, signal);
  const { title, passed, cases, seconds, faults } = outcome;
  console.log(`${title}: ${passed} of ${cases} in ${seconds.toFixed(1)} s`);
  for (const fault of faults) console.error(`  ${fault}`);
  return outcome;
}

/**
 * Runs the suite in all runtimes, some of them at a time: much of it is waiting.
 * @param {readonly Runtime[]} runtimes
 * @param {AbortSignal} signal
 */
async function runAll(runtimes, signal) {
  console.log('building, packing and installing …');
  const build = { command: 'npm', args: ['run', 'build'], cwd: ROOT, timeoutMs: BUILD_MS, signal };
  await runProgram(build);
  const folder = await createRuntimeFolder(runtimes, signal);
  /** @type {Map<Runtime, Outcome>} */
  const outcomes = new Map();
  const waiting = [...runtimes];
  const runWaiting = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      outcomes.set(next, await tellRuntime(next, folder, signal));
    }
  };
  const lanes = Array.from({ length: availableParallelism() + 1 }, runWaiting);
  try {
    await Promise.all(lanes);
    return runtimes.flatMap((runtime) => outcomes.get(runtime) ?? []);
  } finally {
    waiting.length = 0;
    await Promise.allSettled(lanes);
    await folder.remove();
  }
}

/**
 * Runs the suite as the command line says; gives the exit code.
 * @param {ReturnType<typeof parseCommand>} command
 */
async function runCommand({ runtimes, isWrite }) {
  const refusal = refusePlatform(process.platform, process.arch);
  if (refusal !== undefined) {
    console.error(refusal);
    return 1;
  }
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort());
  try {
    const outcomes = await runAll(runtimes, stop.signal);
    console.log(`\n${terminalTable(outcomes)}`);
    if (isWrite) await writeFile(PAGE, writeTable(await readFile(PAGE, 'utf8'), outcomes));
    return outcomes.every(({ faults }) => faults.length === 0) ? 0 : 1;
  } catch (error) {
    console.error(stop.signal.aborted ? 'stopped' : error);
    return 1;
  }
}

/** Reads the command line and does what it says; gives the exit code. */
async function main() {
  let command;
  try {
    command = parseCommand(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof TypeError ? error.message : error);
    return 1;
  }
  if (!command.isHelp) return runCommand(command);
  console.log(HELP);
  return 0;
}

if (isMain(import.meta.url)) process.exitCode = await main();

import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isMain } from './check-report.mjs';
import { FORMULA, VARIANTS, findVariants } from './model-list.mjs';
import { judge, modelTable, readReport, readTrail } from './model-outcome.mjs';
import { runProgram, runUntilDone } from './runtime-process.mjs';
import { ROOT } from './source-tree.mjs';

/** At most two verifiers run at a time, and each gets this much. */
const AT_ONCE = 2;
const MEMORY_MB = 600;
/** The largest search takes seconds; on a busy machine a few times as long. */
const SEARCH_MS = 120_000;
/** What must be there, and how it is asked. */
const TOOLS = /** @type {const} */ ([
  ['spin', '-V'],
  ['gcc', '--version'],
]);
const INSTALL = 'apt-get install --no-install-recommends spin gcc libc6-dev';

const HELP = `npm run models [-- <model> [<variant>] [--trail]]

Searches all states of the models in models/ with spin: base variants must have no error, and each
mutant must break the property that it names. Exits with 1 otherwise. The models:

  ${[...new Set(VARIANTS.map(({ model }) => model))].join(', ')}

  --trail      prints the shortest way found to the error of a variant, message by message
  --help       prints this
`;

/** @typedef {import('./model-list.mjs').Variant} Variant */

/**
 * Reads the command line. Throws a TypeError that says how to mend it.
 * @param {readonly string[]} args
 */
export function parseCommand(args) {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { help: { type: 'boolean' }, trail: { type: 'boolean' } },
  });
  const variants = findVariants(positionals);
  if (values.trail === true && variants.length > 1) {
    throw new TypeError('option "--trail" needs one variant: name its model and it');
  }
  return { variants, isHelp: values.help === true, isTrail: values.trail === true };
}

/**
 * Runs a program of the system. Fails with what it printed, and how to install what is missing.
 * @param {import('./runtime-process.mjs').Program} program
 */
async function runTool(program) {
  try {
    return await runProgram(program);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new Error(`no program "${program.command}" is here: ${INSTALL}`, { cause: error });
    }
    throw error;
  }
}

/**
 * Makes the verifier of a variant, in a folder of its own.
 * @param {Variant} variant
 * @param {{ cwd: string, signal: AbortSignal, extra?: readonly string[] }} place
 */
async function compile(variant, { cwd, signal, extra = [] }) {
  await mkdir(cwd);
  await copyFile(join(ROOT, 'models', `${variant.model}.pml`), join(cwd, 'model.pml'));
  const surroundings = { cwd, timeoutMs: SEARCH_MS, signal };
  const defines = variant.defines.map((define) => `-D${define}`);
  const args = [...defines, '-a', 'model.pml'];
  const said = await runTool({ command: 'spin', args, ...surroundings });
  if (said.includes('Error:')) throw new Error(`${variant.model} ${variant.name}:\n${said}`);
  const kind = isFormula(variant) ? [] : ['-DSAFETY'];
  // A mutant is at its error before an optimizer has paid.
  const speed = variant.breaks === undefined ? '-O1' : '-O0';
  const options = [speed, '-w', '-DCOLLAPSE', `-DMEMLIM=${MEMORY_MB}`, ...kind, ...extra];
  const command = { command: 'gcc', args: [...options, '-o', 'pan', 'pan.c'], ...surroundings };
  await runTool(command).catch((error) => {
    throw new Error(`the verifier cannot be compiled; are the tools there? ${INSTALL}`, {
      cause: error,
    });
  });
}

/** @type {(variant: Variant) => boolean} */
const isFormula = ({ defines }) => defines.includes(FORMULA);

/**
 * Searches all states of a variant.
 * @param {Variant} variant
 * @param {string} cwd
 * @param {AbortSignal} signal
 */
async function searchStates(variant, cwd, signal) {
  await compile(variant, { cwd, signal });
  const args = ['-m10000', '-w22', '-n', ...(isFormula(variant) ? ['-a'] : [])];
  const program = { command: './pan', args, cwd, timeoutMs: SEARCH_MS, signal };
  const { output, seconds } = await runUntilDone(program, () => false);
  await rm(cwd, { recursive: true });
  return judge(variant, readReport(output), seconds);
}

/**
 * Finds a short way to the error of a variant, and tells it.
 * @param {Variant} variant
 * @param {string} cwd
 * @param {AbortSignal} signal
 */
async function tellTrail(variant, cwd, signal) {
  // With it, a shorter way to a state that is known counts.
  await compile(variant, { cwd, signal, extra: ['-DREACH'] });
  const surroundings = { cwd, timeoutMs: SEARCH_MS, signal };
  const search = ['-m10000', '-i', ...(isFormula(variant) ? ['-a'] : [])];
  const program = { command: './pan', args: search, ...surroundings };
  const { output } = await runUntilDone(program, () => false);
  const { broken, fault } = readReport(output);
  if (broken === '') return [fault || 'no error, and so no trail'];
  const defines = variant.defines.map((define) => `-D${define}`);
  const args = [...defines, '-t', '-T', 'model.pml'];
  const { lines } = await runUntilDone({ command: 'spin', args, ...surroundings }, () => false);
  return readTrail(lines);
}

/**
 * Searches the variants, some at a time, and gives the outcomes in the order of the variants.
 * @param {readonly Variant[]} variants
 * @param {string} folder
 * @param {AbortSignal} signal
 */
async function searchAll(variants, folder, signal) {
  /** @type {import('./model-outcome.mjs').Outcome[]} */
  const outcomes = [];
  const left = variants.entries();
  const work = async () => {
    for (const [at, variant] of left) {
      outcomes[at] = await searchStates(variant, join(folder, `${at}`), signal);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return outcomes;
}

/**
 * Does what the command line says, in a temporary folder; gives the exit code.
 * @param {ReturnType<typeof parseCommand>} command
 */
async function runCommand({ variants, isTrail }) {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort());
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-models-'));
  try {
    // spin itself needs the compiler, and says so in a way that helps nobody.
    for (const [command, flag] of TOOLS) {
      await runTool({ command, args: [flag], cwd: folder, timeoutMs: SEARCH_MS });
    }
    const [variant] = variants;
    if (isTrail && variant !== undefined) {
      console.log((await tellTrail(variant, join(folder, 'trail'), stop.signal)).join('\n'));
      return 0;
    }
    const startedAt = performance.now();
    const outcomes = await searchAll(variants, folder, stop.signal);
    console.log(modelTable(outcomes).join('\n'));
    const wrong = outcomes.filter(({ ok }) => !ok).length;
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
    console.log(`\n${seconds} s; not as expected: ${wrong} of ${outcomes.length}`);
    return wrong === 0 ? 0 : 1;
  } catch (error) {
    console.error(stop.signal.aborted ? 'stopped' : messageOf(error));
    return 1;
  } finally {
    stop.abort();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** @type {(error: unknown) => string} */
function messageOf(error) {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && !('code' in error.cause)
    ? `${error.message}\n${error.cause.message}`
    : error.message;
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

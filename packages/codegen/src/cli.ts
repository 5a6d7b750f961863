import { systemRuntime, type Runtime } from '@trunkline/protocol';
import { Command, CommanderError, Option } from 'commander';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { openFileWatcher } from './file-watcher.js';
import { GenerateError } from './generate-error.js';
import { runGenerate, type GenerateRun } from './generate.js';
import { checkReport, generateReport } from './report.js';
import { startWatch, type OpenWatcher } from './watch.js';

/** What the command sees of the world around it. */
export interface Terminal {
  readonly cwd: string;
  /** Writes a line for who called. */
  out(text: string): void;
  /** Writes a line about what is wrong. */
  error(text: string): void;
  /** Resolves when the user wants to stop; until this is called, stopping kills. */
  untilStopped(): Promise<void>;
  readonly openWatcher: OpenWatcher;
  readonly runtime: Runtime;
}

/** How the command ends: all is well; contracts or files are not; it was used wrongly. */
export const EXIT_CODES = { ok: 0, failed: 1, usage: 2 } as const;

interface GenerateFlags {
  readonly config?: string;
  readonly cwd?: string;
  readonly check?: true;
  readonly watch?: true;
}

/** Runs the command with its arguments and gives its exit code. */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  let code: number = EXIT_CODES.ok;
  const program = createProgram(terminal, async (flags) => {
    code = flags.watch ? await watch(flags, terminal) : await generateOnce(flags, terminal);
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
  }
}

function createProgram(terminal: Terminal, run: (flags: GenerateFlags) => Promise<void>): Command {
  const program = new Command('trunkline');
  program
    .description('Generates servers and clients from Trunkline contracts.')
    .version(version())
    // Before the subcommand, which inherits them.
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.error(text.trimEnd()),
    });
  program
    .command('generate')
    .description('writes <contract>.server.ts and <contract>.client.ts of every contract')
    .option(
      '--config <file>',
      'the config file (default: trunkline.config.ts, .mts, .js, .mjs, .json)',
    )
    .option('--cwd <dir>', 'the folder to work in')
    .option(
      '--check',
      'writes nothing; fails with a diff when a file is stale, missing or left over',
    )
    .addOption(new Option('--watch', 'generates again at each change').conflicts('check'))
    .allowExcessArguments(false)
    .action(run);
  return program;
}

function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

async function generateOnce(flags: GenerateFlags, terminal: Terminal): Promise<number> {
  const { outcome } = await runAndReport(flags, terminal);
  if (outcome instanceof GenerateError) {
    return outcome.fault === 'config' ? EXIT_CODES.usage : EXIT_CODES.failed;
  }
  return flags.check && !outcome.isCurrent ? EXIT_CODES.failed : EXIT_CODES.ok;
}

async function watch(flags: GenerateFlags, terminal: Terminal): Promise<number> {
  const { openWatcher, runtime } = terminal;
  const stopped = terminal.untilStopped();
  let first: number | undefined;
  const run = async () => {
    const { outcome, sources } = await runAndReport(flags, terminal);
    const isLost = outcome instanceof GenerateError && sources.paths.length === 0;
    first ??= isLost ? EXIT_CODES.usage : EXIT_CODES.ok;
    return sources;
  };
  const loop = startWatch({ run, openWatcher, runtime });
  await loop.ready;
  // Without even a config file there is nothing whose change could be waited for.
  if (first === EXIT_CODES.ok) {
    terminal.out('watching for changes; stop with ctrl-c');
    await stopped;
  }
  await loop.stop();
  return first ?? EXIT_CODES.ok;
}

async function runAndReport(flags: GenerateFlags, terminal: Terminal): Promise<GenerateRun> {
  const { runtime } = terminal;
  const start = runtime.now();
  const run = await runGenerate({
    cwd: resolve(terminal.cwd, flags.cwd ?? '.'),
    check: flags.check === true,
    runtime,
    ...(flags.config !== undefined && { configFile: flags.config }),
  });
  const elapsedMs = runtime.now() - start;
  const { outcome } = run;
  if (outcome instanceof GenerateError) {
    for (const problem of outcome.problems) terminal.error(`error: ${problem}`);
  } else if (flags.check) {
    terminal.out(checkReport(outcome, elapsedMs));
    if (!outcome.isCurrent)
      terminal.error(`error: generated files are not up to date; run "${mend(flags)}"`);
  } else {
    terminal.out(generateReport(outcome, elapsedMs));
  }
  return run;
}

function mend({ config, cwd }: GenerateFlags): string {
  return ['trunkline generate', config && `--config ${config}`, cwd && `--cwd ${cwd}`]
    .filter((part) => part !== undefined)
    .join(' ');
}

/** Runs the command as a process of its own: arguments, streams, signals and exit code. */
export async function main(): Promise<void> {
  const code = await runCommand(process.argv.slice(2), {
    cwd: process.cwd(),
    out: (text) => process.stdout.write(`${text}\n`),
    error: (text) => process.stderr.write(`${text}\n`),
    untilStopped: () =>
      new Promise((stop) => {
        process.once('SIGINT', () => stop());
        process.once('SIGTERM', () => stop());
      }),
    openWatcher: openFileWatcher,
    runtime: systemRuntime,
  });
  // What a contract has left open, a timer or a socket, must not keep the command from ending.
  await Promise.all([process.stdout, process.stderr].map(flush));
  process.exit(code);
}

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((done) => stream.write('', () => done()));
}

import { resolve } from 'node:path';
import { GenerateError } from './generate-error.js';
import { runGenerate, type GenerateRun } from './generate.js';
import { checkReport, generateReport } from './report.js';
import { EXIT_CODES, type Terminal } from './terminal.js';
import { startWatch } from './watch.js';

/** The flags of `trunkline generate`. */
export interface GenerateFlags {
  readonly config?: string;
  readonly cwd?: string;
  readonly check?: true;
  readonly watch?: true;
}

/** Generates, once or at each change, and gives the exit code. */
export function runGenerateCommand(flags: GenerateFlags, terminal: Terminal): Promise<number> {
  return flags.watch ? watch(flags, terminal) : generateOnce(flags, terminal);
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

import { systemRuntime } from '@trunkline/protocol';
import { Command, CommanderError, Option } from 'commander';
import { readFileSync } from 'node:fs';
import { boundedOutput } from './bounded-output.js';
import { openFileWatcher } from './file-watcher.js';
import { runGenerateCommand, type GenerateFlags } from './generate-command.js';
import { EXIT_CODES, type Terminal } from './terminal.js';
import {
  DOCTOR_EXAMPLES,
  runDoctorCommand,
  runTapCommand,
  TAP_EXAMPLES,
  type DoctorCommandFlags,
  type TapCommandFlags,
} from './tool-commands.js';

/** Runs the command with its arguments and gives its exit code. */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  let code: number = EXIT_CODES.ok;
  const program = createProgram(terminal);
  addGenerate(program, async (flags) => {
    code = await runGenerateCommand(flags, terminal);
  });
  addTap(program, async (url, flags) => {
    code = await runTapCommand(url, flags, terminal);
  });
  addDoctor(program, async (url, flags) => {
    code = await runDoctorCommand(url, flags, terminal);
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
  }
}

function createProgram(terminal: Terminal): Command {
  const program = new Command('trunkline');
  program
    .description(
      'Generates servers and clients from Trunkline contracts, and looks at connections.',
    )
    .version(version())
    // Before the subcommand, which inherits them.
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.error(text.trimEnd()),
    });
  return program;
}

function addGenerate(program: Command, run: (flags: GenerateFlags) => Promise<void>): void {
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
}

function addTap(
  program: Command,
  run: (url: string, flags: TapCommandFlags) => Promise<void>,
): void {
  const list = (given: string, before: readonly string[] = []): readonly string[] => {
    return [...before, ...given.split(',').filter((one) => one !== '')];
  };
  program
    .command('tap')
    .description('passes connections on to a server and shows each message, decoded')
    .argument('<url>', 'the server, such as ws://localhost:8080/trunkline')
    .option('--port <number>', 'where to listen; a free one when left out')
    .option('--procedure <names>', 'only calls and streams of these names; * for any letters', list)
    .option('--topic <names>', 'only topics of these names; * for any letters', list)
    .option('--kind <kinds>', 'only messages of these kinds, such as CALL,RESULT', list)
    .option('--errors', 'only what tells of something that went wrong')
    .option('--raw', 'batches and chunks too')
    .option('--full', 'values in full, however long')
    .option(
      '--unmask',
      'shows values of properties with names such as "password", and bytes of what is not read',
    )
    .option('--packed', 'lets the client pack; values are read with the contracts of the config')
    .option('--config <file>', 'the config file for --packed')
    .option('--insecure', 'takes any certificate of the server')
    .option('--json', 'a line of JSON for each message')
    .addHelpText('after', TAP_EXAMPLES)
    .allowExcessArguments(false)
    .action(run);
}

function addDoctor(
  program: Command,
  run: (url: string, flags: DoctorCommandFlags) => Promise<void>,
): void {
  program
    .command('doctor')
    .description('looks at what lies between here and a server, and says what to change')
    .argument('<url>', 'the server, such as wss://example.com/trunkline')
    .option('--token <token>', 'what authenticates; TRUNKLINE_TOKEN when left out')
    .option('--origin <origin>', 'where a page would come from, such as https://app.example.com')
    .option('--idle <seconds>', 'how long quiet connections are watched (default: 75)')
    .addOption(new Option('--quick', 'watches no quiet connections').conflicts('idle'))
    .option('--insecure', 'goes on with a certificate that is not accepted')
    .option('--json', 'one JSON document')
    .addHelpText('after', DOCTOR_EXAMPLES)
    .allowExcessArguments(false)
    .action(run);
}

function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** Runs the command as a process of its own: arguments, streams, signals and exit code. */
export async function main(): Promise<void> {
  const code = await runCommand(process.argv.slice(2), {
    cwd: process.cwd(),
    out: boundedOutput(process.stdout),
    error: (text) => process.stderr.write(`${text}\n`),
    untilStopped: () =>
      new Promise((stop) => {
        process.once('SIGINT', () => stop());
        process.once('SIGTERM', () => stop());
      }),
    openWatcher: openFileWatcher,
    runtime: systemRuntime,
    isColourful: process.stdout.isTTY && !process.env['NO_COLOR'],
    environment: process.env,
  });
  // What a contract has left open, a timer or a socket, must not keep the command from ending.
  await Promise.all([process.stdout, process.stderr].map(flush));
  process.exit(code);
}

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((done) => stream.write('', () => done()));
}

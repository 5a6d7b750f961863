import { findDescriptions } from './find-descriptions.js';
import type { DoctorFlags } from './doctor/run-doctor.js';
import { GenerateError } from './generate-error.js';
import type { TapFlags } from './tap/run-tap.js';
import { EXIT_CODES, type Terminal } from './terminal.js';

/** The flags of `trunkline tap`. */
export interface TapCommandFlags extends TapFlags {
  readonly config?: string;
}

/** The flags of `trunkline doctor`. */
export type DoctorCommandFlags = DoctorFlags;

/** What stands below the help of `trunkline tap`. */
export const TAP_EXAMPLES = `
Tokens of HELLO, RESUME and AUTH and secrets of sessions are never shown.

Examples:
  trunkline tap ws://localhost:8080/trunkline --port 9090
  trunkline tap wss://example.com/trunkline --procedure 'chat.*' --errors
  trunkline tap ws://localhost:8080 --topic 'orders.*' --json | jq .value`;

/** What stands below the help of `trunkline doctor`. */
export const DOCTOR_EXAMPLES = `
It ends with 1 when something has to be mended.

Examples:
  trunkline doctor wss://example.com/trunkline --token "$TOKEN"
  trunkline doctor wss://example.com/trunkline --origin https://app.example.com --quick
  trunkline doctor ws://localhost:8080 --idle 130 --json`;

const NO_LAYOUTS =
  'no trunkline.config.ts here: packed values are not read; name one with --config';

/** Passes connections on and shows what passes, until it is stopped; gives the exit code. */
export async function runTapCommand(
  url: string,
  flags: TapCommandFlags,
  terminal: Terminal,
): Promise<number> {
  const { runtime, isColourful, cwd } = terminal;
  try {
    const contracts =
      flags.packed === true ? await findDescriptions(cwd, flags.config, runtime) : [];
    if (flags.packed === true && contracts.length === 0) terminal.error(NO_LAYOUTS);
    // Who generates needs nothing of it.
    const { runTap } = await import('./tap/run-tap.js');
    await runTap({
      url,
      flags,
      contracts,
      runtime,
      isColourful: isColourful === true,
      out: (text) => terminal.out(text),
      error: (text) => terminal.error(text),
      stopped: terminal.untilStopped(),
    });
    return EXIT_CODES.ok;
  } catch (error) {
    return reportMistake(error, terminal);
  }
}

/** Looks at what lies between here and a server; gives the exit code. */
export async function runDoctorCommand(
  url: string,
  flags: DoctorCommandFlags,
  terminal: Terminal,
): Promise<number> {
  const { runtime, isColourful, environment } = terminal;
  try {
    const { runDoctor } = await import('./doctor/run-doctor.js');
    const isWell = await runDoctor({
      url,
      flags,
      token: environment?.['TRUNKLINE_TOKEN'],
      runtime,
      isColourful: isColourful === true,
      out: (text) => terminal.out(text),
      error: (text) => terminal.error(text),
    });
    return isWell ? EXIT_CODES.ok : EXIT_CODES.failed;
  } catch (error) {
    return reportMistake(error, terminal);
  }
}

/** Tells what was asked for wrongly. */
function reportMistake(error: unknown, terminal: Terminal): number {
  if (error instanceof GenerateError) {
    for (const problem of error.problems) terminal.error(`error: ${problem}`);
  } else if (error instanceof TypeError) {
    terminal.error(`error: ${error.message}`);
  } else {
    throw error;
  }
  return EXIT_CODES.usage;
}

import { parseArgs } from 'node:util';

const HELP = `usage: npm run simulate -- [flags]

Runs clients, a server and a broker on one clock, random source and network, with faults, and checks
what is promised of calls, streams and topics. The same seed is the same run.

  --seeds COUNT      how many seeds (default 100)
  --from SEED        the first of them (default 1)
  --steps COUNT      steps of each before all must settle (default 500)
  --seed SEED        this one alone
  --trace            prints all that happened in it
  --wire             and all messages on the network
  --processes COUNT  shares the seeds (default 1)
  --until-failure    ends with the first seed that breaks a promise
  --hashes           prints a hash of each run
  --count            says how often each kind of event happened
  --help             prints this and stops

Exit code: 0 nothing was broken, 1 something was, 2 wrong command line.`;

const OPTIONS = {
  seeds: { type: 'string', default: '100' },
  from: { type: 'string', default: '1' },
  steps: { type: 'string', default: '500' },
  seed: { type: 'string' },
  trace: { type: 'boolean', default: false },
  wire: { type: 'boolean', default: false },
  processes: { type: 'string', default: '1' },
  'until-failure': { type: 'boolean', default: false },
  hashes: { type: 'boolean', default: false },
  count: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const NUMBERS = ['seeds', 'from', 'steps', 'seed', 'processes'] as const;

/** Reads the flags of a command line; ends the process with the usage for wrong ones. */
export function readFlags(args: string[]) {
  try {
    const { values } = parseArgs({ args, options: OPTIONS });
    if (values.help) {
      console.log(HELP);
      return process.exit(0);
    }
    for (const name of NUMBERS) {
      const value = values[name];
      if (value === undefined || /^[1-9][0-9]{0,14}$/.test(value)) continue;
      throw new TypeError(`--${name} must be a whole number from 1, not "${value}"`);
    }
    return values;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${HELP}`);
    return process.exit(2);
  }
}

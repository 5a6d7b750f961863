import { once } from 'node:events';
import { createServer } from 'node:net';

/** What a program can be told at its start. */
export interface Program {
  /** How it is started from the root of the repository. */
  readonly command: string;
  readonly defaultPort: number;
  /** How many ports it takes from the first one on: 1 without. */
  readonly portCount?: number;
  /** Where it listens: where only this machine can reach it, without. */
  readonly host?: string;
  /** Arguments beside `--help`, and what they do. */
  readonly flags?: Readonly<Record<string, string>>;
  /** Environment variables beside PORT, as an example such as `KEEP=3`, and what they do. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** What a program was told. */
export interface Start {
  /** 0 for a free one. */
  readonly port: number;
  readonly host: string;
  readonly flags: ReadonlySet<string>;
}

const LAST_PORT = 65_535;

/**
 * Reads the arguments and PORT, and tries whether the port can be had. Gives `undefined` when it was
 * asked for help, which is written then. Throws what is wrong and what is allowed.
 */
export async function readStart(program: Program): Promise<Start | undefined> {
  const { flags = {}, host = '127.0.0.1', portCount = 1 } = program;
  const args = process.argv.slice(2);
  const allowed = [...Object.keys(flags), '--help'];
  const unknown = args.find((argument) => !allowed.includes(argument));
  if (unknown !== undefined) {
    throw new TypeError(`unknown argument "${unknown}": expected ${allowed.join(', ')}`);
  }
  if (args.includes('--help')) {
    console.log(usageOf(program));
    return undefined;
  }
  const port = readPort(program);
  const ports = port === 0 ? [] : Array.from({ length: portCount }, (_, index) => port + index);
  for (const wanted of ports) await tryPort(wanted, host);
  return { port, host, flags: new Set(args) };
}

/** Makes the error of a port that cannot be had. */
export function portError(port: number, cause: unknown): Error {
  const { code, message } = cause as NodeJS.ErrnoException;
  const why = code === 'EADDRINUSE' ? 'it is taken' : message;
  const mend = 'choose another one by PORT, or 0 for a free one';
  return new Error(`cannot listen on port ${port}: ${why}; ${mend}`, { cause });
}

function readPort({ defaultPort, portCount = 1 }: Program): number {
  const text = process.env['PORT'] ?? '';
  if (text === '') return defaultPort;
  const port = Number(text);
  const most = LAST_PORT - portCount + 1;
  if (/^\d+$/.test(text) && port <= most) return port;
  throw new TypeError(`PORT is "${text}": expected a number from 0 to ${most}`);
}

async function tryPort(port: number, host: string): Promise<void> {
  const server = createServer().listen(port, host);
  await once(server, 'listening').catch((cause: unknown) => {
    throw portError(port, cause);
  });
  server.close();
  await once(server, 'close');
}

function usageOf({ command, defaultPort, flags = {}, variables = {} }: Program): string {
  const lines = {
    ...flags,
    '--help': 'says this',
    'PORT=9000': `another port than ${defaultPort}, and PORT=0 a free one`,
    ...variables,
  };
  const width = Math.max(...Object.keys(lines).map((name) => name.length));
  return [
    `${command} -- [argument]`,
    ...Object.entries(lines).map(([name, what]) => `  ${name.padEnd(width)}  ${what}`),
  ].join('\n');
}

import { readPort } from './read-port.js';

/** What the program was told at its start. */
export interface Settings {
  /** 0 for free ports. */
  readonly port: number;
  readonly hasNginx: boolean;
}

/** Reads arguments and environment; throws an error that says what is allowed. */
export function readSettings(args: readonly string[], env: NodeJS.ProcessEnv): Settings {
  const unknown = args.find((arg) => arg !== '--nginx');
  if (unknown !== undefined) throw new Error(`unknown argument "${unknown}": expected --nginx`);
  return { port: readPort(env['PORT']), hasNginx: args.includes('--nginx') };
}

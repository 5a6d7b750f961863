/** What the program was told at its start. */
export interface Settings {
  /** 0 for free ports. */
  readonly port: number;
  readonly hasNginx: boolean;
}

const DEFAULT_PORT = 8443;
/** The ports behind it are for the other origins and for nginx. */
const LAST_PORT = 65_535 - 3;

/** Reads arguments and environment; throws an error that says what is allowed. */
export function readSettings(args: readonly string[], env: NodeJS.ProcessEnv): Settings {
  const unknown = args.find((arg) => arg !== '--nginx');
  if (unknown !== undefined) throw new Error(`unknown argument "${unknown}": expected --nginx`);
  const text = env['PORT'] ?? String(DEFAULT_PORT);
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  if (port < 0 || port > LAST_PORT) {
    throw new Error(`PORT "${text}" is not valid: expected 0 or a port up to ${LAST_PORT}`);
  }
  return { port, hasNginx: args.includes('--nginx') };
}

const DEFAULT_PORT = 8443;
/** The ports behind it are for the other origins and for nginx. */
const LAST_PORT = 65_535 - 3;

/** Reads the variable PORT; without a value it is the default. */
export function readPort(text: string | undefined): number {
  if (text === undefined || text === '') return DEFAULT_PORT;
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= LAST_PORT) return port;
  throw new TypeError(`PORT is "${text}": expected a number from 0 to ${LAST_PORT}`);
}

const DEFAULT_PORT = 8090;

/** Reads the variable PORT; without a value it is the default. */
export function readPort(text: string | undefined): number {
  if (text === undefined || text === '') return DEFAULT_PORT;
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new TypeError(`PORT is "${text}": expected a number from 0 to 65535`);
}

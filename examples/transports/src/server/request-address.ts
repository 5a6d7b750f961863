import type { IncomingMessage } from 'node:http';

const BASE = 'http://localhost';

/** Gives the address that is asked for; that of the page where it cannot be read. */
export function requestAddress({ url = '/' }: IncomingMessage): URL {
  return URL.canParse(url, BASE) ? new URL(url, BASE) : new URL(BASE);
}

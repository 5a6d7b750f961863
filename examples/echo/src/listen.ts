import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const DEFAULT_PORT = 3001;

/** Listens where only this machine can reach it, on the port that a text names; gives the port. */
export async function listen(http: Server, text: string | undefined): Promise<number> {
  const port = readPort(text);
  http.listen(port, '127.0.0.1');
  try {
    await once(http, 'listening');
  } catch (cause) {
    const mend = 'choose another one by PORT, or 0 for a free one';
    throw new Error(`cannot listen on port ${port}: ${mend}`, { cause });
  }
  return (http.address() as AddressInfo).port;
}

function readPort(text: string | undefined): number {
  if (text === undefined || text === '') return DEFAULT_PORT;
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new TypeError(`PORT is "${text}": expected a number from 0 to 65535`);
}

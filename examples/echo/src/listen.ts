import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { portError, type Start } from './read-start.js';

/** Listens; gives the port, which is a free one for 0. */
export async function listen(http: Server, { port, host }: Start): Promise<number> {
  http.listen(port, host);
  try {
    await once(http, 'listening');
  } catch (cause) {
    throw portError(port, cause);
  }
  return (http.address() as AddressInfo).port;
}

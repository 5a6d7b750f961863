import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Listens where only this machine can reach it; gives the port, which is a free one for 0. */
export async function listen(http: Server, port: number): Promise<number> {
  http.listen(port, '127.0.0.1');
  try {
    await once(http, 'listening');
  } catch (cause) {
    const mend = 'choose another one by PORT, or 0 for a free one';
    throw new Error(`cannot listen on port ${port}: ${mend}`, { cause });
  }
  return (http.address() as AddressInfo).port;
}

import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import type { Http2Server } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { Network } from '../network.js';

/** A server with a network before it that counts. */
export interface Served {
  readonly port: number;
  readonly carried: Network['carried'];
  close(): Promise<void>;
}

/** Has a server listen on a free port of this machine, behind a network. */
export async function serve(server: HttpServer | Http2Server): Promise<Served> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: target } = server.address() as AddressInfo;
  const network = new Network({ target, port: 0, delayMs: 0 });
  await network.listen();
  const close = async (): Promise<void> => {
    await network.close();
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { port: network.port, carried: network.carried, close };
}

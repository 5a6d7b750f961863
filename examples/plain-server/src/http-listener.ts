import type { Server } from '@trunkline/server';
import type { Express } from 'express';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Certificate } from './certificate.js';
import { portError } from './read-start.js';

/** What answers on a port, and how. */
export interface ListenerOptions {
  readonly port: number;
  readonly app: Express;
  /** Is mounted beside the application. */
  readonly server?: Server;
  /** Without one it speaks plain HTTP. */
  readonly certificate?: Certificate;
}

/** Starts an Express application, with Trunkline beside it, on one port; gives what ends it. */
export async function listen(options: ListenerOptions): Promise<() => Promise<void>> {
  const { app, server, certificate, port } = options;
  const tls = certificate && { ...certificate, handshakeTimeout: 10_000 };
  const http = tls ? createHttpsServer(tls, app) : createHttpServer(app);
  const sockets = collectSockets(http);
  if (server !== undefined) {
    Object.assign(http, { maxHeadersCount: 100, headersTimeout: 10_000, requestTimeout: 15_000 });
    server.mount(http, { path: '/trunkline' });
  }
  await started(http, port);
  return async () => {
    const closed = new Promise((resolve) => http.close(resolve));
    // Browsers keep connections open for a next request.
    http.closeAllConnections();
    // Its WebSockets end first, with a reason; it does not matter who else closes it.
    await server?.close();
    // What is left has not said anything, not even what TLS begins with.
    for (const socket of sockets) socket.destroy();
    await closed;
  };
}

function started(http: HttpServer | HttpsServer, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', (cause) => reject(portError(port, cause)));
    http.listen(port, '127.0.0.1', resolve);
  });
}

/** Collects the connections of a server, from before TLS until they are closed. */
function collectSockets(http: HttpServer | HttpsServer): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  http.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}

import type { Server } from '@trunkline/server';
import type { Express } from 'express';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { Certificate } from './certificate.js';

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
  const http = certificate ? createHttpsServer(certificate, app) : createHttpServer(app);
  if (server !== undefined) {
    Object.assign(http, { maxHeadersCount: 100, headersTimeout: 10_000, requestTimeout: 15_000 });
    server.mount(http, { path: '/trunkline' });
  }
  await started(http, port);
  return () => closed(http);
}

function started(http: HttpServer | HttpsServer, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', ({ message }) => {
      reject(new Error(`cannot listen on port ${port}: ${message}; set PORT to another one`));
    });
    http.listen(port, '127.0.0.1', resolve);
  });
}

function closed(http: HttpServer | HttpsServer): Promise<void> {
  return new Promise((resolve) => {
    http.close(() => resolve());
    // Browsers keep connections open for a next request.
    http.closeAllConnections();
  });
}

import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { failuresTo, logTo, type Log } from '@trunkline/observe/pino';
import { Metrics } from '@trunkline/observe/prometheus';
import { createServer, MemoryBroker, type Server } from '@trunkline/server';
import { shopService } from './shop-service.js';

/** A server that is observed, and what else its port answers. */
export interface ShopServer {
  readonly server: Server;
  readonly http: HttpServer;
  readonly port: number;
}

/**
 * Opens the shop: WebSockets under `/trunkline`, and what operators ask for beside. Rejects when the
 * port cannot be had.
 */
export async function openShopServer(log: Log, port: number): Promise<ShopServer> {
  const metrics = new Metrics();
  const observers = [logTo(log, { slowMs: 40 }), metrics];
  const broker = new MemoryBroker();
  const server = createServer({
    broker,
    observers,
    onError: failuresTo(log),
    anonymous: true,
    services: [shopService(broker, observers)],
    leaks: true,
  });
  metrics.watch(server);

  const http = createHttpServer((request, response) => {
    if (request.url === '/metrics') metrics.handler(request, response);
    else if (request.url === '/ready') server.readiness(request, response);
    else response.writeHead(404).end();
  });
  Object.assign(http, { maxHeadersCount: 100, headersTimeout: 10_000, requestTimeout: 15_000 });
  server.mount(http, { path: '/trunkline' });
  http.listen(port, '127.0.0.1');
  await once(http, 'listening').catch((cause: Error) => {
    const mend = 'choose another one by PORT, or 0 for a free one';
    throw new Error(`cannot listen on port ${port}: ${cause.message}; ${mend}`, { cause });
  });
  return { server, http, port: (http.address() as AddressInfo).port };
}

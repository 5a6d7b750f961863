import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { failuresTo, logTo, type Log } from '@trunkline/observe/pino';
import { Metrics } from '@trunkline/observe/prometheus';
import { createServer, MemoryBroker, type Server } from '@trunkline/server';
import { portError, type Start } from './read-start.js';
import { shopService } from './shop-service.js';

const LINKS = `<!doctype html>
<html lang="en">
<title>A server that is observed</title>
<ul>
<li><a href="/metrics">metrics</a>, as Prometheus reads them
<li><a href="/ready">readiness</a>, as a load balancer asks for it
</ul>
`;

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
export async function openShopServer(
  log: Log,
  start: Pick<Start, 'port' | 'host'>,
): Promise<ShopServer> {
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
    else answerRest(request, response);
  });
  Object.assign(http, { maxHeadersCount: 100, headersTimeout: 10_000, requestTimeout: 15_000 });
  server.mount(http, { path: '/trunkline' });
  http.listen(start.port, start.host);
  await once(http, 'listening').catch((cause: unknown) => {
    throw portError(start.port, cause);
  });
  return { server, http, port: (http.address() as AddressInfo).port };
}

function answerRest(request: IncomingMessage, response: ServerResponse): void {
  if (request.url === '/') {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(LINKS);
  } else response.writeHead(404).end('only /, /metrics and /ready are here\n');
}

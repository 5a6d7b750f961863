import { connect, type Client, type ClientOptions } from '@trunkline/client';
import type { ContractShape } from '@trunkline/protocol';
import {
  createServer,
  type Server,
  type ServerFailure,
  type ServerOptions,
} from '@trunkline/server';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import {
  connect as connectTcp,
  createServer as createRelay,
  type AddressInfo,
  type Socket,
} from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { expect } from 'vitest';
import { createCertificate } from '../../examples/plain-server/src/certificate.js';
import { findFreePorts } from '../../examples/plain-server/src/free-ports.js';
import { fillSite, startNginx, type Nginx } from '../../examples/plain-server/src/nginx.js';
import { findProgram } from '../../examples/plain-server/src/system-program.js';
import { NOTHING_OPEN } from './nothing-open.js';

/** What a suite behind nginx needs and this machine does not have. */
export const MISSING_PROGRAMS: readonly string[] = ['nginx', 'openssl'].filter(
  (name) => findProgram(name) === undefined,
);

/** The site that the guide shows. */
export const NGINX_SITE = new URL('../../examples/plain-server/nginx/site.conf', import.meta.url);

/** What a suite varies. */
export interface FrontOptions {
  readonly server: Omit<ServerOptions, 'onError'>;
  /** Changes the site; it is as the guide shows it when left out. */
  readonly edit?: (site: string) => string;
  /** Headers that the client sends beside its own; `{origin}` stands for the front's own origin. */
  readonly headers?: readonly string[];
}

/** An nginx with a Trunkline server behind it, and the way of a client to it. */
export interface Front extends AsyncDisposable {
  /** Where the application answers; a WebSocket comes by `connect`. */
  readonly url: string;
  readonly server: Server;
  /** What the server's `onError` was told. */
  readonly failures: readonly ServerFailure[];
  readonly nginx: Nginx;
  /** Where nginx itself listens, with a certificate of an unknown authority. */
  readonly secureUrl: string;
  /** Connects a client, through the relay if not said otherwise; it is closed with the front. */
  connect<Contracts extends Record<string, ContractShape>>(
    options: ClientOptions<{}, Contracts>,
    url?: string,
  ): Client<{}, Contracts>;
  /** Resolves when the next bytes come from nginx to a client. */
  heard(): Promise<void>;
}

/** Where clients come from; not where nginx and the server are. */
export const CLIENT_ADDRESS = '127.0.0.7';

/** Starts a server, an nginx before it with TLS, and a relay to it that adds headers. */
export async function openFront({ server: options, edit, headers }: FrontOptions): Promise<Front> {
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-nginx-'));
  const certificate = await createCertificate(join(folder, 'tls'));
  const failures: ServerFailure[] = [];
  const server = createServer({ ...options, onError: (failure) => failures.push(failure) });
  const http = await startHttp(server);
  const [port] = (await findFreePorts(1)) as [number];
  const values = { ...certificate, port, upstream: portOf(http) };
  const site = fillSite(await readFile(NGINX_SITE, 'utf8'), values);
  const nginx = await startNginx({ folder: join(folder, 'nginx'), site: edit?.(site) ?? site });
  const authority = await readFile(certificate.authorityFile, 'utf8');
  const road = await startRoad({ port, authority, headers: headers ?? [] });
  const clients: { close(): void }[] = [];
  return {
    url: `http://localhost:${road.port}`,
    server,
    failures,
    nginx,
    secureUrl: `wss://localhost:${port}/trunkline`,
    connect: (clientOptions, url = `ws://localhost:${road.port}/trunkline`) => {
      const client = connect(url, clientOptions);
      clients.push(client);
      return client;
    },
    heard: road.heard,
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      await road.close();
      await nginx.stop();
      await server.close();
      await new Promise((resolve) => http.close(resolve));
      await rm(folder, { recursive: true });
      expect(server.counts).toEqual(NOTHING_OPEN);
    },
  };
}

async function startHttp(server: Server): Promise<HttpServer> {
  const http = createHttpServer((request, response) => {
    response.statusCode = request.url === '/hello' ? 200 : 404;
    response.end('of the application');
  });
  Object.assign(http, { maxHeadersCount: 100, headersTimeout: 10_000, requestTimeout: 15_000 });
  server.mount(http, { path: '/trunkline' });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return http;
}

interface Road {
  readonly port: number;
  readonly heard: () => Promise<void>;
  close(): Promise<void>;
}

/** A client on Node cannot be given an authority or headers, so what it sends gets them here. */
async function startRoad(options: {
  readonly port: number;
  readonly authority: string;
  readonly headers: readonly string[];
}): Promise<Road> {
  const { port, authority: ca, headers } = options;
  const sockets = new Set<Socket>();
  const listeners: (() => void)[] = [];
  const relay = createRelay((near) => {
    const socket = connectTcp({ host: '127.0.0.1', port, localAddress: CLIENT_ADDRESS });
    const far = connectTls({ socket, servername: 'localhost', ca });
    for (const end of [near, far]) {
      sockets.add(end);
      end.on('error', () => end.destroy());
      end.on('close', () => {
        sockets.delete(end);
        near.destroy();
        far.destroy();
      });
    }
    near.once('data', (request: Buffer) => {
      far.write(withHeaders(request.toString('latin1'), headers), 'latin1');
      near.pipe(far).pipe(near);
    });
    far.on('data', () => {
      for (const listener of listeners.splice(0)) listener();
    });
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  return {
    port: portOf(relay),
    heard: () => new Promise((resolve) => listeners.push(resolve)),
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => relay.close(() => resolve()));
    },
  };
}

/** Puts headers behind the first line of a request. */
function withHeaders(request: string, headers: readonly string[]): string {
  const [, host = ''] = /^host: (.*)$/im.exec(request) ?? [];
  const lines = headers.map((header) => `${header.replace('{origin}', `https://${host}`)}\r\n`);
  return request.replace('\r\n', `\r\n${lines.join('')}`);
}

function portOf(server: { address(): AddressInfo | string | null }): number {
  return (server.address() as AddressInfo).port;
}

import {
  createServer,
  maxHeaderSize,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ServerLimits } from '../limits/limits.js';
import type { RequestHandler } from './readiness.js';

/** Key and certificate of a server, in PEM. */
export interface TlsIdentity {
  readonly key: string | Buffer;
  readonly cert: string | Buffer;
}

/** Where a server listens. */
export interface ListenOptions {
  /** 0 for a free one. */
  readonly port: number;
  readonly host?: string | undefined;
  /** Path of the upgrades; any when it is left out. */
  readonly path?: string | undefined;
  /** Path at which GET says whether new sessions are taken: 200 or 503; none unless given. */
  readonly readyPath?: string | undefined;
  readonly tls?: TlsIdentity | undefined;
}

/** Where a server can be reached. */
export interface ListenAddress {
  readonly port: number;
  /** The address that it is bound to. */
  readonly host: string;
  readonly url: string;
}

/** What Node lets through unless told otherwise. */
const NODE_HEADER_COUNT = 2_000;

const PLAIN_ANSWER = 'a WebSocket is served here\n';

/**
 * Gives what answers requests that are no upgrades: those for one path by a handler, others with 426.
 * Throws a TypeError for a path that cannot match.
 */
export function answerOf(
  path: string | undefined,
  handler: RequestHandler | undefined,
): RequestHandler {
  if (path === undefined || handler === undefined) return serverOnRequest;
  if (!path.startsWith('/') || /[?#]/.test(path)) {
    throw new TypeError(`option "readyPath" must be a path as "/ready", not "${path}"`);
  }
  return (request, response) => {
    const isOurs = request.url === path || request.url?.startsWith(`${path}?`) === true;
    if (isOurs) handler(request, response);
    else serverOnRequest(request, response);
  };
}

/** Makes an HTTP server with our limits; unless told otherwise it answers non-upgrades with 426. */
export function createHttpServer(
  limits: ServerLimits,
  tls: TlsIdentity | undefined,
  answer: RequestHandler = serverOnRequest,
): Server | SecureServer {
  const { requestMs: requestTimeout, headersMs, headerCount } = limits;
  const options = {
    maxHeaderSize: limits.headerBytes,
    // Node throws when a part may take longer than the whole.
    headersTimeout: Math.min(headersMs, requestTimeout),
    requestTimeout,
    connectionsCheckingInterval: limits.httpCheckMs,
  };
  const server =
    tls === undefined
      ? createServer(options, answer)
      : createSecureServer({ ...options, ...tls, handshakeTimeout: headersMs }, answer);
  server.maxHeadersCount = headerCount;
  // Room for everybody, and for as many again who have not asked for an upgrade yet.
  server.maxConnections = limits.sockets + limits.socketsPending;
  return server;
}

/** Starts to listen. Rejects, and says where, when it cannot or when it is closed meanwhile. */
export async function startListening(
  server: Server | SecureServer,
  options: ListenOptions,
): Promise<ListenAddress> {
  const { port, host } = options;
  try {
    await new Promise<void>((resolve, reject) => {
      server.on('error', reject);
      server.once('close', () => {
        // A name that is still being looked up would be listened on afterwards.
        server.on('listening', () => server.close());
        reject(new Error('it was closed meanwhile'));
      });
      server.listen({ port, ...(host === undefined ? {} : { host }) }, resolve);
    });
  } catch (error) {
    const where = host === undefined ? `port ${port}` : `port ${port} of "${host}"`;
    throw new Error(`cannot listen on ${where}: ${reasonOf(error)}`, { cause: error });
  }
  return addressOf(server.address() as AddressInfo, options);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isTaken = 'code' in error && error.code === 'EADDRINUSE';
  return isTaken ? `${error.message}; choose another port, or 0 for a free one` : error.message;
}

function addressOf(bound: AddressInfo, { host, path, tls }: ListenOptions): ListenAddress {
  const { address, port } = bound;
  const isAny = address === '::' || address === '0.0.0.0';
  const name = isAny ? 'localhost' : (host ?? address);
  const authority = `${name.includes(':') ? `[${name}]` : name}:${port}`;
  const scheme = tls === undefined ? 'ws' : 'wss';
  return { port, host: address, url: `${scheme}://${authority}${path ?? ''}` };
}

/** Lists what an HTTP server of somebody else allows beyond our limits, for people to read. */
export function listLooserLimits(server: Server | SecureServer, limits: ServerLimits): string[] {
  const { maxHeaderSize: headerBytes = maxHeaderSize } = server as { maxHeaderSize?: number };
  const settings: [name: string, value: number, limit: HttpLimit][] = [
    ['maxHeaderSize', headerBytes, 'headerBytes'],
    ['maxHeadersCount', server.maxHeadersCount ?? NODE_HEADER_COUNT, 'headerCount'],
    ['headersTimeout', server.headersTimeout, 'headersMs'],
    ['requestTimeout', server.requestTimeout, 'requestMs'],
  ];
  return settings
    .filter(([, value, limit]) => value === 0 || value > limits[limit])
    .map(([name, value, limit]) => `${name} is ${value} (limit ${limit}: ${limits[limit]})`);
}

type HttpLimit = 'headerBytes' | 'headerCount' | 'headersMs' | 'requestMs';

function serverOnRequest(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(426, {
    connection: 'upgrade, close',
    upgrade: 'websocket',
    'content-type': 'text/plain',
    'content-length': PLAIN_ANSWER.length,
  });
  response.end(PLAIN_ANSWER);
}

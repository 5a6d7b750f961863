import { STATUS_CODES, createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { SUBPROTOCOLS, type Runtime } from '@trunkline/protocol';
import { dialWebSocket, WebSocketAcceptor, type Upgrade, type WebSocket } from '../websocket.js';
import { failureReason, refusalReason } from './refusal-reason.js';
import type { Direction } from './session-names.js';

/** What a relay tells of each connection. None of these throws. */
export interface RelaySink {
  opened(connection: number, about: { readonly url: string; readonly subprotocol: string }): void;
  /** The server did not open it, or the client's request was not a good one. */
  refused(connection: number, reason: string): void;
  passed(connection: number, passed: Passed): void;
  /** Comes once. */
  closed(connection: number, closed: PassedClose): void;
}

/** A WebSocket message that was passed on. */
export interface Passed {
  readonly direction: Direction;
  readonly bytes: Uint8Array;
  readonly isBinary: boolean;
}

/** An end that was passed on. */
export interface PassedClose {
  readonly direction: Direction;
  readonly code: number;
  readonly reason: string;
}

/** What a relay is made of. */
export interface RelayOptions {
  /** Where connections are passed on to. */
  readonly target: URL;
  /** Leaves packed payloads among what is offered. */
  readonly packed: boolean;
  readonly insecure: boolean;
  readonly runtime: Runtime;
  readonly sink: RelaySink;
}

const OPEN_MS = 10_000;
/** More than this waits for a reader that is too slow: then its writer waits too. */
const FULL_BYTES = 1_048_576;
const MAX_ANSWER_BYTES = 65_536;
const CUT = 1006;

/** Headers that are of one connection alone, or that WebSocket itself writes. */
const OWN_HEADERS =
  /^(host|connection|upgrade|origin|content-length|transfer-encoding|keep-alive|te|trailer|sec-websocket-.*|proxy-.*)$/;

/** Passes WebSocket connections on, unchanged, and tells what passes. */
export class Relay {
  readonly #options: RelayOptions;
  readonly #server: Server;
  readonly #acceptor = new WebSocketAcceptor();
  readonly #open = new Set<{ terminate(): void }>();
  #connections = 0;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#server = createServer((_request, response) => {
      response.writeHead(426, { connection: 'upgrade, close', upgrade: 'websocket' });
      response.end('trunkline tap passes on WebSockets here\n');
    });
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#serverOnUpgrade({ request, socket, head });
    });
  }

  /** Listens on this machine alone, and gives the port. Rejects when the port cannot be had. */
  async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port, host: 'localhost' }, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends all connections and stops listening. */
  async close(): Promise<void> {
    for (const socket of this.#open) socket.terminate();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  #serverOnUpgrade(upgrade: Upgrade): void {
    const { request, socket } = upgrade;
    const connection = ++this.#connections;
    const { sink } = this.#options;
    const url = this.#urlFor(request);
    // A client that goes away is noticed by the end of its socket.
    socket.on('error', () => undefined);
    const far = this.#dial(url, request);
    if (far instanceof Error) {
      sink.refused(connection, far.message);
      return answer(socket, 400, far.message);
    }
    this.#open.add(far);
    far.once('close', () => this.#open.delete(far));
    const leave = (): void => far.terminate();
    socket.once('close', leave);
    let isRefused = false;
    const refuse = (status: number, reason: string, body = reason): void => {
      if (isRefused) return;
      isRefused = true;
      sink.refused(connection, reason);
      answer(socket, status, body);
    };
    far.once('unexpected-response', (_request, response) => {
      void bodyOf(response).then((body) => {
        const status = response.statusCode ?? 502;
        refuse(status, refusalReason(status, body, url), body);
        far.terminate();
      });
    });
    far.once('error', (error) => refuse(502, failureReason(error, url)));
    far.once('open', () => {
      socket.off('close', leave);
      far.removeAllListeners('error');
      this.#acceptor.accept(upgrade, far.protocol, (near) => {
        sink.opened(connection, { url, subprotocol: far.protocol });
        this.#join(connection, near, far);
      });
      if (far.listenerCount('message') === 0) {
        refuse(400, 'the request of the client is no good upgrade');
        far.terminate();
      }
    });
  }

  #dial(url: string, request: IncomingMessage): WebSocket | Error {
    const headers = Object.entries(request.headers).flatMap(([name, value]) =>
      typeof value === 'string' && !OWN_HEADERS.test(name) ? [[name, value] as const] : [],
    );
    try {
      return dialWebSocket(url, this.#offer(request), {
        headers: Object.fromEntries(headers),
        origin: request.headers.origin,
        insecure: this.#options.insecure,
        openMs: OPEN_MS,
        autoPong: false,
      });
    } catch (error) {
      return error as Error;
    }
  }

  /** What the client offers, without packed payloads where it offers anything else. */
  #offer({ headers }: IncomingMessage): string[] {
    const header = headers['sec-websocket-protocol'] ?? '';
    const offered = header === '' ? [] : header.split(',').map((name) => name.trim());
    if (this.#options.packed) return offered;
    const readable = offered.filter((name) => name !== SUBPROTOCOLS.packed);
    return readable.includes(SUBPROTOCOLS.superjson) ? readable : offered;
  }

  /** A path of its own goes to the same path of the target's host, and none to the target itself. */
  #urlFor({ url = '/' }: IncomingMessage): string {
    const { target } = this.#options;
    if (url === '/') return target.href;
    const asked = new URL(target);
    const [path = '/', query = ''] = url.split('?', 2);
    asked.pathname = path;
    asked.search = query;
    return asked.href;
  }

  #join(connection: number, near: WebSocket, far: WebSocket): void {
    this.#open.add(near);
    near.once('close', () => this.#open.delete(near));
    let isClosed = false;
    const closed = (close: PassedClose): void => {
      if (isClosed) return;
      isClosed = true;
      this.#options.sink.closed(connection, close);
    };
    const ends = { near, far, connection, closed };
    this.#pass('up', ends);
    this.#pass('down', ends);
  }

  #pass(direction: Direction, ends: Ends): void {
    const { connection, closed } = ends;
    const [from, to] = direction === 'up' ? [ends.near, ends.far] : [ends.far, ends.near];
    const written = (): void => {
      if (from.isPaused && to.bufferedAmount < FULL_BYTES) from.resume();
    };
    const waitForReader = (): void => {
      if (to.bufferedAmount >= FULL_BYTES) from.pause();
    };
    from.on('message', (data, isBinary) => {
      const bytes = data as Buffer;
      to.send(bytes, { binary: isBinary }, written);
      waitForReader();
      this.#options.sink.passed(connection, { direction, bytes, isBinary });
    });
    from.on('ping', (data) => {
      to.ping(data, undefined, written);
      waitForReader();
    });
    from.on('pong', (data) => {
      to.pong(data, undefined, written);
      waitForReader();
    });
    // What is wrong with a frame is told by the close that follows.
    from.on('error', () => undefined);
    from.on('close', (code, reason) => {
      closed({ direction, code, reason: reason.toString() });
      to.resume();
      pass(to, code, reason);
    });
  }
}

interface Ends {
  readonly near: WebSocket;
  readonly far: WebSocket;
  readonly connection: number;
  readonly closed: (close: PassedClose) => void;
}

/** Ends the other side as this one was ended. */
function pass(to: WebSocket, code: number, reason: Buffer): void {
  if (code === CUT) return to.terminate();
  if (code === 1005) return to.close();
  try {
    to.close(code, reason);
  } catch {
    // A code that may not be sent.
    to.terminate();
  }
}

function answer(socket: Duplex, status: number, body: string): void {
  if (socket.destroyed) return;
  const text = `${body}\n`;
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nconnection: close\r\n` +
      `content-type: text/plain\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  let text = '';
  try {
    for await (const piece of response) {
      text += String(piece);
      if (text.length > MAX_ANSWER_BYTES) break;
    }
  } catch {
    // What has come is enough.
  }
  return text.trim();
}

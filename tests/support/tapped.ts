import { connect, type Client } from '@trunkline/client';
import { SUBPROTOCOLS } from '@trunkline/protocol';
import { createServer, type Server, type ServerOptions } from '@trunkline/server';
import type { AddressInfo } from 'node:net';
import { assert } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { chatService } from './chat-service.js';
import { chat } from './chat.js';
import { NOTHING_OPEN } from './nothing-open.js';
import { startTap, ToolTerminal } from './tool-terminal.js';

/** What clients of a tapped server send as their token. */
export const TOKEN = 'a-token-that-nobody-sees';

/** A server on a port, and a tap before it. */
export class Tapped implements AsyncDisposable {
  readonly #clients: Client<{}, { chat: typeof chat }>[] = [];

  private constructor(
    readonly server: Server,
    readonly terminal: ToolTerminal,
    readonly url: string,
  ) {}

  static async open(
    flags: readonly string[] = [],
    options: Partial<ServerOptions> = {},
    terminal = new ToolTerminal(),
  ): Promise<Tapped> {
    const server = createServer({
      services: [chatService()],
      authenticate: () => ({ principal: 'ada', user: undefined }),
      onError: () => undefined,
      ...options,
    });
    const { port } = await server.listen({ port: 0, host: 'localhost', path: '/trunkline' });
    const url = await startTap(terminal, `ws://localhost:${port}/trunkline`, ...flags);
    return new Tapped(server, terminal, url);
  }

  connect(url = this.url) {
    const client = connect(url, {
      contracts: { chat },
      auth: () => TOKEN,
      reconnect: { minMs: 1, maxMs: 20 },
    });
    this.#clients.push(client);
    return client;
  }

  /** Lines of one kind, without the time. */
  of(kind: string): string[] {
    return this.terminal.lines
      .filter((line) => line.split(/ +/)[3] === kind)
      .map((line) => line.slice(13).trim());
  }

  async [Symbol.asyncDispose]() {
    for (const client of this.#clients) client.close();
    const code = await this.terminal.stop();
    await this.server.close();
    assert.deepEqual({ code, ...this.server.counts }, { code: 0, ...NOTHING_OPEN });
  }
}

/** A WebSocket server that sends back what it gets, whatever it is. */
export class RawServer implements AsyncDisposable {
  readonly url: string;
  readonly lastClose: Promise<{ code: number; reason: string }>;
  /** The first connection. */
  readonly accepted: Promise<WebSocket>;
  readonly #server: WebSocketServer;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    this.accepted = new Promise((resolve) => server.once('connection', resolve));
    this.url = `ws://localhost:${(server.address() as AddressInfo).port}/`;
    this.lastClose = new Promise((resolve) => {
      server.on('connection', (socket) => {
        socket.on('message', (data, isBinary) => socket.send(data as Buffer, { binary: isBinary }));
        socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
      });
    });
  }

  static async start(): Promise<RawServer> {
    const handleProtocols = (): string => SUBPROTOCOLS.superjson;
    const server = new WebSocketServer({ port: 0, host: 'localhost', handleProtocols });
    await new Promise((resolve) => server.once('listening', resolve));
    return new RawServer(server);
  }

  async [Symbol.asyncDispose]() {
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

import { CLOSE_CODES, negotiate, type Transport } from '@trunkline/protocol';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { ScriptedConnection, welcome } from './scripted-server.js';

/** What a test does with each connection that opens. */
export interface SocketServerOptions {
  /** Answers an HTTP status instead of the upgrade. */
  readonly refuseWith?: number;
  readonly connected?: (connection: ScriptedConnection, socket: WebSocket) => void;
}

/** A server on a real port whose answers a test writes by hand. */
export class SocketServer {
  readonly connections: ScriptedConnection[] = [];
  readonly requests: IncomingMessage[] = [];
  readonly #http: Server = createServer();
  readonly #sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    handleProtocols: (names) => {
      const negotiated = negotiate([...names].join(','));
      return negotiated.outcome === 'refuse' ? false : negotiated.name;
    },
  });

  constructor({ refuseWith, connected }: SocketServerOptions = {}) {
    this.#http.on('upgrade', (request: IncomingMessage, socket, head: Buffer) => {
      this.requests.push(request);
      if (refuseWith !== undefined) {
        socket.end(`HTTP/1.1 ${refuseWith} No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
        const connection = new ScriptedConnection(transportOf(webSocket), webSocket.protocol);
        this.connections.push(connection);
        webSocket.on('error', () => {});
        webSocket.on('message', (data: Buffer) => {
          connection.receive(new Uint8Array(data));
          if (connection.batches.length === 1) connection.send(welcome());
        });
        webSocket.on('close', (code, reason) => {
          connection.closed({ code, reason: reason.toString() });
        });
        connected?.(connection, webSocket);
      });
    });
  }

  /** Listens on a free port and gives the address. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#http.listen(0, '127.0.0.1', resolve));
    return `ws://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }
}

function transportOf(socket: WebSocket): Transport {
  return {
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    write: (batches) => batches.forEach((batch) => socket.send(batch)),
    close: ({ code, reason }) => socket.close(CLOSE_CODES[code].code, reason),
    abort: () => socket.terminate(),
  };
}

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { StrangeWay } from './case.js';

/** How one upgrade is answered. */
interface Answer {
  /** The subprotocol; `false` for none. */
  readonly name: string | false;
  readonly greet: (peer: WebSocket) => void;
}

const NAME = 'trunkline.v1.superjson';
const nothing = (): void => {};

const ANSWERS: Record<Exclude<StrangeWay, 'no-answer' | 'not-found'>, Answer> = {
  'no-name': { name: false, greet: nothing },
  'other-name': { name: 'chat', greet: nothing },
  'other-version': {
    name: 'trunkline',
    greet: (peer) => peer.close(4406, 'trunkline.v9.superjson'),
  },
  silent: { name: NAME, greet: nothing },
  text: { name: NAME, greet: (peer) => peer.send('hello') },
  garbage: { name: NAME, greet: (peer) => peer.send(new Uint8Array([255, 1, 2, 3])) },
};

/** Answers upgrades as the path of the request says, and as no server of ours does. */
export class StrangeUpgrades {
  readonly #sockets = new Set<Duplex>();
  readonly #server = new WebSocketServer({
    noServer: true,
    handleProtocols: (_names, request) => answerOf(request)?.name ?? false,
  });

  /** Takes over the socket of an upgrade. */
  answer(request: IncomingMessage, socket: Duplex): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
    const answer = answerOf(request);
    if (answer !== undefined) {
      this.#server.handleUpgrade(request, socket, Buffer.alloc(0), answer.greet);
    } else if (wayOf(request) === 'no-answer') {
      socket.resume();
    } else {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    }
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

function wayOf({ url = '' }: IncomingMessage): string {
  return url.slice(1);
}

function answerOf(request: IncomingMessage): Answer | undefined {
  return new Map<string, Answer>(Object.entries(ANSWERS)).get(wayOf(request));
}

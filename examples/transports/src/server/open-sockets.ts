import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** All connections of a server, whatever has become of them: upgraded, refused or silent. */
export class OpenSockets {
  readonly #sockets = new Set<Socket>();

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      // Node takes its own listener away at an upgrade, and an error without one ends the process.
      socket.on('error', () => socket.destroy());
    });
  }

  /** Ends them at once. */
  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

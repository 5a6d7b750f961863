import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { portError } from './read-start.js';

/** How a network is, and where it leads. */
export interface NetworkOptions {
  /** The port of the server behind it. */
  readonly target: number;
  /** The port at which it is entered; a free one if it is 0. */
  readonly port: number;
  /** How long bytes are on their way, in each direction. */
  readonly delayMs: number;
}

/** A stretch of network between readers and a server, which can be away for a while. */
export class Network {
  /** Bytes that have come in from the readers, and from the server. */
  readonly carried = { up: 0, down: 0 };
  readonly #options: NetworkOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #isAway = false;

  constructor(options: NetworkOptions) {
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => this.#take(near));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const { port } = this.#options;
      this.#server.once('error', (cause) => {
        reject(portError(port, cause));
      });
      this.#server.listen(port, '127.0.0.1', resolve);
    });
  }

  /** Ends all connections at once, loses what is on its way, and lets nobody in for a while. */
  cut(ms: number): void {
    this.#isAway = true;
    this.#reset();
    this.#later(ms, () => (this.#isAway = false));
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#reset();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(near: Socket): void {
    if (this.#isAway) return void near.resetAndDestroy();
    const far = connect({
      port: this.#options.target,
      host: '127.0.0.1',
      allowHalfOpen: true,
      noDelay: true,
    });
    this.#carry(near, { to: far, direction: 'up' });
    this.#carry(far, { to: near, direction: 'down' });
  }

  #carry(from: Socket, { to, direction }: { to: Socket; direction: 'up' | 'down' }): void {
    this.#sockets.add(from);
    from.on('data', (bytes: Buffer) => {
      this.carried[direction] += bytes.length;
      this.#later(this.#options.delayMs, () => void (to.destroyed || to.write(bytes)));
    });
    from.on('end', () => this.#later(this.#options.delayMs, () => to.end()));
    from.on('error', () => from.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      // Bytes may still be on their way behind a proper end; a reset overtakes them.
      if (!from.readableEnded) to.destroy();
    });
  }

  #later(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.add(timer);
  }

  #reset(): void {
    for (const socket of this.#sockets) {
      // Node cannot reset a socket that is just ending.
      if (socket.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
    }
  }
}

import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A stretch of real network that a test can cut. */
export interface Relay {
  readonly port: number;
  /** Ends all connections by RST, and takes none until `restore`. */
  cut(): void;
  restore(): void;
  /** Lets the connections that are open lead nowhere, and tells nobody; new ones work. */
  swallow(): void;
  close(): Promise<void>;
}

/** Starts a relay to a port of this machine. */
export async function startRelay(targetPort: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  const track = (socket: Socket): void => {
    sockets.add(socket);
    // Small writes would wait for what the other side acknowledges late.
    socket.setNoDelay();
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  };
  let isDown = false;
  const server = createServer((near) => {
    if (isDown) return void near.destroy();
    const far = connect(targetPort, '127.0.0.1');
    track(near);
    track(far);
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    isDown = true;
    for (const socket of sockets) {
      // Node cannot reset a socket that is just ending, and its process would then hang at its end.
      if (socket.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
    }
  };
  const swallow = (): void => {
    for (const socket of sockets) {
      socket.unpipe();
      socket.resume();
    }
  };
  return {
    swallow,
    port: (server.address() as AddressInfo).port,
    cut,
    restore: () => void (isDown = false),
    close: () => {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

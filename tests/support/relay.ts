import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A stretch of real network that a test can cut. */
export interface Relay extends AsyncDisposable {
  readonly port: number;
  /** Ends all connections by RST, and takes none until `restore`. */
  cut(): void;
  restore(): void;
  /** Leads new connections to another port. */
  leadTo(port: number): void;
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
  let target = targetPort;
  const server = createServer((near) => {
    if (isDown) return void near.destroy();
    const far = connect(target, '127.0.0.1');
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
  const close = (): Promise<void> => {
    cut();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return {
    swallow,
    port: (server.address() as AddressInfo).port,
    cut,
    restore: () => void (isDown = false),
    leadTo: (port) => void (target = port),
    close,
    [Symbol.asyncDispose]: close,
  };
}

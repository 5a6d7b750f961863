import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A stretch of network that tells what passes. */
export interface ByteWatch {
  readonly port: number;
  close(): void;
}

/** Starts a relay to a port of this machine that tells who sends how many bytes. */
export async function watchBytes(
  targetPort: number,
  tell: (from: 'client' | 'server', bytes: number) => void,
): Promise<ByteWatch> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(targetPort, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    near.on('data', (data) => tell('client', data.length));
    far.on('data', (data) => tell('server', data.length));
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: (server.address() as AddressInfo).port, close };
}

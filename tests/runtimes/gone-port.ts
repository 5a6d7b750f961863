import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';

/** A port on which nobody listens, and nobody else can. */
export interface GonePort {
  readonly port: number;
  close(): Promise<void>;
}

/** Takes a port away: it is the near end of a connection, so connecting to it is refused. */
export async function takeGonePort(): Promise<GonePort> {
  const server = createServer((far) => far.resume());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(near, 'connect');
  return {
    port: near.localPort as number,
    close: async () => {
      near.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

import { once } from 'node:events';

/**
 * Opens a `ws` server on a free loopback port, for the targets that stand on one.
 *
 * `close` cuts the connections that are still open.
 * @param {import('ws').ServerOptions} [options]
 */
export async function openWsServer(options) {
  const { WebSocketServer } = await import('ws');
  const server = new WebSocketServer({ ...options, port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const close = () => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  };
  return { server, port: server.address().port, close };
}

/**
 * Opens a `ws` client to a loopback port; resolves when the connection is open.
 * @param {number} port
 * @param {import('ws').ClientOptions} [options]
 */
export async function openWsClient(port, options) {
  const { WebSocket } = await import('ws');
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, options);
  await once(socket, 'open');
  return socket;
}

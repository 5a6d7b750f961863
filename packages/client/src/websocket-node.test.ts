import { expect, onTestFinished, test } from 'vitest';
import { ChatClient } from '../tests/chat-service.js';
import { SocketServer, type SocketServerOptions } from '../tests/socket-server.js';
import { connect } from './index.js';

async function startServer(options?: SocketServerOptions): Promise<[SocketServer, string]> {
  const server = new SocketServer(options);
  onTestFinished(() => server.close());
  return [server, await server.listen()];
}

function connectTo(url: string) {
  const client = connect(url, { services: { chat: ChatClient } });
  onTestFinished(() => client.close());
  return client;
}

test('calls over a real socket', async () => {
  const [server, url] = await startServer({
    connected: (connection) => {
      const receive = connection.receive.bind(connection);
      connection.receive = (bytes) => {
        receive(bytes);
        for (const { id } of connection.all('CALL').slice(-1)) connection.result(id, new Date(7));
      };
    },
  });
  const client = connectTo(url);
  await expect(client.chat.post({ text: 'hello' })).resolves.toEqual(new Date(7));
  expect(server.connections[0]?.subprotocol).toBe('trunkline.v1.superjson');
  expect(server.requests[0]?.headers['sec-websocket-extensions']).toBeUndefined();
});

import { openWsClient, openWsServer } from '../harness/open-ws.mjs';

/**
 * `ws` sending back the bytes it got, unread: the floor under everything that writes per message.
 * @type {import('../harness/catalog.mjs').Target}
 */
export const target = {
  label: 'ws echo, no parse',
  echoes: true,

  async startServer() {
    const { server, port, close } = await openWsServer();
    server.on('connection', (socket) => {
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    });
    return { port, close };
  },

  async connectClient(port, { name }) {
    const socket = await openWsClient(port);
    const waiting = new Map();
    let sentCount = 0;
    let echoedCount = 0;
    socket.on('message', (data) => {
      // An echo keeps the order, so this is the answer to the oldest call.
      echoedCount += 1;
      const { sent, resolve, reject } = waiting.get(echoedCount);
      waiting.delete(echoedCount);
      if (sent.equals(data)) resolve(data);
      else reject(new Error('the echo differs from the bytes that were sent'));
    });
    return {
      call: (params) =>
        new Promise((resolve, reject) => {
          sentCount += 1;
          // The base's request, so that both carry the same number of bytes up.
          const sent = Buffer.from(JSON.stringify({ id: sentCount, method: name, params }));
          waiting.set(sentCount, { sent, resolve, reject });
          socket.send(sent, { binary: false });
        }),
      close: () => socket.close(),
    };
  },
};

import { once } from 'node:events';

/**
 * Socket.IO with acknowledgements, WebSocket transport only, zod called by hand.
 * @type {import('../harness/catalog.mjs').Target}
 */
export const target = {
  label: 'Socket.IO + zod',

  async startServer(procedure) {
    const { createServer } = await import('node:http');
    const { Server } = await import('socket.io');
    const http = createServer();
    const io = new Server(http, { transports: ['websocket'], serveClient: false });
    io.on('connection', (socket) => {
      socket.on(procedure.name, (input, acknowledge) => void answer(procedure, input, acknowledge));
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    return { port: http.address().port, close: () => io.close() };
  },

  async connectClient(port, { name }) {
    const { io } = await import('socket.io-client');
    const socket = io(`ws://127.0.0.1:${port}`, { transports: ['websocket'], forceNew: true });
    await once(socket, 'connect');
    return {
      async call(input) {
        const reply = await socket.emitWithAck(name, input);
        if (reply.error !== undefined) throw new Error(reply.error);
        return reply;
      },
      close: () => socket.disconnect(),
    };
  },
};

async function answer({ input, output, handle }, params, acknowledge) {
  const parsed = input.safeParse(params);
  if (!parsed.success) return acknowledge({ error: 'INVALID_INPUT' });
  try {
    acknowledge(output.parse(await handle(parsed.data)));
  } catch {
    acknowledge({ error: 'INTERNAL' });
  }
}

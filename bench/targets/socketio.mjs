import { once } from 'node:events';
import { createPace, nextTurn } from '../harness/keep-turns.mjs';

/**
 * Socket.IO with acknowledgements and rooms, WebSocket transport only, zod called by hand.
 * @type {import('../harness/catalog.mjs').Target}
 */
export const target = {
  label: 'Socket.IO + zod',
  carriesBytes: true,

  async startServer({ member, limits }) {
    const { createServer } = await import('node:http');
    const { Server } = await import('socket.io');
    const http = createServer();
    const options = { transports: ['websocket'], serveClient: false, ...limits?.socketio };
    const io = new Server(http, options);
    io.on('connection', (socket) => {
      socket.on(member.name, (input, acknowledge) => {
        void serve[member.kind]({ member, socket, input, acknowledge });
      });
    });
    http.listen({ port: 0, host: '127.0.0.1' });
    await once(http, 'listening');
    const publish = (message) => io.to(member.name).emit('message', member.message.parse(message));
    return { port: http.address().port, close: () => io.close(), publish };
  },

  async connectClient(port, { member }) {
    const { io } = await import('socket.io-client');
    const socket = io(`ws://127.0.0.1:${port}`, { transports: ['websocket'], forceNew: true });
    await once(socket, 'connect');
    const call = async (input) => {
      const reply = await socket.emitWithAck(member.name, input);
      if (reply.error !== undefined) throw new Error(reply.error);
      return reply;
    };
    return {
      call,
      read: async (input, onItem) => {
        socket.on('item', onItem);
        await call(input);
        socket.off('item', onItem);
      },
      subscribe: async (onMessage) => {
        socket.on('message', onMessage);
        await call({});
        // A connection of its own is in no room: the application has to ask again.
        socket.on('connect', () => void call({}));
      },
      close: () => socket.disconnect(),
    };
  },
};

const serve = {
  async call({ member: { input: schema, output, handle }, input, acknowledge }) {
    const parsed = schema.safeParse(input);
    if (!parsed.success) return acknowledge({ error: 'INVALID_INPUT' });
    try {
      acknowledge(output.parse(await handle(parsed.data)));
    } catch {
      acknowledge({ error: 'INTERNAL' });
    }
  },

  async stream({ member: { input: schema, item, produce }, socket, input, acknowledge }) {
    const parsed = schema.safeParse(input);
    if (!parsed.success) return acknowledge({ error: 'INVALID_INPUT' });
    const isTurnOver = createPace();
    for (const value of produce(parsed.data)) {
      socket.emit('item', item.parse(value));
      if (isTurnOver()) await nextTurn();
    }
    acknowledge({});
  },

  async topic({ member, socket, acknowledge }) {
    await socket.join(member.name);
    acknowledge({});
  },
};

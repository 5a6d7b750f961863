import { Feed } from '../harness/feed.mjs';
import { openWsClient, openWsServer } from '../harness/open-ws.mjs';

const LIMITS = { maxPayload: 16 * 1024 * 1024 };

/** @type {import('../harness/catalog.mjs').Target} */
export const target = {
  label: 'oRPC',
  limits: { 'ws maxPayload': LIMITS.maxPayload },
  cannot: { back: 'does not connect again without a socket of another package' },

  async startServer({ member }) {
    const { os } = await import('@orpc/server');
    const { RPCHandler } = await import('@orpc/server/ws');
    const feed = new Feed();
    const handler = new RPCHandler({ [member.name]: define[member.kind](os, { member, feed }) });
    const { server, port, close } = await openWsServer(LIMITS);
    server.on('connection', (socket) => void handler.upgrade(socket));
    return { port, close, publish: (message) => feed.publish(member.message.parse(message)) };
  },

  async connectClient(port, { member: { name } }) {
    const { createORPCClient } = await import('@orpc/client');
    const { RPCLink } = await import('@orpc/client/websocket');
    const socket = await openWsClient(port, LIMITS);
    const client = createORPCClient(new RPCLink({ websocket: socket }));
    const read = async (input, onItem) => {
      for await (const item of await client[name](input)) onItem(item);
    };
    return {
      call: (input) => client[name](input),
      read,
      subscribe: async (onMessage) => {
        const messages = await client[name]();
        void (async () => {
          for await (const message of messages) onMessage(message);
        })();
      },
      close: () => socket.close(),
    };
  },
};

const define = {
  call: (os, { member: { input, output, handle } }) =>
    os
      .input(input)
      .output(output)
      .handler((call) => handle(call.input)),

  stream: (os, { member: { input, item, produce } }) =>
    os.input(input).handler(async function* (call) {
      for (const value of produce(call.input)) yield item.parse(value);
    }),

  topic: (os, { feed }) => os.handler(({ signal }) => feed.listen(signal)),
};

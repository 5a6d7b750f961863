import { openWsClient, openWsServer } from '../harness/open-ws.mjs';

/** @type {import('../harness/catalog.mjs').Target} */
export const target = {
  label: 'oRPC',

  async startServer({ name, input, output, handle }) {
    const { os } = await import('@orpc/server');
    const { RPCHandler } = await import('@orpc/server/ws');
    const procedure = os
      .input(input)
      .output(output)
      .handler((call) => handle(call.input));
    const handler = new RPCHandler({ [name]: procedure });
    const { server, port, close } = await openWsServer();
    server.on('connection', (socket) => void handler.upgrade(socket));
    return { port, close };
  },

  async connectClient(port, { name }) {
    const { createORPCClient } = await import('@orpc/client');
    const { RPCLink } = await import('@orpc/client/websocket');
    const socket = await openWsClient(port);
    const client = createORPCClient(new RPCLink({ websocket: socket }));
    return {
      call: (input) => client[name](input),
      close: () => socket.close(),
    };
  },
};

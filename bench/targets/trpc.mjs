import { openWsServer } from '../harness/open-ws.mjs';

/** @type {import('../harness/catalog.mjs').Target} */
export const target = {
  label: 'tRPC',

  async startServer({ name, input, output, handle }) {
    const { initTRPC } = await import('@trpc/server');
    const { applyWSSHandler } = await import('@trpc/server/adapters/ws');
    const t = initTRPC.create();
    const procedure = t.procedure
      .input(input)
      .output(output)
      .mutation((call) => handle(call.input));
    const { server, port, close } = await openWsServer();
    applyWSSHandler({ wss: server, router: t.router({ [name]: procedure }) });
    return { port, close };
  },

  async connectClient(port, { name }) {
    const { createTRPCClient, createWSClient, wsLink } = await import('@trpc/client');
    // Node 20 has no WebSocket of its own.
    const { WebSocket } = await import('ws');
    const connection = createWSClient({ url: `ws://127.0.0.1:${port}`, WebSocket });
    const client = createTRPCClient({ links: [wsLink({ client: connection })] });
    return {
      call: (input) => client[name].mutate(input),
      close: () => connection.close(),
    };
  },
};

import { openWsServer } from '../harness/open-ws.mjs';
import { Feed } from '../harness/feed.mjs';

const LIMITS = { maxPayload: 16 * 1024 * 1024 };

/** @type {import('../harness/catalog.mjs').Target} */
export const target = {
  label: 'tRPC',
  limits: { 'ws maxPayload': LIMITS.maxPayload },

  async startServer({ member }) {
    const { initTRPC } = await import('@trpc/server');
    const { applyWSSHandler } = await import('@trpc/server/adapters/ws');
    const t = initTRPC.create();
    const feed = new Feed();
    const router = t.router({ [member.name]: define[member.kind](t.procedure, { member, feed }) });
    const { server, port, close } = await openWsServer(LIMITS);
    applyWSSHandler({ wss: server, router });
    return { port, close, publish: (message) => feed.publish(member.message.parse(message)) };
  },

  async connectClient(port, { member: { name } }) {
    const { createTRPCClient, createWSClient, wsLink } = await import('@trpc/client');
    // Node 20 has no WebSocket of its own.
    const { WebSocket } = await import('ws');
    const connection = createWSClient({ url: `ws://127.0.0.1:${port}`, WebSocket });
    const client = createTRPCClient({ links: [wsLink({ client: connection })] });
    return {
      call: (input) => client[name].mutate(input),
      read: (input, onData) =>
        new Promise((onComplete, onError) => {
          client[name].subscribe(input, { onData, onComplete, onError });
        }),
      subscribe: (onData) =>
        new Promise((onStarted, onError) => {
          client[name].subscribe(undefined, { onData, onStarted, onError });
        }),
      close: () => connection.close(),
    };
  },
};

const define = {
  call: (procedure, { member: { input, output, handle } }) =>
    procedure
      .input(input)
      .output(output)
      .mutation((call) => handle(call.input)),

  stream: (procedure, { member: { input, item, produce } }) =>
    procedure.input(input).subscription(async function* (call) {
      for (const value of produce(call.input)) yield item.parse(value);
    }),

  topic: (procedure, { feed }) => procedure.subscription(({ signal }) => feed.listen(signal)),
};

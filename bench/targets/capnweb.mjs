import { openWsClient, openWsServer } from '../harness/open-ws.mjs';

const LIMITS = { maxPayload: 16 * 1024 * 1024 };

/**
 * Cap'n Web: one object per connection, zod called by hand; a subscriber is a function that the
 * server calls.
 * @type {import('../harness/catalog.mjs').Target}
 */
export const target = {
  label: "Cap'n Web + zod",
  limits: { 'ws maxPayload': LIMITS.maxPayload },
  carriesBytes: true,
  cannot: { back: 'does not connect again' },

  async startServer({ member }) {
    const { RpcTarget, newWebSocketRpcSession } = await loadCapnweb();
    const subscribers = new Set();
    class Api extends RpcTarget {}
    Api.prototype[member.name] = serve[member.kind](member, subscribers);
    const { server, port, close } = await openWsServer(LIMITS);
    server.on('connection', (socket) => newWebSocketRpcSession(socket, new Api()));
    const publish = (message) => {
      const parsed = member.message.parse(message);
      for (const subscriber of subscribers) {
        subscriber(parsed).catch(() => subscribers.delete(subscriber));
      }
    };
    return { port, close, publish };
  },

  async connectClient(port, { member: { name } }) {
    const { newWebSocketRpcSession } = await loadCapnweb();
    const socket = await openWsClient(port, LIMITS);
    const api = newWebSocketRpcSession(socket);
    return {
      // What it gives is a promise of a stub, which is not one to `catch` on.
      call: async (input) => await api[name](input),
      read: async (input, onItem) => {
        for await (const item of await api[name](input)) onItem(item);
      },
      subscribe: async (onMessage) => {
        await api[name]((message) => {
          onMessage(message);
        });
      },
      close: () => socket.close(),
    };
  },
};

async function loadCapnweb() {
  // It reads the names of the states from the platform's WebSocket, which Node 20 does not have.
  globalThis.WebSocket ??= (await import('ws')).WebSocket;
  return import('capnweb');
}

const serve = {
  call: ({ input: schema, output, handle }) =>
    async function call(input) {
      return output.parse(await handle(schema.parse(input)));
    },

  stream: ({ input: schema, item, produce }) =>
    function read(input) {
      const values = produce(schema.parse(input))[Symbol.iterator]();
      return new ReadableStream({
        pull(controller) {
          const { done, value } = values.next();
          if (done) controller.close();
          else controller.enqueue(item.parse(value));
        },
      });
    },

  topic: (_, subscribers) =>
    function subscribe(subscriber) {
      // The argument itself ends with the call.
      subscribers.add(subscriber.dup());
    },
};

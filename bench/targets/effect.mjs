import { openWsServer } from '../harness/open-ws.mjs';

const LIMITS = { maxPayload: 16 * 1024 * 1024 };

/**
 * Effect RPC over `ws`, payloads as JSON, zod called by hand. Its own package for Node needs a newer
 * Node, so the connections of a `ws` server are handed to its socket protocol here.
 * @type {import('../harness/catalog.mjs').Target}
 */
export const target = {
  label: 'Effect RPC + zod',
  limits: { 'ws maxPayload': LIMITS.maxPayload },
  cannot: { back: 'ends its streams with their connection' },

  async startServer({ member }) {
    const { Effect, Layer, ManagedRuntime, PubSub } = await import('effect');
    const { RpcSerialization, RpcServer } = await import('effect/rpc');
    const { Socket, SocketServer } = await import('effect/socket');
    const group = await createGroup(member);
    const { server, port, close } = await openWsServer(LIMITS);
    const news = Effect.runSync(PubSub.unbounded());
    const run = Effect.fnUntraced(function* (handle) {
      const fork = Effect.runForkWith(yield* Effect.context());
      server.on('connection', (socket) => {
        fork(Effect.flatMap(Socket.fromWebSocket(Effect.succeed(socket)), handle));
      });
      return yield* Effect.never;
    });
    const handler = await createHandler(member, news);
    const layer = RpcServer.layer(group).pipe(
      Layer.provide(group.toLayer({ [member.name]: handler })),
      Layer.provide(RpcServer.layerProtocolSocketServer),
      Layer.provide(Layer.succeed(SocketServer.SocketServer)({ address: { port }, run })),
      Layer.provide(RpcSerialization.layerJson),
    );
    const runtime = ManagedRuntime.make(layer);
    await runtime.runPromise(Effect.void);
    const publish = (message) =>
      Effect.runSync(PubSub.publish(news, member.message.parse(message)));
    return { port, close, publish };
  },

  async connectClient(port, { member }) {
    const { Effect, Layer, ManagedRuntime, Scope, Stream } = await import('effect');
    const { RpcClient, RpcSerialization } = await import('effect/rpc');
    const { Socket } = await import('effect/socket');
    const { WebSocket } = await import('ws');
    const group = await createGroup(member);
    const layer = RpcClient.layerProtocolSocket().pipe(
      Layer.provide(Socket.layerWebSocket(`ws://127.0.0.1:${port}`)),
      Layer.provide(Layer.succeed(Socket.WebSocketConstructor)((url) => new WebSocket(url))),
      Layer.provide(RpcSerialization.layerJson),
    );
    const runtime = ManagedRuntime.make(layer);
    const scope = Effect.runSync(Scope.make());
    const client = await runtime.runPromise(RpcClient.make(group).pipe(Scope.provide(scope)));
    const forEach = (input, onItem) =>
      runtime.runPromise(
        Stream.runForEach(client[member.name](input), (item) => Effect.sync(() => onItem(item))),
      );
    return {
      call: (input) => runtime.runPromise(client[member.name](input)),
      read: forEach,
      subscribe: (onMessage) =>
        new Promise((resolve, reject) => {
          // The first item says that the subscription is there.
          const receive = (message) => (message === null ? resolve() : onMessage(message));
          forEach({}, receive).catch(reject);
        }),
      close: () => runtime.dispose(),
    };
  },
};

async function createGroup({ name, kind }) {
  const { Schema } = await import('effect');
  const { Rpc, RpcGroup } = await import('effect/rpc');
  const schemas = { payload: Schema.Unknown, success: Schema.Unknown };
  return RpcGroup.make(Rpc.make(name, { ...schemas, stream: kind !== 'call' }));
}

async function createHandler({ kind, input: schema, output, item, handle, produce }, news) {
  const { Effect, PubSub, Stream } = await import('effect');
  const handlers = {
    call: (input) => Effect.promise(async () => output.parse(await handle(schema.parse(input)))),

    stream: (input) =>
      Stream.map(Stream.fromIterable(produce(schema.parse(input))), (value) => item.parse(value)),

    topic: () =>
      Stream.unwrap(
        Effect.map(PubSub.subscribe(news), (subscription) =>
          Stream.concat(Stream.succeed(null), Stream.fromSubscription(subscription)),
        ),
      ),
  };
  return handlers[kind];
}

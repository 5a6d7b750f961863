/**
 * A page of each target with one call, one stream and one topic, as its own documents write it.
 * @type {Record<string, string>}
 */
export const CLIENT_ENTRIES = {
  'ws-echo': `
    const socket = new WebSocket(location.origin);
    socket.onmessage = ({ data }) => console.log(data);
    socket.onopen = () => socket.send('hello');`,

  'ws-json-zod': `
    const socket = new WebSocket(location.origin);
    const waiting = new Map();
    let lastId = 0;
    const send = (method, params, onItem) =>
      new Promise((resolve, reject) => {
        lastId += 1;
        waiting.set(lastId, { resolve, reject, onItem });
        socket.send(JSON.stringify({ id: lastId, method, params }));
      });
    socket.onmessage = ({ data }) => {
      const { id, topic, result, item, message, error } = JSON.parse(data);
      const call = waiting.get(id ?? topic);
      if (topic !== undefined) return call.onItem(message);
      if (item !== undefined) return call.onItem(item);
      waiting.delete(id);
      if (error === undefined) call.resolve(result);
      else call.reject(new Error(error.code));
    };
    socket.onopen = async () => {
      console.log(await send('greet', { name: 'Ada', n: 41 }));
      await send('items', { count: 10 }, console.log);
      waiting.set('news', { onItem: console.log });
      await send('news');
    };`,

  socketio: `
    import { io } from 'socket.io-client';
    const socket = io({ transports: ['websocket'] });
    socket.on('item', console.log);
    socket.on('message', console.log);
    socket.on('connect', async () => {
      console.log(await socket.emitWithAck('greet', { name: 'Ada', n: 41 }));
      await socket.emitWithAck('items', { count: 10 });
      await socket.emitWithAck('news', {});
    });`,

  trpc: `
    import { createTRPCClient, createWSClient, wsLink } from '@trpc/client';
    const connection = createWSClient({ url: location.origin });
    const client = createTRPCClient({ links: [wsLink({ client: connection })] });
    console.log(await client.greet.mutate({ name: 'Ada', n: 41 }));
    client.items.subscribe({ count: 10 }, { onData: console.log });
    client.news.subscribe(undefined, { onData: console.log });`,

  orpc: `
    import { createORPCClient } from '@orpc/client';
    import { RPCLink } from '@orpc/client/websocket';
    const websocket = new WebSocket(location.origin);
    const client = createORPCClient(new RPCLink({ websocket }));
    console.log(await client.greet({ name: 'Ada', n: 41 }));
    for await (const item of await client.items({ count: 10 })) console.log(item);
    for await (const message of await client.news()) console.log(message);`,

  capnweb: `
    import { newWebSocketRpcSession } from 'capnweb';
    const api = newWebSocketRpcSession(location.origin);
    console.log(await api.greet({ name: 'Ada', n: 41 }));
    for await (const item of await api.items({ count: 10 })) console.log(item);
    await api.news((message) => console.log(message));`,

  effect: `
    import { Effect, Layer, Schema, Stream } from 'effect';
    import { Rpc, RpcClient, RpcGroup, RpcSerialization } from 'effect/rpc';
    import { Socket } from 'effect/socket';
    const schemas = { payload: Schema.Unknown, success: Schema.Unknown };
    const group = RpcGroup.make(
      Rpc.make('greet', schemas),
      Rpc.make('items', { ...schemas, stream: true }),
      Rpc.make('news', { ...schemas, stream: true }),
    );
    const layer = RpcClient.layerProtocolSocket().pipe(
      Layer.provide(Socket.layerWebSocket(location.origin)),
      Layer.provide(Socket.layerWebSocketConstructorGlobal),
      Layer.provide(RpcSerialization.layerJson),
    );
    const log = (value) => Effect.sync(() => console.log(value));
    const page = Effect.gen(function* () {
      const client = yield* RpcClient.make(group);
      yield* log(yield* client.greet({ name: 'Ada', n: 41 }));
      yield* Stream.runForEach(client.items({ count: 10 }), log);
      yield* Stream.runForEach(client.news({}), log);
    });
    Effect.runPromise(page.pipe(Effect.scoped, Effect.provide(layer)));`,

  trunkline: `
    import { connect } from '@trunkline/client';
    import { PageClient } from './generated/page.client.ts';
    const { page } = connect(location.origin, { services: { page: PageClient } });
    console.log(await page.greet({ name: 'Ada', n: 41 }));
    for await (const item of page.items({ count: 10 })) console.log(item);
    page.news().subscribe({ message: console.log });`,
};

import { openWsClient, openWsServer } from '../harness/open-ws.mjs';

const LIMITS = { maxPayload: 16 * 1024 * 1024 };
const WRITE_AHEAD_BYTES = 256 * 1024;

/**
 * What a competent engineer writes by hand: `ws`, JSON and zod. All ratios are to this target.
 * @type {import('../harness/catalog.mjs').Target}
 */
export const target = {
  label: 'ws + JSON + zod (base)',
  limits: { 'ws maxPayload': LIMITS.maxPayload },
  cannot: { back: 'does not connect again' },

  async startServer({ member }) {
    const { server, port, close } = await openWsServer(LIMITS);
    const subscribers = new Set();
    server.on('connection', (socket) => {
      socket.on('message', (data) => void answer(data, { member, socket, subscribers }));
      socket.on('close', () => subscribers.delete(socket));
    });
    const publish = (message) => {
      const text = JSON.stringify({ topic: member.name, message: member.message.parse(message) });
      for (const socket of subscribers) socket.send(text);
    };
    return { port, close, publish };
  },

  async connectClient(port, { member }) {
    const socket = await openWsClient(port, LIMITS);
    const waiting = new Map();
    let lastId = 0;
    socket.on('message', (data) => settle(data, waiting));
    socket.on('close', () => {
      for (const { reject } of waiting.values()) reject(new Error('connection closed'));
      waiting.clear();
    });
    const send = (params, onItem) =>
      new Promise((resolve, reject) => {
        lastId += 1;
        waiting.set(lastId, { resolve, reject, onItem });
        socket.send(JSON.stringify({ id: lastId, method: member.name, params }));
      });
    const subscribe = (onMessage) => {
      waiting.set(member.name, { onMessage });
      return send();
    };
    return { call: send, read: send, subscribe, close: () => socket.close() };
  },
};

async function answer(data, { member, socket, subscribers }) {
  let request;
  try {
    request = JSON.parse(data.toString());
  } catch {
    socket.close(1007, 'not JSON');
    return;
  }
  const { id, method, params } = request;
  const send = (reply) => socket.send(JSON.stringify({ id, ...reply }));
  if (method !== member.name) return send({ error: { code: 'NOT_FOUND' } });
  if (member.kind === 'topic') {
    subscribers.add(socket);
    return send({});
  }
  const input = member.input.safeParse(params);
  if (!input.success) return send({ error: { code: 'INVALID_INPUT' } });
  try {
    if (member.kind === 'stream') return await sendItems(member, { input, id, socket });
    send({ result: member.output.parse(await member.handle(input.data)) });
  } catch {
    send({ error: { code: 'INTERNAL' } });
  }
}

async function sendItems({ produce, item }, { input, id, socket }) {
  for (const value of produce(input.data)) {
    const text = JSON.stringify({ id, item: item.parse(value) });
    if (socket.bufferedAmount < WRITE_AHEAD_BYTES) socket.send(text);
    else await new Promise((resolve) => socket.send(text, resolve));
  }
  socket.send(JSON.stringify({ id }));
}

function settle(data, waiting) {
  const { id, topic, result, item, message, error } = JSON.parse(data.toString());
  const call = waiting.get(id ?? topic);
  if (call === undefined) return;
  if (topic !== undefined) return call.onMessage(message);
  if (item !== undefined) return call.onItem(item);
  waiting.delete(id);
  if (error === undefined) call.resolve(result);
  else call.reject(new Error(error.code));
}

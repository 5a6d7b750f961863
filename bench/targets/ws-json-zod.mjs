import { openWsClient, openWsServer } from '../harness/open-ws.mjs';

const LIMITS = { maxPayload: 4 * 1024 * 1024 };

/**
 * What a competent engineer writes by hand: `ws`, JSON and zod. All ratios are to this target.
 * @type {import('../harness/catalog.mjs').Target}
 */
export const target = {
  label: 'ws + JSON + zod (base)',

  async startServer(procedure) {
    const { server, port, close } = await openWsServer(LIMITS);
    server.on('connection', (socket) => {
      socket.on('message', (data) => void answer(data, { procedure, socket }));
    });
    return { port, close };
  },

  async connectClient(port, { name }) {
    const socket = await openWsClient(port, LIMITS);
    const waiting = new Map();
    let lastId = 0;
    socket.on('message', (data) => settle(data, waiting));
    socket.on('close', () => {
      for (const { reject } of waiting.values()) reject(new Error('connection closed'));
      waiting.clear();
    });
    return {
      call: (params) =>
        new Promise((resolve, reject) => {
          lastId += 1;
          waiting.set(lastId, { resolve, reject });
          socket.send(JSON.stringify({ id: lastId, method: name, params }));
        }),
      close: () => socket.close(),
    };
  },
};

async function answer(data, { procedure, socket }) {
  let request;
  try {
    request = JSON.parse(data.toString());
  } catch {
    socket.close(1007, 'not JSON');
    return;
  }
  const { id, method, params } = request;
  const refuse = (code) => socket.send(JSON.stringify({ id, error: { code } }));
  if (method !== procedure.name) return refuse('NOT_FOUND');
  const input = procedure.input.safeParse(params);
  if (!input.success) return refuse('INVALID_INPUT');
  try {
    const result = procedure.output.parse(await procedure.handle(input.data));
    socket.send(JSON.stringify({ id, result }));
  } catch {
    refuse('INTERNAL');
  }
}

function settle(data, waiting) {
  const { id, result, error } = JSON.parse(data.toString());
  const call = waiting.get(id);
  if (call === undefined) return;
  waiting.delete(id);
  if (error === undefined) call.resolve(result);
  else call.reject(new Error(error.code));
}

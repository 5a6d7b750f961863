import { createPace, nextTurn } from '../harness/keep-turns.mjs';
import { openWsClient, openWsServer } from '../harness/open-ws.mjs';

const LIMITS = { maxPayload: 16 * 1024 * 1024 };

/**
 * `ws` sending back the bytes it got, unread: the floor under everything that writes per message.
 * @type {import('../harness/catalog.mjs').Target}
 */
export const target = {
  label: 'ws echo, no parse',
  limits: { 'ws maxPayload': LIMITS.maxPayload },
  echoes: true,
  carriesBytes: true,
  cannot: {
    back: 'does not connect again',
    'behind-large': 'answers with what it got',
  },

  async startServer({ member }) {
    const { server, port, close } = await openWsServer(LIMITS);
    server.on('connection', (socket) => serve[member.kind](socket, member));
    const publish = (message) => {
      const text = JSON.stringify(message);
      for (const socket of server.clients) socket.send(text);
    };
    return { port, close, publish };
  },

  async connectClient(port, { member }) {
    const socket = await openWsClient(port, LIMITS);
    return { ...use[member.kind](socket, member), close: () => socket.close() };
  },
};

const serve = {
  call(socket, { wait, echoReply }) {
    const reply = echoReply?.();
    if (wait === undefined) {
      socket.on('message', (data, isBinary) => socket.send(reply ?? data, { binary: isBinary }));
      return;
    }
    socket.on('message', async (data, isBinary) => {
      await wait();
      socket.send(data, { binary: isBinary });
    });
  },

  stream(socket, { produce }) {
    socket.on('message', async (data) => {
      const isTurnOver = createPace();
      for (const item of produce(JSON.parse(data.toString()))) {
        socket.send(JSON.stringify(item));
        if (isTurnOver()) await nextTurn();
      }
      socket.send('null');
    });
  },

  topic() {},
};

const use = {
  call(socket, { name, wait, echoReply }) {
    const waiting = new Map();
    const reply = echoReply?.();
    let sentCount = 0;
    let echoedCount = 0;
    socket.on('message', (data) => {
      // An echo that does not wait keeps the order: this is the answer to the oldest call.
      const id = wait === undefined ? (echoedCount += 1) : JSON.parse(data.toString()).id;
      const { sent, resolve, reject } = waiting.get(id);
      waiting.delete(id);
      if ((reply ?? sent).equals(data)) resolve(data);
      else reject(new Error('the echo differs from the bytes that were sent'));
    });
    const call = (params) =>
      new Promise((resolve, reject) => {
        sentCount += 1;
        const isBinary = params instanceof Uint8Array;
        // The base's request, so that both carry the same number of bytes up.
        const request = isBinary ? params : JSON.stringify({ id: sentCount, method: name, params });
        const sent = Buffer.from(request);
        waiting.set(sentCount, { sent, resolve, reject });
        socket.send(sent, { binary: isBinary });
      });
    return { call };
  },

  stream(socket) {
    const read = (input, onItem) =>
      new Promise((resolve) => {
        const receive = (data) => {
          const item = JSON.parse(data.toString());
          if (item !== null) return onItem(item);
          socket.off('message', receive);
          resolve();
        };
        socket.on('message', receive);
        socket.send(JSON.stringify(input));
      });
    return { read };
  },

  topic(socket) {
    const subscribe = async (onMessage) => {
      socket.on('message', (data) => onMessage(JSON.parse(data.toString())));
    };
    return { subscribe };
  },
};

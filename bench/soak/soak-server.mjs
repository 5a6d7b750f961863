import { createServer, createTopics, implement } from '@trunkline/server';
import { MANY_SOCKETS } from '../harness/many-sockets.mjs';
import { soak } from './contract.mjs';

const ROOMS = 8;
/** How long a session may be without a connection; clients come back much sooner. */
export const DETACHED_MS = 4_000;

/** How often the handler of a call has started, by the key of the call. */
export const starts = new Map();

function started(key) {
  starts.set(key, (starts.get(key) ?? 0) + 1);
}

const service = implement(soak, {
  add: ({ key, a, b }) => {
    started(key);
    return a + b;
  },
  slow: ({ key, ms }, { signal }) => {
    started(key);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(key), ms);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve(key);
      });
    });
  },
  blob: (bytes) => bytes,
  *count({ to, size }) {
    for (let n = 0; n < to; n++) yield `${n}`.padEnd(size);
  },
  async sum(_input, { items }) {
    let total = 0;
    for await (const item of items) total += item;
    return total;
  },
  async *double(_input, { items }) {
    let count = 0;
    for await (const item of items) {
      count++;
      yield item * 2;
    }
    return count;
  },
});

/** Starts the server of a soak; `feed` publishes one message in each room. */
export async function startServer() {
  const failures = [];
  const server = createServer({
    anonymous: true,
    services: [service],
    // Who leaves while there is no connection cannot say so, and its session waits until this is over.
    limits: { ...MANY_SOCKETS.trunkline, socketsPending: 10_000, detachedMs: DETACHED_MS },
    onError: (failure) => failures.push(failure),
  });
  const { port } = await server.listen({ port: 0, host: '127.0.0.1' });
  const topics = createTopics(soak, server.broker);
  let n = 0;
  const feed = (text = '') => {
    n++;
    const told = Array.from({ length: ROOMS }, (_, room) =>
      topics.ticks({ room }).publish({ n, text }),
    );
    return Promise.all(told);
  };
  return { server, port, failures, feed };
}

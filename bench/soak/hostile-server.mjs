import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClientCalls, createServer, implement, MemoryBroker } from '@trunkline/server';
import { MANY_SOCKETS } from '../harness/many-sockets.mjs';
import { hostile } from './hostile-contract.mjs';

/** Of the sessions that are cut: they are not there for long after they have left. */
export const DETACHED_MS = 2_000;

const never = (signal) =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined)));

const service = implement(hostile, {
  add: ({ a, b }) => a + b,
  echo: (text) => text,
  // The input is held for as long as the handler runs.
  hold: async (input, { signal }) => {
    await never(signal);
    return void input.length;
  },
  give: async (size) => {
    await sleep(20);
    return new Uint8Array(size);
  },
  once: (text) => text,
  summon: async (count, { session, signal }) => {
    setMaxListeners(0, signal);
    const client = createClientCalls(hostile, session);
    const text = 'x'.repeat(1_000);
    const options = { signal, deadlineMs: 300_000 };
    const asked = Array.from({ length: count }, () =>
      client.ask(text, options).catch(() => undefined),
    );
    await Promise.race([never(signal), Promise.all(asked)]);
  },
  *pour(size) {
    for (;;) yield new Uint8Array(size);
  },
  take: (_input, { signal }) => never(signal),
  news: { authorizePublish: () => true },
});

/** Starts the server that hostile sessions meet, with the limits that hold unless somebody sets others. */
export async function startServer() {
  const failures = [];
  // What a broker remembers of topics that nobody uses is counted by itself, and not what is asked here.
  const broker = new MemoryBroker({ limits: { idleTopics: 1_000, keptTopics: 1_000 } });
  const server = createServer({
    anonymous: true,
    broker,
    services: [service],
    limits: { ...MANY_SOCKETS.trunkline, socketsPending: 10_000, detachedMs: DETACHED_MS },
    onError: (failure) => failures.push(failure),
  });
  const { port } = await server.listen({ port: 0, host: '127.0.0.1' });
  return { server, broker, port, failures };
}

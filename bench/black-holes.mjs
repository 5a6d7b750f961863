// What is left of clients whose network has lost them without a word, after thousands of them:
//   npm run black-holes --workspace bench
import { connect } from '@trunkline/client';
import { call, contract, topic } from '@trunkline/contract';
import { createServer, implement } from '@trunkline/server';
import { acceptInMemory, MemoryNetwork, VirtualRuntime } from '@trunkline/server/testing';
import * as z from 'zod';

const ROUNDS = 16;
/** Rounds before the server remembers as many ended sessions as it does at this pace. */
const WARM = 6;
const CLIENTS = 1_000;
const TOLERANCE = 0.01;
/** A dead connection, its session, and a little. */
const FORGOTTEN_MS = 35_000 + 120_000 + 5_000;

const desk = contract('desk', {
  wait: call({ output: z.string() }),
  news: topic({ message: z.string(), public: true }),
});

const runtime = new VirtualRuntime();
const service = implement(desk, {
  wait: (_input, { signal }) =>
    new Promise((_resolve, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason)),
    ),
});
const server = createServer({ anonymous: true, services: [service], runtime });

/** Has so many clients connect, work and be lost; gives the heap when they are forgotten. */
async function lose() {
  const network = new MemoryNetwork(runtime);
  acceptInMemory(server, network);
  const clients = Array.from({ length: CLIENTS }, () =>
    connect('ws://memory', { contracts: { desk }, runtime, dial: network.dial }),
  );
  for (const client of clients) {
    client.desk.news().subscribe({ message: () => {} });
    client.desk.wait().catch(() => {});
  }
  await runtime.settle();
  const { connections } = server.counts;
  if (connections !== CLIENTS)
    throw new Error(`${connections} clients are there: ${CLIENTS} should`);
  for (const connection of network.connections) {
    connection.hold('client');
    connection.hold('server');
  }
  for (const client of clients) client.close();
  await runtime.advance(FORGOTTEN_MS);
  const left = Object.entries(server.counts).filter(([, count]) => count !== 0);
  if (left.length > 0) throw new Error(`left: ${JSON.stringify(Object.fromEntries(left))}`);
}

async function heapBytes() {
  for (let times = 0; times < 4; times++) {
    globalThis.gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}

const heaps = [];
for (let round = 1; round <= ROUNDS; round++) {
  await lose();
  heaps.push(await heapBytes());
  console.log(`${round * CLIENTS} lost: heap ${(heaps.at(-1) / 1_048_576).toFixed(2)} MiB`);
}
const [start, end] = [heaps[WARM - 1], heaps.at(-1)];
const growth = end / start - 1;
console.log(`after ${WARM * CLIENTS} and ${ROUNDS * CLIENTS}: ${(growth * 100).toFixed(2)} %`);
process.exitCode = growth > TOLERANCE ? 1 : 0;
await server.close();

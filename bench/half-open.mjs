// How long both sides of a dead connection take to notice, over real sockets:
//   npm run half-open --workspace bench
import { connect as connectSocket, createServer as createListener } from 'node:net';
import { connect } from '@trunkline/client';
import { call, contract } from '@trunkline/contract';
import { createServer, implement } from '@trunkline/server';
import * as z from 'zod';

const CLIENTS = 20;
/** What is promised, and what a timer and a machine that is busy may add. */
const BOUNDS_MS = { idle: 35_000, busy: 8_000 };
const SLACK_MS = 500;
const LOOK_MS = 20;

const desk = contract('desk', { wait: call({ output: z.string() }) });

/** A stretch of network on which everything is lost from `swallow` on, and nobody is told. */
async function startSilence(port) {
  const sockets = new Set();
  const track = (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    return socket;
  };
  let isSilent = false;
  const listener = createListener((near) => {
    // Whoever connects again is kept waiting too.
    if (isSilent) return void track(near);
    const far = track(connectSocket(port, '127.0.0.1'));
    track(near).pipe(far).pipe(near);
  });
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return {
    port: listener.address().port,
    swallow: () => {
      isSilent = true;
      for (const socket of sockets) socket.unpipe().resume();
    },
    close: () => {
      listener.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Milliseconds after which each of so many connections is gone from the server. */
async function watchServer(server, sinceMs) {
  const times = [];
  while (times.length < CLIENTS) {
    const gone = CLIENTS - server.counts.connections;
    while (times.length < gone) times.push(performance.now() - sinceMs);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return times;
}

async function measure(kind) {
  const service = implement(desk, { wait: () => new Promise(() => {}) });
  const server = createServer({ anonymous: true, services: [service] });
  const { port } = await server.listen({ port: 0, host: '127.0.0.1' });
  const silence = await startSilence(port);
  const clients = Array.from({ length: CLIENTS }, () =>
    connect(`ws://127.0.0.1:${silence.port}`, { contracts: { desk } }),
  );
  await Promise.all(clients.map(({ connection }) => connection.live()));
  // Spread over a silence, as connections in the field are.
  await new Promise((resolve) => setTimeout(resolve, 2_000 * Math.random()));
  if (kind === 'busy') {
    for (const client of clients) client.desk.wait(undefined, { deadlineMs: null }).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const sinceMs = performance.now();
  silence.swallow();
  const noticed = ({ connection }) =>
    new Promise((resolve) => {
      const stop = connection.watch(() => {
        stop();
        resolve(performance.now() - sinceMs);
      });
    });
  const [atClients, atServer] = await Promise.all([
    Promise.all(clients.map(noticed)),
    watchServer(server, sinceMs),
  ]);
  for (const client of clients) client.close();
  silence.close();
  await server.close();
  return [
    { what: kind, side: 'client', times: atClients },
    { what: kind, side: 'server', times: atServer },
  ];
}

const rows = (await Promise.all(['idle', 'busy'].map(measure))).flat();
let isLate = false;
for (const { what, side, times } of rows) {
  const sorted = times.toSorted((a, b) => a - b).map(Math.round);
  const [least, median, most] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)];
  isLate ||= most > BOUNDS_MS[what] + SLACK_MS;
  console.log(`${what}, ${side}: ${least} to ${most} ms, median ${median} ms (${CLIENTS})`);
}
process.exitCode = isLate ? 1 : 0;

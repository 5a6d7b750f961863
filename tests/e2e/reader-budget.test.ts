import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { contract, topic } from '@trunkline/contract';
import {
  encodeBatch,
  WIRE_DEFAULTS,
  Writer,
  decodeBatch,
  Violation,
  type Broker,
  type Message,
  type ReceivedMessage,
} from '@trunkline/protocol';
import { createServer, createTopics, implement, MemoryBroker } from '@trunkline/server';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import * as z from 'zod';
import { subscribe } from '../support/messages.js';
import { NOTHING_OPEN } from '../support/nothing-open.js';
import { openRawHost } from '../support/raw-peer.js';

const feeds = contract('feeds', {
  kept: topic({
    params: z.object({ n: z.int() }),
    message: z.instanceof(Uint8Array),
    public: true,
    keep: { count: 1_000 },
  }),
  passing: topic({ message: z.instanceof(Uint8Array), public: true }),
});

const RECORD = new Uint8Array(10_000);
const OUTBOX_BYTES = 1_048_576;
/** What may be written ahead, and the batch and the message that pass a limit. */
const BESIDE = WIRE_DEFAULTS.writeAheadBytes + 2 * WIRE_DEFAULTS.batchCloseBytes;

/** A broker that counts what it reads for others, and how many wait for it at once. */
function countReads(broker: Broker) {
  const reads = { bytes: 0, running: 0, most: 0 };
  const counted: Broker = {
    losesNothing: true,
    publish: (at, record) => broker.publish(at, record),
    subscribe: (at, listener) => broker.subscribe(at, listener),
    close: () => broker.close(),
    history: async (at, query) => {
      reads.most = Math.max(reads.most, ++reads.running);
      // As one on another machine, which does not answer in the same turn.
      await new Promise((resolve) => setImmediate(resolve));
      const page = await broker.history(at, query);
      reads.running--;
      for (const { bytes } of page.records) reads.bytes += bytes.length;
      return page;
    },
  };
  return { reads, counted };
}

it('a reader of many topics that takes nothing costs its outbox, and a few pages for a moment', async () => {
  const topics = 60;
  const memory = new MemoryBroker();
  const { reads, counted } = countReads(memory);
  const services = [implement(feeds, {})];
  await using host = openRawHost({ anonymous: true, broker: counted, services });
  const publisher = createTopics(feeds, memory);
  let epoch = '';
  for (let n = 0; n < topics; n++) {
    for (let count = 0; count < 100; count++) {
      ({ epoch } = await publisher.kept({ n }).publish(RECORD));
    }
  }
  const peer = host.connect();
  await peer.hello();
  host.network.latest.hold('server');
  // Each topic has an epoch of its own, so all but one begin with what is kept after a gap.
  const cursor = { epoch, offset: 0 };
  const all = Array.from({ length: topics }, (_, n) =>
    subscribe(n, 'feeds.kept', { params: { n }, cursor }),
  );
  await peer.send(...all);
  for (let round = 0; round < 50; round++) await host.runtime.settle();
  await host.runtime.settle();
  const { fromServer } = host.network.latest;
  const written = (): number => fromServer.reduce((sum, { length }) => sum + length, 0);
  expect(reads.most).toBe(8);
  expect(written()).toBeLessThanOrEqual(BESIDE);
  // Where each begins is one record of each; beyond what fills the outbox, one page for each read.
  const filled = OUTBOX_BYTES + BESIDE + 1_048_576;
  expect(reads.bytes).toBeLessThan(topics * RECORD.length + filled + 8 * 1_048_576);
  host.network.latest.release('server');
  for (let round = 0; round < 200; round++) await host.runtime.settle();
  expect(peer.of('MESSAGE')).toHaveLength(topics * 100);
  peer.received.length = 0;
});

/** A WebSocket written by hand, whose reading is stopped and goes on as a test says. */
async function openSocket(port: number) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, ['trunkline.v1.superjson']);
  const received: ReceivedMessage[] = [];
  socket.on('message', (data: Buffer) => {
    const batch = decodeBatch(data);
    if (batch instanceof Violation) throw new Error(batch.reason);
    received.push(...batch.messages);
  });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const send = (...messages: Message[]) => socket.send(encodeBatch(new Writer(), {}, messages));
  send({ kind: 'HELLO', features: 0, agent: 'raw', token: '', revisions: [] });
  return { socket, received, send };
}

it('a reader of a socket that takes nothing costs its outbox, whatever is published', async () => {
  const broker = new MemoryBroker();
  const server = createServer({ anonymous: true, broker, services: [implement(feeds, {})] });
  const http = createHttpServer();
  const sockets: Socket[] = [];
  http.on('connection', (socket) => sockets.push(socket));
  server.mount(http, { path: '/' });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const { socket, received, send } = await openSocket(port);
  send(subscribe(0, 'feeds.passing'));
  await expect.poll(() => received.some(({ kind }) => kind === 'SUBSCRIBED')).toBe(true);
  const far = sockets[0] as Socket;
  const before = far.bytesWritten;
  socket.pause();
  const publisher = createTopics(feeds, broker).passing();
  // The kernel takes some megabytes; what is published goes well beyond.
  for (let count = 0; count < 3_000; count++) await publisher.publish(RECORD);
  await new Promise((resolve) => setImmediate(resolve));
  expect(far.writableLength).toBeGreaterThan(0);
  expect(far.writableLength).toBeLessThanOrEqual(BESIDE);
  const taken = far.bytesWritten - far.writableLength - before;
  socket.resume();
  await expect
    .poll(() => received.some(({ kind }) => kind === 'GAP'), { timeout: 5_000 })
    .toBe(true);
  const gapAt = received.findIndex(({ kind }) => kind === 'GAP');
  const held = received
    .slice(0, gapAt)
    .reduce((sum, one) => sum + (one.kind === 'MESSAGE' ? one.bytes.length : 0), 0);
  expect(held - taken).toBeLessThanOrEqual(OUTBOX_BYTES + BESIDE);
  expect(received[gapAt]).toMatchObject({ reason: 'slow' });
  socket.terminate();
  await server.close();
  await broker.close();
  await new Promise((resolve) => http.close(resolve));
  expect(server.counts).toEqual(NOTHING_OPEN);
});

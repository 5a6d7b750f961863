import { createServer, MemoryBroker } from '@trunkline/server';
import type { AddressInfo } from 'node:net';
import { ChatController } from './chat-controller.js';
import { DoorController } from './door-controller.js';
import { ChatTopics } from './generated/chat.server.js';
import { Names } from './names.js';
import { createPageServer } from './page-server.js';
import { Presence } from './presence.js';
import { Rooms } from './rooms.js';
import { visitorOf } from './visitor.js';

const port = numberFrom('PORT', { fallback: 8090, min: 0 });
// How many messages of a room are kept: the broker's publishers and the server must agree on it.
const limits = { keepCount: numberFrom('KEEP', { fallback: 200, min: 1 }) };

const broker = new MemoryBroker();
const topics = new ChatTopics(broker, { limits });
const names = new Names();
const rooms = new Rooms();

const server = createServer({
  broker,
  limits,
  services: [new DoorController(names), new ChatController(topics, rooms, new Presence(names))],
  authenticate: ({ token }) => {
    const user = visitorOf(token, names);
    return user && { principal: user.id, user };
  },
});

const HOUSE = 'Trunkline';
names.claim('house', HOUSE);
names.hold('house');
await topics.rooms().publish(rooms.list);
await furnish('lobby', 'Welcome. Open this page in a second window to talk to yourself.');
await furnish('garden', 'Mind the hedgehog.');
await furnish('attic', 'This was a lively room once.');

const http = createPageServer();
server.mount(http, { path: '/trunkline' });
http.listen(port, process.env['HOST'] ?? '127.0.0.1', () => {
  console.log(`http://localhost:${(http.address() as AddressInfo).port}`);
});
http.once('error', ({ message }) => {
  console.error(`cannot listen on port ${port}: ${message}; set PORT to another one`);
  process.exitCode = 1;
  void stop();
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void stop());

async function furnish(room: string, text: string): Promise<void> {
  await topics.messages({ room }).publish({ author: HOUSE, text, sentAt: new Date() });
}

async function stop(): Promise<void> {
  http.close();
  await server.close();
  await broker.close();
  // Browsers keep connections open for a next request.
  http.closeAllConnections();
}

function numberFrom(name: string, { fallback, min }: { fallback: number; min: number }): number {
  const value = Number(process.env[name] ?? fallback);
  if (Number.isInteger(value) && value >= min && value <= 65_535) return value;
  throw new TypeError(
    `${name} must be a whole number from ${min} to 65535, not "${process.env[name]}"`,
  );
}

import { createServer, MemoryBroker } from '@trunkline/server';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { buildPage } from './build-page.js';
import { ChatController } from './chat-controller.js';
import { DoorController } from './door-controller.js';
import { EmptyRooms } from './empty-rooms.js';
import { ChatTopics } from './generated/chat.server.js';
import { HOUSE, Names } from './names.js';
import { createPageServer } from './page-server.js';
import { Presence } from './presence.js';
import { PROGRAM } from './program.js';
import { readNumber } from './read-number.js';
import { portError, readStart, type Start } from './read-start.js';
import { Rooms } from './rooms.js';
import { visitorOf } from './visitor.js';

const stopping = new AbortController();
// Some send a signal twice, as npm and the terminal do together, so it is asked for each time.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => stopping.abort());

try {
  const start = await readStart(PROGRAM);
  if (start !== undefined) await main(start, stopping.signal);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

async function main({ port, host, flags }: Start, signal: AbortSignal): Promise<void> {
  if (flags.has('--build')) await buildPage();
  const server = await furnish();
  const http = createPageServer();
  server.mount(http, { path: '/trunkline' });
  try {
    http.listen(port, host);
    await once(http, 'listening').catch((cause: unknown) => {
      throw portError(port, cause);
    });
    console.log(`http://localhost:${(http.address() as AddressInfo).port}`);
    if (!signal.aborted) await once(signal, 'abort');
    // What was begun is answered, and the pages are told why they are left.
    await server.drain({ windowMs: 1_000 });
  } finally {
    http.close();
    // Browsers keep connections open for a next request.
    http.closeAllConnections();
  }
}

/** Makes the server with its first rooms. */
async function furnish() {
  // How many messages of a room are kept: the broker's publishers and the server must agree on it.
  const limits = { keepCount: readNumber('KEEP', 200) };
  const broker = new MemoryBroker();
  const topics = new ChatTopics(broker, { limits });
  const names = new Names();
  const rooms = new Rooms();
  const presence = new Presence(names);
  const emptyRooms = new EmptyRooms({
    rooms,
    presence,
    afterMs: readNumber('EMPTY_SECONDS', 600) * 1_000,
    changed: () =>
      topics
        .rooms()
        .publish(rooms.list)
        .catch((error) => console.error(`not told: ${String(error)}`)),
  });
  const say = (room: string, text: string) =>
    topics.messages({ room }).publish({ author: HOUSE, text, sentAt: new Date() });
  await say('lobby', 'Welcome. Open this page in a second window to talk to yourself.');
  await say('garden', 'Mind the hedgehog.');
  await say('attic', 'This was a lively room once.');
  return createServer({
    broker,
    // Nobody may come or go for hours, and those who are there are there all the same.
    limits: { ...limits, streamIdleMs: 0 },
    services: [new DoorController(names), new ChatController(topics, rooms, presence, emptyRooms)],
    authenticate: ({ token }) => {
      const user = visitorOf(token, names);
      return user && { principal: user.id, user };
    },
  });
}

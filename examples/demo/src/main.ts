import { generate } from '@trunkline/codegen';
import { createServer, MemoryBroker } from '@trunkline/server';
import { fileURLToPath } from 'node:url';
import { userOf } from './app.js';
import { makeCalls } from './calls.js';
import { askBack } from './questions.js';
import { ChatController } from './chat-controller.js';
import { connectAs } from './chat-user.js';
import { ChatTopics } from './generated/chat.server.js';
import { MessageStore } from './message-store.js';
import { startRelay } from './relay.js';
import { say } from './story.js';
import { runStreams } from './streams.js';
import { cutAndRecover } from './topics.js';

say.chapter('One contract: code is generated from src/chat.contract.ts');
say.note(
  'chat.server.ts has decorators for the backend, chat.client.ts plain types for the frontend.',
);
const generated = await generate({ cwd: fileURLToPath(new URL('..', import.meta.url)) });
for (const { path, status } of generated.files) {
  say.note(`${path}: ${status === 'unchanged' ? 'up to date' : status}`);
}

say.chapter('A server of decorated classes');
const broker = new MemoryBroker();
const topics = new ChatTopics(broker);
const server = createServer({
  broker,
  services: [new ChatController(topics, new MessageStore())],
  authenticate: ({ token }) => {
    const user = userOf(token);
    return user && { principal: user.name, user };
  },
  onError: ({ error, where }) => say.server(`onError, ${where}: ${String(error)}`),
  onCoverage: (table) => {
    say.note('At boot it tells which guard stands before what:');
    for (const line of table.split('\n')) say.note(line);
  },
});
const { port } = await server.listen({ port: 0, host: '127.0.0.1' });
const relay = await startRelay(port);
say.server(`listens on port ${port}; alice and carol come directly, bob through a relay`);

const alice = connectAs('alice', port);
const bob = connectAs('bob', relay.port);
const carol = connectAs('carol', port);

await makeCalls(alice);
await runStreams({ alice, bob, carol });
await cutAndRecover({ alice, bob, carol }, { topics, relay });
await askBack({ alice, bob, carol });

say.chapter('Everything is closed');
for (const user of [alice, bob, carol]) user.close();
await relay.close();
await server.close();
await broker.close();
say.note('No timer and no socket is left, so the process ends by itself.');

import { generate } from '@trunkline/codegen';
import { connect, type SubscriptionState } from '@trunkline/client';
import { createServer, MemoryBroker } from '@trunkline/server';
import { fileURLToPath } from 'node:url';
import { userOf } from './app.js';
import { ChatController } from './chat-controller.js';
import { ChatClient } from './generated/chat.client.js';
import { ChatTopics } from './generated/chat.server.js';
import { MessageStore } from './message-store.js';
import { startRelay } from './relay.js';
import { say } from './story.js';

function clientOf(name: string, port: number) {
  return connect(`ws://127.0.0.1:${port}`, {
    services: { chat: ChatClient },
    auth: () => `token-of-${name}`,
    reconnect: { minMs: 50, maxMs: 500 },
  });
}

/** Resolves when the check holds for the state; asks again at each change. */
function signal(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

say.chapter('One contract: code is generated from src/chat.contract.ts');
const generated = await generate({ cwd: fileURLToPath(new URL('..', import.meta.url)) });
for (const file of generated.files) say.note(`${file.path} (${file.status})`);

say.chapter('A server of decorated classes');
const broker = new MemoryBroker();
const topics = new ChatTopics(broker);
const store = new MessageStore();
const server = createServer({
  broker,
  services: [new ChatController(topics, store)],
  authenticate: ({ token }) => {
    const user = userOf(token);
    return user && { principal: user.name, user };
  },
  onError: ({ error, where }) => say.server(`onError, ${where}: ${String(error)}`),
  onCoverage: (table) => table.split('\n').forEach((line) => say.note(line)),
});
const { port } = await server.listen({ port: 0, host: '127.0.0.1' });
const relay = await startRelay(port);
say.server(`listens on port ${port}; bob will come through a relay that can be cut`);

const alice = clientOf('alice', port);
const bob = clientOf('bob', relay.port);
const carol = clientOf('carol', port);

say.chapter('Calls: typed values in, typed values or typed errors out');
const first = await alice.chat.post({ room: 'lobby', text: 'hello' });
say.client(
  'alice',
  `posted "${first.text}"; sentAt is a ${first.sentAt.constructor.name}, not a string`,
);

const closed = await alice.chat.post.safe({ room: 'attic', text: 'anybody here?' });
if (!closed.ok && closed.error.code === 'ROOM_CLOSED') {
  say.client(
    'alice',
    `declared error ROOM_CLOSED: closed in ${closed.error.data.closedAt.getFullYear()}`,
  );
}

const invalid = await alice.chat.post.safe({ room: 'lobby', text: '' });
if (!invalid.ok) {
  const { code, executed, data } = invalid.error;
  const issues = (data as { issues: { path: string[]; message: string }[] }).issues;
  say.client(
    'alice',
    `${code} at "${issues[0]?.path.join('.')}": ${issues[0]?.message} (executed: ${executed})`,
  );
}

const controller = new AbortController();
const cancelled = alice.chat.report.safe({ ms: 10_000 }, { signal: controller.signal });
await alice.chat.report({ ms: 0 });
controller.abort();
const outcome = await cancelled;
if (!outcome.ok) say.client('alice', `withdrew a call: ${outcome.error.code}`);

const late = await alice.chat.report.safe({ ms: 10_000 }, { deadlineMs: 100 });
if (!late.ok) say.client('alice', `a call with 100 ms to live: ${late.error.code}`);

say.chapter('Streams: items flow one way or the other, under credit');
await alice.chat.post({ room: 'lobby', text: 'how are you?' });
for await (const message of bob.chat.history({ room: 'lobby', limit: 10 })) {
  say.client('bob', `history: ${message.author} wrote "${message.text}"`);
}
function* pieces(): Generator<Uint8Array<ArrayBuffer>> {
  for (let index = 0; index < 40; index++) yield new Uint8Array(4_096);
}
const upload = await carol.chat.upload({ name: 'photo.jpg' }, pieces());
say.client(
  'carol',
  `uploaded ${upload.name}: the server counted ${upload.bytes} bytes in 40 items`,
);

say.chapter('Topics: two rooms, each with its own subscribers');
const seen = { bob: 0, carol: 0 };
const bobHasAll = signal();
const joined = { bob: signal(), carol: signal(), again: signal() };
const bobState = (state: SubscriptionState): void => {
  if (state.status === 'stale')
    say.client('bob', 'the subscription is stale: the connection is gone');
  if (state.status !== 'live') return;
  if (state.joined?.kind === 'recovered') {
    say.client('bob', `live again, recovered ${state.joined.count} messages, no gap`);
    joined.again.resolve();
  } else joined.bob.resolve();
};
const lobby = bob.chat.messages({ room: 'lobby' }).subscribe({
  message: (message) => {
    say.client('bob', `lobby: ${message.author} "${message.text}"`);
    if (++seen.bob === 4) bobHasAll.resolve();
  },
  gap: (gap) => say.client('bob', `gap ${gap.from} to ${gap.to}: ${gap.reason}`),
  state: bobState,
});
const garden = carol.chat.messages({ room: 'garden' }).subscribe({
  message: (message) => {
    seen.carol++;
    say.client('carol', `garden: ${message.author} "${message.text}"`);
  },
  state: (state) => state.status === 'live' && joined.carol.resolve(),
});
await Promise.all([joined.bob.promise, joined.carol.promise]);
const denied = bob.chat.messages({ room: 'garden' }).subscribe({
  state: (state) =>
    state.status === 'ended' && say.client('bob', `may not read the garden: ${state.error?.code}`),
});
await alice.chat.post({ room: 'lobby', text: 'news for the lobby' });
await alice.chat.post({ room: 'garden', text: 'news for the garden' });

say.chapter('A cut: the network dies, messages go on, nothing is lost');
relay.cut();
say.server('the relay was cut; meanwhile three messages are published in the lobby');
for (const text of ['one', 'two', 'three']) {
  await topics
    .messages({ room: 'lobby' })
    .publish({ room: 'lobby', author: 'cron job', text, sentAt: new Date() });
}
await joined.again.promise;
await bobHasAll.promise;
say.note(
  `bob saw all 4 messages of the lobby once and in order; carol saw ${seen.carol} of the garden`,
);

say.chapter('Everything is closed');
for (const subscription of [lobby, garden, denied]) subscription.close();
for (const client of [alice, bob, carol]) client.close();
await relay.close();
await server.close();
await broker.close();
say.note('no timer and no socket keeps the process alive: it ends by itself');

import { createServer as createHttpServer } from 'node:http';
import { createInterface } from 'node:readline';
import { createServer } from '@trunkline/server';
import { EchoController } from './echo-controller.js';
import { EchoTopics } from './generated/echo.server.js';
import { listen } from './listen.js';
import { servePage } from './page-files.js';

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopping.abort());

const http = createHttpServer(servePage());
Object.assign(http, { maxHeadersCount: 100, headersTimeout: 10_000, requestTimeout: 15_000 });

const server = createServer({
  anonymous: true,
  services: [new EchoController()],
  onOpen: ({ session }) => {
    console.log(`opened ${session.id} from ${session.connection.remoteAddress}`);
  },
  onClose: ({ session, code, reason }) => {
    console.log(`closed ${session.id} with ${code} ${reason}`.trimEnd());
  },
  // A person who pastes the greeting into a developer console is slower than a program.
  limits: { helloMs: 60_000 },
});
server.mount(http);

console.log(`http://localhost:${await listen(http, process.env['PORT'])}`);
console.log('type a line for every open page, or "exit" to stop');

const lines = createInterface({ input: process.stdin, signal: stopping.signal });
const topics = new EchoTopics(server.broker);
for await (const line of lines) {
  const text = line.trim();
  if (text === 'exit') break;
  if (text !== '') await announce(text);
}

lines.close();
await server.close();
http.close();
http.closeAllConnections();
console.log('stopped');

async function announce(text: string): Promise<void> {
  try {
    await topics.announcements().publish({ text, sentAt: new Date() });
  } catch (error) {
    console.error(`not sent: ${error instanceof Error ? error.message : String(error)}`);
  }
}

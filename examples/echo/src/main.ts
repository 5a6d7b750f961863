import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from '@trunkline/server';
import { connectionLog } from './connection-log.js';
import { EchoController } from './echo-controller.js';
import { EchoTopics } from './generated/echo.server.js';
import { listen } from './listen.js';
import { servePage } from './page-files.js';
import { readConsole } from './read-console.js';
import { readPort } from './read-port.js';

const USAGE = `npm run example:echo
PORT=8080 npm run example:echo takes another port, and PORT=0 a free one`;

const stopping = new AbortController();
// Some send a signal twice, as npm and the terminal do together, so it is asked for each time.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => stopping.abort());

const http = createHttpServer(servePage());
Object.assign(http, { maxHeadersCount: 100, headersTimeout: 10_000, requestTimeout: 15_000 });

const server = createServer({
  anonymous: true,
  services: [new EchoController()],
  observers: [connectionLog],
  // A person who pastes the greeting into a developer console is slower than a program.
  limits: { helloMs: 60_000 },
});
server.mount(http);
const topics = new EchoTopics(server.broker);

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(textOf(error));
  process.exitCode = 1;
}

async function main([argument]: readonly string[]): Promise<void> {
  if (argument === '--help') return console.log(USAGE);
  if (argument !== undefined)
    throw new TypeError(`unknown argument "${argument}": expected --help`);
  const { signal } = stopping;
  console.log(`http://localhost:${await listen(http, readPort(process.env['PORT']))}`);
  console.log('type a line for every open page, or "exit" to stop');
  const isStopped = await readConsole(announce, signal);
  if (!isStopped && !signal.aborted) await once(signal, 'abort');
  // What was begun is answered, and the pages are told why they are left.
  await server.drain({ windowMs: 500 });
  http.close();
  http.closeAllConnections();
  console.log('stopped');
}

async function announce(text: string): Promise<void> {
  try {
    await topics.announcements().publish({ text, sentAt: new Date() });
  } catch (error) {
    console.error(`not sent: ${textOf(error)}`);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

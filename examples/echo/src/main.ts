import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from '@trunkline/server';
import { buildPage } from './build-page.js';
import { connectionLog } from './connection-log.js';
import { EchoController } from './echo-controller.js';
import { EchoTopics } from './generated/echo.server.js';
import { listen } from './listen.js';
import { servePage } from './page-files.js';
import { PROGRAM } from './program.js';
import { readConsole } from './read-console.js';
import { readStart, type Start } from './read-start.js';

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
  const start = await readStart(PROGRAM);
  if (start !== undefined) await main(start);
} catch (error) {
  console.error(textOf(error));
  process.exitCode = 1;
}

async function main(start: Start): Promise<void> {
  if (start.flags.has('--build')) await buildPage();
  const { signal } = stopping;
  console.log(`http://localhost:${await listen(http, start)}`);
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

import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { buildPage } from './build-page.js';
import { Network } from './network.js';
import { PROGRAM } from './program.js';
import { readStart, type Start } from './read-start.js';
import { runServer } from './server/run-server.js';
import { TIMING } from './timing.js';

const stopping = new AbortController();
// Some send a signal twice, as npm and the terminal do together, so it is asked for each time.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => stopping.abort());

async function main({ port, flags }: Start): Promise<void> {
  if (flags.has('--build')) await buildPage();
  const server = await runServer(
    { timing: TIMING, page: fileURLToPath(new URL('page', import.meta.url)) },
    { cut: () => network.cut(TIMING.cutMs) },
  );
  const network = new Network({ target: server.port, port, delayMs: 0 });
  try {
    await network.listen();
    server.tell('start');
    process.stdout.write(`http://localhost:${network.port}\n`);
    if (!stopping.signal.aborted) await once(stopping.signal, 'abort');
  } finally {
    await Promise.all([network.close(), server.close()]);
  }
}

try {
  const start = await readStart(PROGRAM);
  if (start !== undefined) await main(start);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

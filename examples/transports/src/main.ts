import { fileURLToPath } from 'node:url';
import { Network } from './network.js';
import { runServer } from './server/run-server.js';
import { TIMING } from './timing.js';

const DEFAULT_PORT = 8086;

const port = portOf(process.env['PORT']);
const server = await runServer(
  { timing: TIMING, page: fileURLToPath(new URL('page', import.meta.url)) },
  { cut: () => network.cut(TIMING.cutMs) },
);
const network = new Network({ target: server.port, port, delayMs: 0 });
await network.listen();
server.tell('start');
process.stdout.write(`http://localhost:${network.port}\n`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void Promise.all([network.close(), server.close()]));
}

function portOf(given: string | undefined): number {
  const port = Number(given ?? DEFAULT_PORT);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new RangeError(`PORT is "${given}": expected a whole number from 0 to 65535`);
}

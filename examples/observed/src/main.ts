import { pino } from 'pino';
import { PROGRAM } from './program.js';
import { readStart, type Start } from './read-start.js';
import { openShopServer } from './shop-server.js';
import { shopAround } from './traffic.js';

const CLIENTS = 5;
/** The log is long, and would soon have carried the addresses away. */
const REMIND_MS = 5_000;
const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => stopping.abort());

try {
  const start = await readStart(PROGRAM);
  if (start !== undefined) await main(start);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

async function main(start: Start): Promise<void> {
  const isOnce = start.flags.has('--once');
  const log = pino({ level: isOnce ? 'error' : 'info' });
  const { server, http, port } = await openShopServer(log, start);
  const address = `127.0.0.1:${port}`;
  // Beside the log, which goes to standard output.
  const remind = () => console.error(`open http://${address}/ for metrics and readiness`);
  remind();
  const reminder = setInterval(remind, REMIND_MS);
  const until = { aborted: () => stopping.signal.aborted };
  const shoppers = Array.from({ length: CLIENTS }, () =>
    shopAround(`ws://${address}/trunkline`, until),
  );

  if (isOnce) {
    const enough = /^trunkline_call_duration_seconds_count\{procedure="shop.order"\} \d{2,}$/m;
    let page = '';
    while (!enough.test(page)) page = await (await fetch(`http://${address}/metrics`)).text();
    console.log(page.match(/^trunkline_calls_total.*$/gm)?.join('\n'));
    stopping.abort();
  }
  await Promise.all(shoppers);
  clearInterval(reminder);
  const report = await server.drain({ windowMs: 5_000 });
  http.close();
  http.closeAllConnections();
  console.log(`drained: ${JSON.stringify(report)}`);
}

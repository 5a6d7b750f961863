import { pino } from 'pino';
import { readPort } from './read-port.js';
import { openShopServer } from './shop-server.js';
import { shopAround } from './traffic.js';

const CLIENTS = 5;
const isOnce = process.argv.includes('--once');
const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => stopping.abort());

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const log = pino({ level: isOnce ? 'error' : 'info' });
  const wanted = isOnce ? 0 : readPort(process.env['PORT']);
  const { server, http, port } = await openShopServer(log, wanted);
  const address = `127.0.0.1:${port}`;
  console.log(`metrics: http://${address}/metrics, readiness: http://${address}/ready`);
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
  const report = await server.drain({ windowMs: 5_000 });
  http.close();
  http.closeAllConnections();
  console.log(`drained: ${JSON.stringify(report)}`);
}

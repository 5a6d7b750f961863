import { connect } from '@trunkline/client';
import { setTimeout as wait } from 'node:timers/promises';
import { StockClient } from './generated/stock.client.js';

/** More than twice the time-out. */
const IDLE_MS = 130_000;

const [url = ''] = process.argv.slice(2);
const client = connect(url, { services: { stock: StockClient }, agent: 'idle' });
let changes = 0;
client.connection.watch(({ status, reason }) => {
  changes++;
  process.stdout.write(`  connection: ${status}${reason === undefined ? '' : `, ${reason}`}\n`);
});
client.stock.levels().subscribe({
  state: ({ status, joined }) => {
    process.stdout.write(`  levels: ${status}, ${joined?.kind ?? ''}\n`);
  },
});
await client.connection.live();
const { address } = await client.stock.whoami();
process.stdout.write(
  `  the server sees ${address}; now nothing is asked for ${IDLE_MS / 1000} s\n`,
);
const before = changes;
await wait(IDLE_MS);
const after = await client.stock.whoami.safe();
const hasLasted = changes === before && after.ok;
process.stdout.write(hasLasted ? '  it is the same connection\n' : '  it was cut\n');
client.close();
process.exitCode = hasLasted ? 0 : 1;

import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '@trunkline/client';
import { hostile } from '../soak/hostile-contract.mjs';

// Well-behaved clients beside hostile ones, in a process of their own: each calls now and then.

const EVERY_MS = 100;
const [port, count] = process.argv.slice(2).map(Number);
const clients = Array.from({ length: count }, () =>
  connect(`ws://127.0.0.1:${port}`, { contracts: { hostile } }),
);
let times = [];
let faults = [];
let isOver = false;

async function keepCalling(client) {
  for (let n = 0; !isOver; n++) {
    const from = performance.now();
    try {
      const sum = await client.hostile.add({ a: n, b: 1 });
      if (sum !== n + 1) faults.push(`${n} + 1 is ${sum}`);
    } catch (error) {
      faults.push(`a well-behaved call failed: ${error.code} ${error.message}`);
    }
    times.push(performance.now() - from);
    await sleep(EVERY_MS * (0.5 + Math.random()));
  }
}

/** Gives the times of all calls that end within so many milliseconds. */
async function measure(ms) {
  times = [];
  faults = [];
  await sleep(ms);
  const sorted = times.toSorted((one, other) => one - other);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { calls: sorted.length, p50: at(0.5), p99: at(0.99), most: at(1), faults };
}

const hands = clients.map((client) => keepCalling(client));

async function obey({ what, ms }) {
  if (what === 'measure') {
    process.send({ what: 'done', result: await measure(ms) });
    return;
  }
  isOver = true;
  await Promise.all(hands);
  for (const client of clients) client.close();
  process.disconnect();
}

process.on('message', (order) => void obey(order));
// Whoever has started it may have been stopped.
process.on('disconnect', () => setTimeout(() => process.exit(), 5_000).unref());

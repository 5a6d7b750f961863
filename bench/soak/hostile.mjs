// Sessions that take all that a server gives to one, beside others that behave:
//   npm run soak -- --hostile [--sessions 1000] [--flat 60] [--seconds 8]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DETACHED_MS, startServer } from './hostile-server.mjs';
import { heldBytes, mebibytes, openResources, until } from './memory.mjs';

const NEIGHBOURS = 100;
/** What a server may hold for one session, whatever its client does. */
const SESSION_BYTES = 20 * 1_048_576;
/** So many are there at once with all there is, before the first of them is closed for not reading. */
const FEW = 8;
/** What nobody is closed for, who says that he lives. */
const LASTING = ['inputs', 'asked', 'values', 'topics', 'keys', 'bound', 'calls'];
/** After so long what has come is decoded, and what runs is running. */
const SETTLED_MS = 1_000;
/** What may be left when all have gone: code that was compiled, and tables that have grown. */
const LEFT_BYTES = 24 * 1_048_576;
/** How much more than in the first half of their time they may hold in the second. */
const FLAT_SHARE = 1.15;

const options = {
  hostile: { type: 'boolean' },
  sessions: { type: 'string', default: '1000' },
  flat: { type: 'string', default: '60' },
  seconds: { type: 'string', default: '8' },
  parts: { type: 'string' },
};
const { values } = parseArgs({ options });
const [sessions, flatMs, measureMs] = [
  Number(values.sessions),
  Number(values.flat) * 1_000,
  Number(values.seconds) * 1_000,
];
const faults = [];

const { server, broker, port, failures } = await startServer();
const empty = JSON.stringify(server.counts);
const start = (name, ...args) =>
  fork(fileURLToPath(new URL(`../harness/${name}-process.mjs`, import.meta.url)), args.map(String));
const enemies = start('hostile', port);
const neighbours = start('neighbour', port, NEIGHBOURS);

async function ask(child, order) {
  child.send(order);
  const [{ result }] = await once(child, 'message');
  return result;
}

/** What the well-behaved ones notice, and the longest turn of the server meanwhile. */
async function measure(name) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const result = await ask(neighbours, { what: 'measure', ms: measureMs });
  delay.disable();
  const { calls, p50, p99, most } = result;
  faults.push(...result.faults.slice(0, 5));
  console.log(
    `${name}: ${calls} calls of ${NEIGHBOURS} clients: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ` +
      `most ${most.toFixed(1)} ms; longest turn of the server ${(delay.max / 1e6).toFixed(0)} ms`,
  );
  return result;
}

const isUp = () => server.counts.connections >= NEIGHBOURS;
if (!(await until(isUp, 10_000))) faults.push('the neighbours have not come');
await sleep(1_000);
const quiet = await measure('alone');

await ask(enemies, { what: 'act' });
await sleep(500);
const beside = await measure('beside one session that works at every limit');
const busy = await ask(enemies, { what: 'leave' });
console.log(
  `it had ${busy.results} results, was refused ${JSON.stringify(busy.refused)} ${JSON.stringify(busy.closed)}`,
);
const allowed = 2 * quiet.p99 + 20;
console.log(`p99 ${beside.p99.toFixed(1)} ms, of ${allowed.toFixed(1)} ms`);

const isBack = () => server.counts.sessions <= NEIGHBOURS;
await until(isBack, DETACHED_MS + 3_000);
// What is compiled and kept the first time is nobody's.
await ask(enemies, { what: 'fill', count: 2 });
await ask(enemies, { what: 'leave' });
await until(isBack, DETACHED_MS + 3_000);
const before = await heldBytes();
const rssBefore = process.memoryUsage().rss;

/** Lets so many go to their limits, and gives what all of them hold then. */
async function fill(count, parts) {
  await ask(enemies, { what: 'fill', count, parts });
  await until(() => server.counts.connections >= NEIGHBOURS + count, 20_000);
  await sleep(SETTLED_MS);
  const held = (await heldBytes()) - before;
  console.log(
    `${count} sessions with ${parts?.join(', ') ?? 'all there is'} hold ${mebibytes(held)}, ` +
      `${mebibytes(held / count)} each, of ${mebibytes(SESSION_BYTES)}; ${JSON.stringify(server.counts)}`,
  );
  if (held > count * SESSION_BYTES) faults.push(`${mebibytes(held / count)} for each session`);
  return held;
}

const parts = values.parts?.split(',');
if (parts === undefined) {
  await fill(Math.min(sessions, FEW));
  await ask(enemies, { what: 'leave' });
  await until(isBack, DETACHED_MS + 3_000);
}
const first = await fill(sessions, parts ?? LASTING);

await measure('beside them');
const halves = [first, 0];
const half = performance.now() + flatMs / 2;
for (const end = half + flatMs / 2; performance.now() < end;) {
  await sleep(Math.min(5_000, flatMs / 4));
  const now = (await heldBytes()) - before;
  const which = performance.now() < half ? 0 : 1;
  halves[which] = Math.max(halves[which], now);
  console.log(`${mebibytes(now)}, ${JSON.stringify(server.counts)}`);
}
const [early, late] = halves;
console.log(`at most ${mebibytes(early)}, then ${mebibytes(late)}`);
if (late > early * FLAT_SHARE + LEFT_BYTES)
  faults.push(`it grows: ${mebibytes(early)}, then ${mebibytes(late)}`);
if (Math.max(early, late) > sessions * SESSION_BYTES) faults.push('they hold too much');

const rssMost = process.memoryUsage().rss;
const left = await ask(enemies, { what: 'leave' });
console.log(`closed meanwhile: ${JSON.stringify(left.closed)}`);
if (!(await until(isBack, DETACHED_MS + 5_000)))
  faults.push(`left ${JSON.stringify(server.counts)}`);
await sleep(1_000);
const rest = (await heldBytes()) - before;
console.log(
  `after they have left: ${mebibytes(rest)} more than before, of ${mebibytes(LEFT_BYTES)}; ` +
    `rss ${mebibytes(rssBefore)}, then ${mebibytes(rssMost)}`,
);
if (rest > LEFT_BYTES) faults.push(`${mebibytes(rest)} are left`);
await measure('alone again');

enemies.send({ what: 'end' });
neighbours.send({ what: 'end' });
const hasEnded = () => [enemies, neighbours].every(({ exitCode }) => exitCode !== null);
if (!(await until(hasEnded, 10_000))) faults.push('a process of clients has not ended by itself');
if (!(await until(() => JSON.stringify(server.counts) === empty, DETACHED_MS + 3_000)))
  faults.push(`left over ${JSON.stringify(server.counts)}`);
await server.close();
await broker.close();
if (!(await until(() => openResources().length === 0, 3_000)))
  faults.push(`the server has left ${openResources().join(', ')}`);
for (const { error } of failures.slice(0, 5)) faults.push(`the server failed: ${error}`);
for (const fault of faults.slice(0, 20)) console.error(`fault: ${fault}`);
console.log(`${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;

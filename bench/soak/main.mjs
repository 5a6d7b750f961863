// People at work against a server over real sockets, which are cut now and then:
//   npm run soak [-- --minutes 10] [-- --hostile]
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Costs } from './costs.mjs';
import { heldBytes, mebibytes, openResources, until } from './memory.mjs';
import { DETACHED_MS, startServer, starts } from './soak-server.mjs';

/** What the server may hold more after the second half than after the first. */
const TOLERANCE_BYTES = 1_572_864;
/** How long a handler may still start after its call has failed. */
const LATE_MS = 3_000;

const HELP = `usage: npm run soak -- [flags]

People at work against a server over real sockets, which are cut now and then. It ends with what is
left: sizes, heap, timers, handles; and with what a stalled reader and a resumed session cost.

  --minutes NUMBER   how long they work (default 0.4)
  --hostile          hostile sessions instead, and what they cost the server and the others
    --sessions NUMBER  how many of them (default 1000)
    --flat NUMBER      how many seconds they stay (default 60)
    --seconds NUMBER   for how long latencies are measured, each time (default 8)
    --parts NAMES      what they do of: inputs, streams, asked, values, results, publishes, topics,
                       keys, bound, calls (default: a few sessions with all of
                       these, then all with what nobody is closed for)
  --help             prints this and stops

Exit code: 0 nothing was lost or left, 1 something was, 2 wrong command line.`;

/** @param {string} message @returns {never} */
function refuse(message) {
  console.error(`${message}\n\n${HELP}`);
  return process.exit(2);
}

// Their server may hold more than Node gives a process by itself.
if (process.argv.includes('--hostile')) {
  const program = fileURLToPath(new URL('hostile.mjs', import.meta.url));
  const flags = ['--expose-gc', '--max-old-space-size=12288', program];
  const child = spawn(process.execPath, [...flags, ...process.argv.slice(2)], { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  process.exit(code ?? 1);
}

function readMinutes() {
  const options = {
    minutes: { type: 'string', default: '0.4' },
    help: { type: 'boolean', default: false },
  };
  try {
    const { minutes, help } = parseArgs({ options }).values;
    if (!help) return Number(minutes);
  } catch (error) {
    return refuse(error.message);
  }
  console.log(HELP);
  return process.exit();
}

const minutes = readMinutes();
const halfMs = (minutes * 60_000) / 2;
if (!(halfMs > 0)) refuse('--minutes must be a number above 0');

const { server, port, failures, feed } = await startServer();
const empty = { ...server.counts };
const crowd = fork(fileURLToPath(new URL('../harness/crowd-process.mjs', import.meta.url)), [
  String(port),
]);
const faults = [];
const settled = [];
const total = { done: {}, failed: {} };
const from = performance.now();

crowd.on('message', (message) => {
  if (message.what !== 'report') return;
  Object.assign(total, message);
  faults.push(...message.faults);
  const at = performance.now();
  for (const [key, executed] of message.settled) settled.push({ key, executed, at });
});

/** A handler has started once for what is done, never for what is said never to have run. */
function checkStarts(now) {
  while (settled.length > 0 && settled[0].at + LATE_MS < now) {
    const { key, executed } = settled.shift();
    const count = starts.get(key) ?? 0;
    starts.delete(key);
    if (count > 1) faults.push(`the handler of ${key} has started ${count} times`);
    if (executed === 'no' && count > 0) faults.push(`the handler of ${key} has started after all`);
    if (executed === 'yes' && count === 0) faults.push(`the handler of ${key} has never started`);
  }
}

function progress() {
  const seconds = Math.round((performance.now() - from) / 1_000);
  const { items = 0, messages = 0, gaps = 0, cuts = 0, lives = 0 } = total;
  const done = Object.values(total.done).reduce((sum, count) => sum + count, 0);
  const failed = Object.values(total.failed).reduce((sum, count) => sum + count, 0);
  const heap = mebibytes(process.memoryUsage().heapUsed);
  console.log(
    `${seconds} s: ${done} done, ${failed} withdrawn, ${items} items, ${messages} topic messages, ${gaps} gaps, ` +
      `${lives} lives, ${cuts} cuts, ${faults.length} faults, heap ${heap}, ${JSON.stringify(server.counts)}`,
  );
}

function job(order) {
  const done = new Promise((resolve) => {
    const listen = (message) => {
      if (message.what !== 'done') return;
      crowd.off('message', listen);
      resolve(message.result);
    };
    crowd.on('message', listen);
  });
  crowd.send(order);
  return done;
}

/** Waits until nobody is there, and gives what the server holds then. */
async function quiesce(name) {
  crowd.send({ what: 'report' });
  const isEmpty = () => JSON.stringify(server.counts) === JSON.stringify(empty);
  if (!(await until(isEmpty, DETACHED_MS + 3_000)))
    faults.push(`${name}: left over ${JSON.stringify(server.counts)}`);
  await until(() => settled.length === 0 || (checkStarts(performance.now()), false), LATE_MS + 500);
  starts.clear();
  const bytes = await heldBytes();
  console.log(`${name}: the server is empty and holds ${mebibytes(bytes)}`);
  return bytes;
}

const feeding = setInterval(() => void feed('news'), 25);
const reporting = setInterval(() => crowd.send({ what: 'report' }), 500);
const telling = setInterval(() => (checkStarts(performance.now()), progress()), 10_000);
const pause = (timers) => timers.forEach((timer) => clearInterval(timer));

// What is compiled and kept the first time is no leak.
await job({ what: 'crowd', ms: Math.min(5_000, halfMs / 2) });
await quiesce('warm');
await job({ what: 'crowd', ms: halfMs });
const first = await quiesce('first half');
await job({ what: 'crowd', ms: halfMs });
const second = await quiesce('second half');
progress();
console.log(`done ${JSON.stringify(total.done)}, withdrawn ${JSON.stringify(total.failed)}`);
console.log(
  `the second half has left ${mebibytes(second - first)}, of ${mebibytes(TOLERANCE_BYTES)} allowed`,
);
if (second - first > TOLERANCE_BYTES)
  faults.push(`${second - first} bytes more after the second half`);
pause([feeding]);
faults.push(...(await new Costs({ server, crowd, job, feed }).measure()));
pause([reporting, telling]);

crowd.send({ what: 'end' });
const [ended] = await once(crowd, 'message');
if (ended.left.length > 0) faults.push(`the clients have left ${ended.left.join(', ')}`);
if (!(await until(() => crowd.exitCode !== null, 5_000)) || crowd.exitCode !== 0) {
  faults.push("the clients' process has not ended by itself");
  crowd.kill('SIGKILL');
}
await server.close();
if (!(await until(() => openResources().length === 0, 3_000))) {
  faults.push(`the server has left ${openResources().join(', ')}`);
}
for (const { error } of failures.slice(0, 5)) faults.push(`the server failed: ${error}`);
for (const fault of faults.slice(0, 20)) console.error(`fault: ${fault}`);
console.log(`${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;

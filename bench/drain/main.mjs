// Drains a server with thousands of clients at work, which move to another one:
//   npm run drain [-- --sessions 10000]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openFilesOf } from './open-files.mjs';
import { reportOf } from './report.mjs';

const HELP = `usage: npm run drain -- [flags]

Two servers behind one name, and clients that call at a steady rate. The first server gets SIGTERM, and
new connections go to the second, but for the first half second. What became of the clients and of
each call is printed.

  --sessions NUMBER  clients (default 10000)
  --calls NUMBER     calls in a second, of all clients together (default 1000)
  --window NUMBER    milliseconds that the drain may take (default 25000)
  --help             prints this and stops

Exit code: 0 nothing was lost, 1 something was, 2 wrong command line. Of 1,000 sessions and more also
the times count: nobody meets more than 15 % of the clients in a second, and the process exits in time.`;

/** A proxy learns by its next probe that a server is not ready any more. */
const PROBE_MS = 500;
const BEFORE_MS = 3_000;
const CLIENT_PROCESSES = 2;
/** New sockets in a second: fewer than a server takes at most. */
const RAMP_RATE = 1_000;
const KEYS_EACH = 10_000_000;

/** @param {string} message @returns {never} */
function refuse(message) {
  console.error(`${message}\n\n${HELP}`);
  return process.exit(2);
}

function readFlags() {
  const options = {
    sessions: { type: 'string', default: '10000' },
    calls: { type: 'string', default: '1000' },
    window: { type: 'string', default: '25000' },
    help: { type: 'boolean', default: false },
  };
  let values;
  try {
    ({ values } = parseArgs({ options }));
  } catch (error) {
    return refuse(error.message);
  }
  if (values.help) {
    console.log(HELP);
    return process.exit();
  }
  const flags = {};
  for (const name of ['sessions', 'calls', 'window']) {
    flags[name] = Number(values[name]);
    if (!(flags[name] >= 1))
      refuse(`--${name} must be a number from 1 on, not "${String(values[name])}"`);
  }
  return flags;
}

const flags = readFlags();
const files = openFilesOf();
const needed = flags.sessions + 200;
if (files < needed) {
  refuse(
    `${flags.sessions} sessions need ${needed} open files, and this process may have ${files}: ` +
      'raise it with "ulimit -n", or ask for fewer --sessions',
  );
}

/** Starts a program, and keeps the messages that it sends. */
function start(name, args) {
  const path = fileURLToPath(new URL(`../harness/${name}.mjs`, import.meta.url));
  const child = fork(path, args.map(String));
  const waiting = new Map();
  const come = new Map();
  const news = { starts: [], opened: [] };
  child.on('message', (message) => {
    for (const name of ['starts', 'opened']) {
      for (const one of message[name] ?? []) news[name].push(one);
    }
    const resolve = waiting.get(message.what);
    if (resolve) resolve(message);
    else come.set(message.what, message);
  });
  const heard = (what) => {
    if (come.has(what)) return Promise.resolve(come.get(what));
    return new Promise((resolve, reject) => {
      waiting.set(what, resolve);
      const gone = (code) => reject(new Error(`${name} ended with ${code} and never said ${what}`));
      if (child.exitCode !== null) gone(child.exitCode);
      // What it has sent last may still come.
      else child.once('exit', (code) => setTimeout(gone, 2_000, code));
    });
  };
  return { child, heard, news, exit: once(child, 'exit') };
}

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const FIRST = '127.0.1.1';
const SECOND = '127.0.2.1';
const first = start('drain-server-process', [flags.window, FIRST]);
const { port } = await first.heard('ready');
const second = start('drain-server-process', [flags.window, SECOND, port]);
await second.heard('ready');

const share = flags.sessions / CLIENT_PROCESSES;
const rampMs = (flags.sessions / RAMP_RATE) * 1_000;
const crowds = Array.from({ length: CLIENT_PROCESSES }, (_, place) => {
  const sessions = place === 0 ? Math.ceil(share) : Math.floor(share);
  const calls = flags.calls / CLIENT_PROCESSES;
  return start('drain-clients-process', [
    FIRST,
    SECOND,
    port,
    sessions,
    calls,
    place * KEYS_EACH,
    rampMs,
  ]);
});
await Promise.all(crowds.map(({ heard }) => heard('live')));
for (const { child } of crowds) child.send('begin');
await wait(BEFORE_MS);

const startedAt = Date.now();
first.child.kill('SIGTERM');
void first.heard('draining').then(async () => {
  await wait(PROBE_MS);
  for (const { child } of crowds) child.send('move');
});
const drained = await first.heard('drained');
const [code] = await first.exit;
const exitMs = Date.now() - startedAt;
await wait(1_000);

for (const { child } of crowds) child.send('stop');
const told = await Promise.all(crowds.map(({ heard }) => heard('told')));
second.child.send('tell');
await second.heard('told');
second.child.kill('SIGKILL');

const { lines, faults } = reportOf({
  flags,
  startedAt,
  exitMs,
  code,
  report: drained.report,
  first: first.news,
  second: second.news,
  told,
});
console.log(lines.join('\n'));
for (const fault of faults) console.error(`FAULT: ${fault}`);
process.exit(faults.length > 0 ? 1 : 0);

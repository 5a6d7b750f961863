import { HostileSession } from './hostile-session.mjs';

// Hostile sessions, in a process of their own: what the server's process holds is the server's.

const AT_ONCE = 4;
const LOOK_MS = 1_000;
const [port] = process.argv.slice(2).map(Number);
let sessions = [];
let living;
let wanted;
let names = 0;
const closed = {};

/** Opens so many and lets each go to every limit; who is closed comes again, as somebody else. */
async function fill({ count, parts }) {
  wanted = { count, parts };
  await refill();
  living = setInterval(() => {
    for (const session of sessions) session.stayAlive();
    void refill();
  }, LOOK_MS);
  return told();
}

let filling;

function refill() {
  return (filling ??= openMissing().finally(() => (filling = undefined)));
}

async function openMissing() {
  for (const session of sessions) if (session.closed !== undefined) note(session);
  sessions = sessions.filter((session) => session.closed === undefined);
  while (wanted !== undefined && sessions.length < wanted.count) {
    const { count, parts } = wanted;
    const some = Array.from({ length: Math.min(AT_ONCE, count - sessions.length) }, () => {
      return new HostileSession(`s${names++}`);
    });
    await Promise.all(some.map((session) => session.open(port).then(() => session.fill(parts))));
    sessions.push(...some);
    for (const session of sessions) session.stayAlive();
  }
}

function note({ closed: how }) {
  closed[how] = (closed[how] ?? 0) + 1;
}

/** One that works as hard as it can, at every limit. */
async function act() {
  const session = new HostileSession('busy');
  await session.open(port);
  session.act();
  sessions.push(session);
}

function told() {
  const results = sessions.reduce((total, session) => total + session.results, 0);
  const refused = {};
  for (const session of sessions) {
    for (const [code, count] of Object.entries(session.refused)) {
      refused[code] = (refused[code] ?? 0) + count;
    }
  }
  return { closed: { ...closed }, results, refused };
}

async function leave() {
  clearInterval(living);
  wanted = undefined;
  await filling;
  for (const session of sessions) if (session.closed !== undefined) note(session);
  const result = told();
  for (const session of sessions) session.leave();
  sessions = [];
  return result;
}

const JOBS = { fill, act, told, leave };

async function obey(order) {
  if (order.what === 'end') process.disconnect();
  else process.send({ what: 'done', result: await JOBS[order.what](order) });
}

process.on('message', (order) => void obey(order));
// Whoever has started it may have been stopped.
process.on('disconnect', () => setTimeout(() => process.exit(), 5_000).unref());

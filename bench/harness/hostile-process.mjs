import { HostileSession } from './hostile-session.mjs';

// Hostile sessions, in a process of their own: what the server's process holds is the server's.

const AT_ONCE = 20;
const ALIVE_MS = 3_000;
const [port] = process.argv.slice(2).map(Number);
let sessions = [];
let living;

/** Opens so many and lets each go to every limit; they stay there. */
async function fill({ count, parts }) {
  for (let from = 0; from < count; from += AT_ONCE) {
    const some = Array.from(
      { length: Math.min(AT_ONCE, count - from) },
      (_, n) => new HostileSession(`s${from + n}`),
    );
    await Promise.all(some.map((session) => session.open(port)));
    await Promise.all(some.map((session) => session.fill(parts)));
    sessions.push(...some);
  }
  living = setInterval(() => sessions.forEach((session) => session.stayAlive()), ALIVE_MS);
  return told();
}

/** One that works as hard as it can, at every limit. */
async function act() {
  const session = new HostileSession('busy');
  await session.open(port);
  session.act();
  sessions.push(session);
}

function told() {
  const closed = {};
  for (const session of sessions) {
    if (session.closed !== undefined) closed[session.closed] = (closed[session.closed] ?? 0) + 1;
  }
  const sum = (what) => sessions.reduce((total, session) => total + session[what], 0);
  return { open: sessions.length, closed, results: sum('results'), refusals: sum('refusals') };
}

function leave() {
  clearInterval(living);
  const result = told();
  for (const session of sessions) session.leave();
  sessions = [];
  return result;
}

const JOBS = { fill, act, told, leave };

process.on('message', async (order) => {
  if (order.what === 'end') return process.disconnect();
  process.send({ what: 'done', result: await JOBS[order.what](order) });
});

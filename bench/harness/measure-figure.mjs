import { BenchProcess } from './bench-process.mjs';

// Loading a large framework on a busy machine takes seconds; a minute means that it hangs.
const START_LIMIT_MS = 60_000;
const MARK_LIMIT_MS = 10_000;
// After its time a load only waits for the calls in flight.
const DRAIN_LIMIT_MS = 15_000;

/**
 * What one pair of fresh processes measured. Times are per unit of the scenario, and a
 * scenario's own figures are beside these.
 * @typedef {object} Figure
 * @property {number} serverUs server CPU, user and system
 * @property {number} serverUserUs
 * @property {number} serverSystemUs
 * @property {number} loadUs CPU of the load process, user and system
 * @property {number} perSecond
 * @property {number} p50Us
 * @property {number} p99Us
 * @property {number} bytesUp TCP payload from client to server
 * @property {number} bytesDown
 * @property {number} count units answered rightly
 * @property {number} serverBusy share of the time that the server's CPU was used
 */

/**
 * Measures one target once, in a server and a load process that are started for it.
 *
 * Both are gone when it settles; rejects when either fails or takes too long.
 *
 * @param {{ target: string, scenario: string, seconds: number, warmup: number,
 *   pinning: import('./cpus.mjs').Pinning, limitMs?: number }} options
 * @returns {Promise<Figure>}
 */
export async function measureFigure({ target, scenario, seconds, warmup, pinning, limitMs }) {
  const server = new BenchProcess('server', [target, scenario], pinning.server);
  try {
    const { port } = await server.next('listening', { limitMs: START_LIMIT_MS });
    const load = new BenchProcess(
      'load',
      [target, scenario, port, warmup, seconds, pinning.server ?? 'none'].map(String),
      pinning.load,
    );
    load.forward('act', server);
    server.forward('acted', load);
    try {
      return await measureBetweenMarks(server, load, { seconds, warmup, limitMs });
    } finally {
      await load.stop();
    }
  } finally {
    await server.stop();
  }
}

async function measureBetweenMarks(server, load, { seconds, warmup, limitMs = DRAIN_LIMIT_MS }) {
  const warmLimitMs = START_LIMIT_MS + warmup * 1000 + limitMs;
  await load.next('ready', { limitMs: START_LIMIT_MS, other: server });
  load.send({ type: 'start' });
  await load.next('warm', { limitMs: warmLimitMs, other: server });
  const before = await askMark(server);
  load.send({ type: 'measure' });
  const driveLimitMs = seconds * 1000 + limitMs;
  const measured = await load.next('measured', { limitMs: driveLimitMs, other: server });
  const after = await askMark(server);
  return toFigure(before, after, measured);
}

function askMark(server) {
  const mark = server.next('mark', { limitMs: MARK_LIMIT_MS });
  server.send({ type: 'mark' });
  return mark;
}

function toFigure(before, after, measured) {
  const { count, elapsedMs, p50Us, p99Us, figures } = measured;
  if (count === 0) throw new Error('nothing was answered in the measured time');
  const userUs = after.cpu.user - before.cpu.user;
  const systemUs = after.cpu.system - before.cpu.system;
  return {
    serverUs: (userUs + systemUs) / count,
    serverUserUs: userUs / count,
    serverSystemUs: systemUs / count,
    loadUs: (measured.cpu.user + measured.cpu.system) / count,
    perSecond: (count / elapsedMs) * 1000,
    p50Us,
    p99Us,
    bytesUp: (after.bytesUp - before.bytesUp) / count,
    bytesDown: (after.bytesDown - before.bytesDown) / count,
    count,
    serverBusy: (userUs + systemUs) / 1000 / elapsedMs,
    ...figures,
  };
}

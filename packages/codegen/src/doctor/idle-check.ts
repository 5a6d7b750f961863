import { CLOSE_CODES, WIRE_DEFAULTS } from '@trunkline/protocol';
import type { Finding } from './finding.js';
import { Probe } from './probe.js';
import { duration, within, type Target } from './target.js';

/** How much later than its limit a server may find a peer dead. */
const GRACE_MS = 10_000;
/** How often the time that is left is told. */
const STEP_MS = 15_000;

/** How long quiet connections are watched, and who is told meanwhile. */
export interface IdleOptions {
  readonly idleMs: number;
  /** After how long a silence the server said that it speaks. */
  readonly serverIdleMs: number;
  readonly progress: (text: string) => void;
}

/**
 * Watches two quiet connections. One answers PING and must live, the other one answers nothing and
 * must be ended by the server.
 */
export async function checkIdle(target: Target, options: IdleOptions): Promise<Finding[]> {
  const openings = await Promise.all([Probe.open(target), Probe.open(target)]);
  const probes = openings.flatMap((one) => (one.outcome === 'open' ? one.probe : []));
  const [quiet, silent] = probes;
  try {
    if (quiet === undefined || silent === undefined) {
      const text = 'no further connection could be opened';
      return [{ check: 'idle', verdict: 'fail', text, mend: 'look into the log of the server' }];
    }
    silent.answers = false;
    await Promise.all(probes.map((probe) => probe.hello()));
    const startedAt = target.runtime.now();
    await watch([quiet, silent], target, options);
    return [judgeQuiet(quiet, startedAt, options), judgeSilent(silent, startedAt, options)];
  } finally {
    await Promise.all(probes.map((probe) => probe.close()));
  }
}

async function watch(
  probes: readonly Probe[],
  { runtime }: Target,
  { idleMs, progress }: IdleOptions,
): Promise<void> {
  const ended = Promise.all(probes.map((probe) => probe.ended));
  for (let leftMs = idleMs; leftMs > 0; leftMs -= STEP_MS) {
    progress(`watching quiet connections for ${duration(leftMs)} more (--quick leaves this out)`);
    if ((await within(runtime, Math.min(leftMs, STEP_MS), ended)) !== undefined) return;
  }
}

function judgeQuiet(probe: Probe, startedAt: number, options: IdleOptions): Finding {
  const check = 'idle';
  const { idleMs, serverIdleMs } = options;
  const until = probe.end?.at ?? startedAt + idleMs;
  const times = [startedAt, ...probe.heard.map(({ at }) => at), until];
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
  if (probe.end === undefined) {
    const text = `${duration(idleMs)}: nobody cut it; the longest silence was ${duration(Math.max(...gaps))}`;
    return { check, verdict: 'ok', text, figures: { watchedMs: idleMs } };
  }
  const silenceMs = gaps.at(-1) ?? 0;
  const lived = duration(until - startedAt);
  const told = endedByServer(probe.end.code, lived);
  if (told !== undefined) return { check, verdict: 'fail', ...told };
  const text =
    `a connection that answers was ended after ${lived}, with ${probe.end.code}, ` +
    `${duration(silenceMs)} after the last message`;
  const mend =
    `something in between cuts what is idle: raise its time-out well above ${duration(serverIdleMs)} ` +
    `(nginx: proxy_read_timeout), or set the limit "idleMs" of the server below ${duration(silenceMs / 2)}`;
  return { check, verdict: 'fail', text, mend, figures: { cutAfterMs: silenceMs } };
}

function judgeSilent(probe: Probe, startedAt: number, { idleMs }: IdleOptions): Finding {
  const check = 'dead peer';
  const pinged = probe.heard.find(({ message }) => message.kind === 'PING');
  const { end } = probe;
  if (end === undefined) {
    if (idleMs < WIRE_DEFAULTS.deadMs + GRACE_MS) {
      const text = `${duration(idleMs)} are too short to see the server give a silent client up`;
      return { check, verdict: 'skip', text };
    }
    const text = `a client that answers nothing is still connected after ${duration(idleMs)}`;
    const mend = 'something in between answers for it, or the limit "deadMs" of the server is high';
    return { check, verdict: 'warn', text, mend };
  }
  const lived = duration(end.at - startedAt);
  const told = endedByServer(end.code, lived);
  if (told !== undefined) return { check, verdict: 'warn', ...told };
  const figures = { endedAfterMs: end.at - startedAt };
  if (pinged === undefined) {
    const text = `a silent client was cut after ${lived}, before the server asked for a sign of life`;
    const mend = `something in between cuts what is idle: raise its time-out (nginx: proxy_read_timeout)`;
    return { check, verdict: 'warn', text, mend, figures };
  }
  const text = `asked after ${duration(pinged.at - startedAt)}, and a silent client given up after ${lived}`;
  return { check, verdict: 'ok', text, figures };
}

/** Codes from here on are of the protocol, and nothing in between sends them. */
const FIRST_OWN_CODE = 4_400;

/** What to tell of an end that the server itself has given a reason for, if it has. */
function endedByServer(
  code: number,
  lived: string,
): (Pick<Finding, 'text' | 'mend'> & Partial<Pick<Finding, 'verdict'>>) | undefined {
  if (code === CLOSE_CODES.TOKEN.code) {
    const mend = 'pass a token that lasts longer than the watch, or a shorter --idle';
    return { verdict: 'skip', text: `the token ended after ${lived}`, mend };
  }
  // A server that takes silence for a missing HELLO has given the peer up.
  if (code === CLOSE_CODES.HELLO_LATE.code) return undefined;
  if (code < FIRST_OWN_CODE && code !== CLOSE_CODES.LEAVING.code) return undefined;
  const text = `the server ended it after ${lived}, with ${code}`;
  return { text, mend: 'look into the log of the server' };
}

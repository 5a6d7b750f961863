import { CLOSE_CODES, Writer, type WelcomeMessage } from '@trunkline/protocol';
import { closeFacts } from '../tap/close-facts.js';
import { size } from '../tap/line.js';
import type { Finding } from './finding.js';
import { Probe, type ProbeEnd } from './probe.js';
import { duration, pause, PATIENCE_MS, within, type Target } from './target.js';

const PINGS = 20;
/** After so long the round trip is known well enough. */
const ENOUGH_MS = 2_000;
/** What is not answered by then was lost. */
const LOST_MS = 4_000;
/** What is written so much later travels by itself. */
const APART_MS = 40;
const SPREAD_PINGS = 10;
const SPREAD_MS = 100;
/** Answers that come closer together than this came in one go. */
const TOGETHER_MS = 20;
/** Above this, a small call is felt to be slow. */
const SLOW_MS = 500;
const SIZES = [1_024, 16_384, 65_536, 131_072, 262_144];
/** Optional, not sequenced, and of no version: whoever gets it skips it. */
const SKIPPED_KIND = 0xbf;

/** Opens a session: says HELLO, and waits for WELCOME. */
export async function checkHello(
  probe: Probe,
  target: Target,
): Promise<{
  readonly finding: Finding;
  readonly welcome?: WelcomeMessage;
}> {
  const check = 'session';
  const { runtime, token } = target;
  const startedAt = runtime.now();
  const answer = await probe.hello();
  const ms = runtime.now() - startedAt;
  if (answer === undefined) {
    const text = `no WELCOME in ${duration(PATIENCE_MS)}`;
    const mend =
      'messages are held back on the way, or "authenticate" of the server takes too long';
    return { finding: { check, verdict: 'fail', text, mend } };
  }
  if ('kind' in answer) {
    const text = `WELCOME after ${duration(ms)}; the server speaks after ${duration(answer.idleMs)} of silence`;
    const figures = { welcomeMs: ms, idleMs: answer.idleMs, ttlMs: answer.ttlMs };
    return { finding: { check, verdict: 'ok', text, figures }, welcome: answer };
  }
  return { finding: { check, verdict: 'fail', ...explainEnd(answer, token !== '') } };
}

function explainEnd(end: ProbeEnd, hasToken: boolean): { text: string; mend: string } {
  const { code, reason } = end;
  const text = `closed with ${code}${reason === '' ? '' : ` "${reason}"`}: ${String(closeFacts(code, '')['meaning'])}`;
  if (code === CLOSE_CODES.TOKEN.code) {
    const mend = hasToken ? 'pass another token' : 'pass one with --token, or as TRUNKLINE_TOKEN';
    return { text, mend };
  }
  if (code === CLOSE_CODES.REFUSED.code) {
    const mend = /origin/.test(reason)
      ? 'list the origin in the option "origins" of the server, or let the proxy pass on Host'
      : 'this user is not served';
    return { text, mend };
  }
  if (code === CLOSE_CODES.DRAINING.code) {
    return { text, mend: 'the server is about to stop: try again' };
  }
  if (code === CLOSE_CODES.TOO_MUCH.code) {
    return { text, mend: 'a limit was reached: close other sessions of this user, or try again' };
  }
  if (code === 1006) return { text, mend: 'something in between cuts as soon as bytes flow' };
  return { text, mend: 'look into the log of the server' };
}

/** Measures how long a PING takes. */
export async function checkRoundTrip(probe: Probe, { runtime }: Target): Promise<Finding> {
  const check = 'round trip';
  const times: number[] = [];
  const startedAt = runtime.now();
  while (times.length < PINGS && (times.length < 5 || runtime.now() - startedAt < ENOUGH_MS)) {
    const ms = await probe.ping();
    if (ms === undefined) {
      const text = `PING ${times.length + 1} of ${PINGS} was not answered in ${duration(PATIENCE_MS)}`;
      const mend = 'a proxy holds back small messages, or the server hangs: switch buffering off';
      return { check, verdict: 'fail', text: withEnd(text, probe), mend };
    }
    times.push(ms);
  }
  times.sort((a, b) => a - b);
  const medianMs = times[times.length >> 1] ?? 0;
  const maxMs = times.at(-1) ?? 0;
  const text = `${duration(medianMs)} in the middle of ${times.length}, ${duration(maxMs)} at most`;
  const figures = { medianMs, maxMs };
  if (medianMs < SLOW_MS) return { check, verdict: 'ok', text, figures };
  return { check, verdict: 'warn', text, mend: 'serve from nearer to the users', figures };
}

/** Sends two batches in one write. */
export async function checkOneWrite(probe: Probe): Promise<Finding> {
  const check = 'one write';
  let second: Promise<number | undefined> | undefined;
  probe.inOneWrite(() => {
    probe.startPing();
    second = probe.ping(LOST_MS);
  });
  if ((await second) !== undefined) {
    return { check, verdict: 'ok', text: 'two messages in one write arrive both' };
  }
  const text = withEnd('of two messages in one write the second is lost', probe);
  return { check, verdict: 'fail', text, mend: 'something in between reads one message at a time' };
}

/** Sends larger and larger messages. */
export async function checkLargest(probe: Probe, { runtime }: Target): Promise<Finding> {
  const check = 'largest';
  let passed = 0;
  for (const bytes of SIZES) {
    probe.sendBatch(fillerBatch(bytes));
    await pause(runtime, APART_MS);
    if ((await probe.ping()) === undefined) {
      const text = withEnd(
        `a message of ${size(bytes)} does not arrive, one of ${size(passed)} does`,
        probe,
      );
      const mend = `raise the largest message of every proxy in between above ${size(bytes)}; until then lower "batchBytes" of the server`;
      return { check, verdict: 'fail', text, mend, figures: { largestBytes: passed } };
    }
    passed = bytes;
  }
  const text = `messages of ${size(passed)} arrive, the largest there are`;
  return { check, verdict: 'ok', text, figures: { largestBytes: passed } };
}

/** A batch of so many bytes with a message that its receiver skips. */
function fillerBatch(bytes: number): Uint8Array {
  const writer = new Writer();
  const lengthBytes = bytes < 130 ? 1 : bytes < 16_387 ? 2 : 3;
  writer.u8(0);
  writer.u8(SKIPPED_KIND);
  writer.sized(new Uint8Array(bytes - 2 - lengthBytes));
  return writer.take();
}

/** Sends messages spread over time, and looks whether the answers are. */
export async function checkBuffering(probe: Probe, { runtime }: Target): Promise<Finding> {
  const check = 'buffering';
  const sent: { readonly value: number; readonly at: number }[] = [];
  while (sent.length < SPREAD_PINGS) {
    sent.push({ value: probe.startPing(), at: runtime.now() });
    await pause(runtime, SPREAD_MS);
  }
  await probe.ping();
  const times = sent.flatMap(({ value, at }) => {
    const pongAt = probe.pongAt(value);
    return pongAt === undefined ? [] : { at, pongAt };
  });
  const gaps = times.slice(1).map(({ at, pongAt }, index) => {
    const before = times[index] ?? { at, pongAt };
    return { sentMs: at - before.at, heardMs: pongAt - before.pongAt };
  });
  // A machine that is busy sends some of them together as well.
  const together = gaps.filter(
    ({ sentMs, heardMs }) => heardMs < TOGETHER_MS && sentMs > 2 * TOGETHER_MS,
  ).length;
  const figures = { answers: times.length, together };
  if (times.length < SPREAD_PINGS) {
    const text = withEnd(`of ${SPREAD_PINGS} answers ${times.length} came`, probe);
    return { check, verdict: 'fail', text, mend: BUFFERING_MEND, figures };
  }
  if (together * 2 <= gaps.length) {
    const text = `messages ${SPREAD_MS} ms apart arrive one by one`;
    return { check, verdict: 'ok', text, figures };
  }
  const text = `of ${SPREAD_PINGS} messages ${SPREAD_MS} ms apart, ${together} arrive together with another`;
  return { check, verdict: 'warn', text, mend: BUFFERING_MEND, figures };
}

const BUFFERING_MEND =
  'a proxy collects small messages before it passes them on: switch its buffering off for this path';

/** Makes the server close, and looks whether its code comes through. */
export async function checkCloseCode(probe: Probe, { runtime }: Target): Promise<Finding> {
  const check = 'close codes';
  probe.sendText('trunkline doctor asks for a close');
  const code = (await within(runtime, PATIENCE_MS, probe.ended))?.code;
  if (code === CLOSE_CODES.PROTOCOL.code) {
    return { check, verdict: 'ok', text: `${code} of the server comes through` };
  }
  const got = code === undefined ? 'no close came' : `${code} came`;
  const text = `the server closes with ${CLOSE_CODES.PROTOCOL.code}, and ${got}`;
  const mend =
    'a proxy hides why connections end, so clients try again in vain: let it pass closes on';
  return { check, verdict: 'warn', text, mend };
}

function withEnd(text: string, { end }: Probe): string {
  if (end === undefined) return text;
  return `${text}; the connection ended with ${end.code}${end.reason === '' ? '' : ` "${end.reason}"`}`;
}

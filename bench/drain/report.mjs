/** No more of the clients than this are to come within a second. */
const MOST_IN_A_SECOND = 0.15;
/** In a short window there are fewer seconds to come in: this of the window, and half as much again. */
const SPREAD = 0.8;
const UNEVEN = 1.5;

/** Times of fewer sessions than this say nothing: a look whether anything is lost. */
const TIMED = 1_000;

/** Puts what everybody told together: what was seen, as lines, and what should not have been. */
export function reportOf({ flags, startedAt, exitMs, code, report, first, second, told }) {
  const faults = [];
  const outcomes = told.flatMap((one) => one.outcomes);
  const sum = (name) => told.reduce((total, one) => total + one[name], 0);
  const moves = second.opened.map((at) => at - startedAt).toSorted((a, b) => a - b);
  const most = mostWithin(moves, 1_000);
  const late = first.opened.filter((at) => at > startedAt + 1_000).length;
  const [live, unsettled] = ['live', 'unsettled'].map(sum);
  const dropped = told.flatMap((one) => one.dropped);

  const done = outcomes.filter(([, what]) => what === 'done').length;
  const unknown = outcomes.filter(([, , executed]) => executed === 'unknown').length;
  const others = outcomes.filter(([, what, executed]) => what !== 'done' && executed !== 'unknown');
  faults.push(...faultsOf(outcomes, [...first.starts, ...second.starts]));

  if (code !== 0) faults.push(`the process exited with ${code}`);
  const isTimed = flags.sessions >= TIMED;
  if (isTimed && exitMs > flags.window) faults.push(`the process exited after ${exitMs} ms`);
  if (live < flags.sessions) faults.push(`${flags.sessions - live} clients are not live`);
  if (late > 0) faults.push(`${late} sessions began on a server that drains`);
  if (isTimed && most > flags.sessions * mostPart(flags.window))
    faults.push(`${most} clients came in one second`);
  if (unknown !== report.unknown) faults.push(`${report.unknown} calls were told unknown`);

  const lines = [
    `sessions                     ${flags.sessions}, of them moved in time ${report.moved}`,
    `calls                        ${outcomes.length} in all, ${done} done`,
    `lost                         ${others.length}`,
    `told unknown (DRAINING)      ${unknown}: handlers that ran longer than the window`,
    `told no at the end           ${report.refused}`,
    `handlers finished in drain   ${report.finished}`,
    `not settled when asked       ${unsettled} (handlers of 60 s on the next server)`,
    `clients out of touch         ${dropped.length} ${tally(dropped)}`,
    `moves                        first ${moves[0]} ms, last ${moves.at(-1)} ms`,
    `most in any 1 s              ${most} (${((most / flags.sessions) * 100).toFixed(1)} %)`,
    `moves in each second         ${perSecond(moves).join(' ')}`,
    `new sessions after 1 s       ${late}`,
    `time to exit                 ${(exitMs / 1_000).toFixed(2)} s of ${flags.window / 1_000} s`,
  ];
  return { lines, faults };
}

/** What is done has started once; of what is unknown nobody says more than that it started at most once. */
function faultsOf(outcomes, keys) {
  const starts = new Map();
  for (const key of keys) starts.set(key, (starts.get(key) ?? 0) + 1);
  const faults = [];
  for (const [key, what, executed] of outcomes) {
    const count = starts.get(key) ?? 0;
    if (count > 1) faults.push(`call ${key} (${what}) has run ${count} times`);
    if (what === 'done' && count === 0) faults.push(`call ${key} was answered and has not run`);
    if (what !== 'done' && executed !== 'unknown') {
      faults.push(`call ${key} was lost: ${what}, executed ${executed}, ran ${count} times`);
    }
  }
  return faults;
}

/** How often each text is there. */
function tally(texts) {
  const counts = new Map();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].map(([text, count]) => `(${count} ${text})`).join(' ');
}

function mostPart(windowMs) {
  return Math.max(MOST_IN_A_SECOND, (UNEVEN * 1_000) / (windowMs * SPREAD));
}

function mostWithin(moves, ms) {
  let most = 0;
  let from = 0;
  for (const [to, at] of moves.entries()) {
    while (moves[from] <= at - ms) from++;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

function perSecond(moves) {
  const counts = [];
  for (const at of moves) {
    const second = Math.floor(at / 1_000);
    while (counts.length <= second) counts.push(0);
    counts[second]++;
  }
  return counts;
}

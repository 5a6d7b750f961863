import { isDeepStrictEqual } from 'node:util';
import type { Ledger, Outcome } from './ledger.js';
import type { Scenario } from './scenario.js';

/** What a run is judged by. */
export interface Terms {
  readonly scenario: Scenario;
  /** What the same scenario came to without a cut. */
  readonly uncut: Ledger;
  /** Whether the session was lost, since no connection came in time. */
  readonly isLost: boolean;
}

/** An outage from which on a session is lost: longer than it is kept. */
export const LOST_MS = 130_000;

/** What a call may come to then; the deadline of a call may pass while it waits. */
const LOST = new Set(['SESSION_LOST', 'STREAM_LOST', 'DEADLINE']);

/** Says what a run has broken of what is promised. */
export function judge(ledger: Ledger, terms: Terms): string[] {
  return [
    ...judgeStarts(ledger, terms),
    ...judgeOutcomes(ledger, terms),
    ...judgeItems(ledger, terms),
    ...judgeTopics(ledger, terms),
  ];
}

/** A handler starts once, and never for a call that says that it did not; no cut aborts it. */
function judgeStarts({ starts, outcomes, aborted }: Ledger, terms: Terms): string[] {
  const faults: string[] = [];
  for (const [key, times] of starts) {
    if (times > 1) faults.push(`the handler of "${key}" was started ${times} times`);
    const outcome = outcomes.get(key);
    if (outcome !== undefined && 'code' in outcome && outcome.executed === 'no') {
      faults.push(`"${key}" failed with ${outcome.code}, executed no, and its handler was started`);
    }
  }
  const { races = {} } = terms.scenario;
  for (const key of aborted) {
    if (terms.isLost || key in races || terms.uncut.aborted.has(key)) continue;
    faults.push(`the handler of "${key}" was aborted`);
  }
  return faults;
}

function judgeOutcomes(ledger: Ledger, terms: Terms): string[] {
  const faults: string[] = [];
  for (const [key, expected] of terms.uncut.outcomes) {
    const outcome = ledger.outcomes.get(key);
    if (outcome === undefined) faults.push(`"${key}" was never settled`);
    else if (!isRight(key, { outcome, expected }, ledger, terms)) {
      faults.push(`"${key}" came to ${describe(outcome)}, not ${describe(expected)}`);
    }
  }
  for (const [key, dueMs] of Object.entries(terms.scenario.dueMs ?? {})) {
    const settledMs = ledger.settledMs.get(key) ?? 0;
    if (settledMs > dueMs) faults.push(`"${key}" was settled at ${settledMs} ms, due ${dueMs}`);
  }
  return faults;
}

function isRight(
  key: string,
  { outcome, expected }: { readonly outcome: Outcome; readonly expected: Outcome },
  ledger: Ledger,
  { scenario, isLost }: Terms,
): boolean {
  if (isDeepStrictEqual(outcome, expected)) return true;
  if (scenario.races?.[key]?.(outcome) === true) return true;
  if (!isLost || !('code' in outcome)) return false;
  // It is called again until its deadline.
  if (scenario.survivors?.includes(key) === true) return outcome.code === 'DEADLINE';
  if (!LOST.has(outcome.code)) return false;
  const items = ledger.items.get(key.replace(/ output$/, ''))?.length ?? 0;
  return outcome.data === undefined || isDeepStrictEqual(outcome.data, { items });
}

/** Items of a stream come once and in order; all of them, unless the stream was lost. */
function judgeItems(ledger: Ledger, { uncut, isLost }: Terms): string[] {
  const faults: string[] = [];
  for (const [key, expected] of uncut.items) {
    if (ledger.places.has(key)) continue;
    const items = ledger.items.get(key) ?? [];
    const isWhole = !isLost || 'value' in (ledger.outcomes.get(key) ?? {});
    const length = isWhole ? expected.length : items.length;
    if (isDeepStrictEqual(items, expected.slice(0, length))) continue;
    faults.push(`the items of "${key}" are ${describe(items)}`);
  }
  return faults;
}

/** Topic messages come once, in the order of their offsets, and none is missing. */
function judgeTopics(ledger: Ledger, { isLost }: Terms): string[] {
  const faults: string[] = [];
  for (const [topic, places] of ledger.places) {
    const expected = [...places].toSorted(([one], [other]) => one - other).map(([, text]) => text);
    const all = ledger.items.get(topic) ?? [];
    // A publish that was lost may be stored, where nobody was told.
    const items = isLost ? all.filter((text) => expected.includes(String(text))) : all;
    if (new Set(all).size < all.length) faults.push(`topic "${topic}" repeats: ${describe(all)}`);
    if (isDeepStrictEqual(items, expected)) continue;
    faults.push(`topic "${topic}" gave ${describe(items)}, not ${describe(expected)}`);
  }
  return faults;
}

/** Says what is said in a fault, where large values would hide the rest. */
function describe(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= 400 ? text : `${text.slice(0, 400)}…`;
}

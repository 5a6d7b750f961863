import { isDeepStrictEqual } from 'node:util';
import type { Ledger, Outcome } from './ledger.js';
import type { Scenario } from './scenario.js';

/** Whether a session outlives its connection, so that a cut costs nothing but time. */
const RESUMES = false;

const LOST = new Set(['SESSION_LOST', 'STREAM_LOST']);

/** Says what a run has broken of what is promised, beside the same scenario without a cut. */
export function judge(scenario: Scenario, ledger: Ledger, uncut: Ledger): string[] {
  return [
    ...judgeStarts(ledger),
    ...judgeOutcomes(scenario, ledger, uncut),
    ...judgeItems(ledger, uncut),
    ...judgeTopics(ledger),
  ];
}

function judgeStarts({ starts, outcomes }: Ledger): string[] {
  const faults: string[] = [];
  for (const [key, times] of starts) {
    if (times > 1) faults.push(`the handler of "${key}" was started ${times} times`);
    const outcome = outcomes.get(key);
    if (outcome !== undefined && 'code' in outcome && outcome.executed === 'no') {
      faults.push(`"${key}" failed with ${outcome.code}, executed no, and its handler was started`);
    }
  }
  return faults;
}

function judgeOutcomes({ races = {} }: Scenario, ledger: Ledger, uncut: Ledger): string[] {
  const faults: string[] = [];
  for (const [key, expected] of uncut.outcomes) {
    const outcome = ledger.outcomes.get(key);
    if (outcome === undefined) faults.push(`"${key}" was never settled`);
    else if (!isRight(outcome, expected, races[key])) {
      faults.push(`"${key}" came to ${JSON.stringify(outcome)}, not ${JSON.stringify(expected)}`);
    }
  }
  return faults;
}

function isRight(
  outcome: Outcome,
  expected: Outcome,
  isAllowed: ((outcome: Outcome) => boolean) | undefined,
): boolean {
  if (isDeepStrictEqual(outcome, expected) || isAllowed?.(outcome) === true) return true;
  return !RESUMES && 'code' in outcome && LOST.has(outcome.code);
}

/** Items of a stream come once and in order; all of them, where it has ended well. */
function judgeItems(ledger: Ledger, uncut: Ledger): string[] {
  const faults: string[] = [];
  for (const [key, expected] of uncut.items) {
    if (ledger.places.has(key)) continue;
    const items = ledger.items.get(key) ?? [];
    const isWhole = RESUMES || 'value' in (ledger.outcomes.get(key) ?? {});
    const length = isWhole ? expected.length : items.length;
    if (isDeepStrictEqual(items, expected.slice(0, length))) continue;
    faults.push(`the items of "${key}" are ${JSON.stringify(items)}`);
  }
  return faults;
}

function judgeTopics(ledger: Ledger): string[] {
  const faults: string[] = [];
  for (const [topic, places] of ledger.places) {
    const expected = [...places].toSorted(([one], [other]) => one - other).map(([, text]) => text);
    const all = ledger.items.get(topic) ?? [];
    // A publish that was lost may be stored, where nobody was told.
    const items = RESUMES ? all : all.filter((text) => expected.includes(String(text)));
    if (isDeepStrictEqual(items, expected)) continue;
    faults.push(`topic "${topic}" gave ${JSON.stringify(items)}, not ${JSON.stringify(expected)}`);
  }
  return faults;
}

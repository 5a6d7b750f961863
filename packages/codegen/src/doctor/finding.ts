import type { Paint } from '../paint.js';
import { printable } from '../printable.js';

/** How a check ended; one that is skipped could not be made, or was not asked for. */
export type Verdict = 'ok' | 'warn' | 'fail' | 'skip';

/** What a check has found. */
export interface Finding {
  readonly check: string;
  readonly verdict: Verdict;
  readonly text: string;
  /** What to change. */
  readonly mend?: string;
  /** What was measured, for tools. */
  readonly figures?: Readonly<Record<string, string | number | boolean>>;
}

const COLOURS = { ok: 'green', warn: 'yellow', fail: 'red', skip: 'dim' } as const;
const CHECK_WIDTH = 12;

/** Writes a finding for people, with what to change in a line of its own. */
export function findingText({ check, verdict, text, mend }: Finding, paint: Paint): string {
  const head = `${paint(verdict.padEnd(4), COLOURS[verdict])}  ${check.padEnd(CHECK_WIDTH)}`;
  const line = `${head} ${printable(text)}`;
  if (mend === undefined) return line;
  return `${line}\n${' '.repeat(6 + CHECK_WIDTH)} ${paint('→', 'yellow')} ${printable(mend)}`;
}

import type { Conversation } from './conversation.js';
import type { HostileVerdict } from './hostile-batches.js';
import { Report, type ExitCode } from './report.js';
import type { Verdict } from './verdict.js';

/** Conversations that are held with a peer at a time; some of them wait for a time-out. */
const AT_A_TIME = 4;

/** How a peer is put to the test. */
export interface Trial {
  readonly judge: (conversation: Conversation) => Promise<Verdict>;
  readonly hostile: () => Promise<HostileVerdict>;
  /** All conversations are held, and malformed batches sent. */
  readonly isWhole: boolean;
}

/** Holds the first conversation, without which no other can be, and then the others side by side. */
export async function judgeAll(
  due: readonly Conversation[],
  trial: Trial,
  say: (line: string) => void = console.log,
): Promise<ExitCode> {
  const report = new Report(due, say);
  const queue = [...due];
  let stopped: string | undefined;
  const work = async (most: number): Promise<void> => {
    for (let n = 0; n < most && stopped === undefined; n++) {
      const next = queue.shift();
      if (next === undefined) return;
      const verdict = await trial.judge(next);
      if (verdict.isGone && queue.length > 0) stopped ??= 'the peer is not there';
      report.add(verdict);
      const isFirst = n === 0 && most === 1;
      if (isFirst && verdict.fault !== undefined) stopped ??= `"${next.name}" went wrong`;
    }
  };
  if (trial.isWhole) await work(1);
  await Promise.all(Array.from({ length: AT_A_TIME }, () => work(due.length)));
  const hostile = trial.isWhole && stopped === undefined ? await trial.hostile() : undefined;
  return report.end(hostile, stopped);
}

import { show } from './assertion.js';
import { callCases } from './call-cases.js';
import type { Case, CaseResult, Host } from './case.js';
import { createContext } from './context.js';
import { controlCases } from './control-cases.js';
import { lifeCases } from './life-cases.js';
import { outageCases } from './outage-cases.js';
import { rigCases } from './rig-cases.js';
import { sessionCases } from './session-cases.js';
import { strangeCases } from './strange-cases.js';
import { streamCases } from './stream-cases.js';
import { topicCases } from './topic-cases.js';

/** Longer than any case takes; the slowest wait for a browser that spreads its attempts. */
const CASE_MS = 40_000;

/** All that is said of the client, wherever it runs. */
export const cases: readonly Case[] = [
  ...callCases,
  ...streamCases,
  ...topicCases,
  ...outageCases,
  ...sessionCases,
  ...controlCases,
  ...rigCases,
  ...strangeCases,
  ...lifeCases,
];

/** Runs one case and takes down what it started. Never fails. */
export async function runCase({ name, run }: Case, host: Host): Promise<CaseResult> {
  const context = createContext(host);
  const startedAt = performance.now();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLong = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`it took more than ${CASE_MS} ms`)), CASE_MS);
  });
  const took = (): number => Math.round(performance.now() - startedAt);
  try {
    await Promise.race([run(context), tooLong]);
    return { name, ok: true, ms: took() };
  } catch (error) {
    return { name, ok: false, error: show(error), ms: took() };
  } finally {
    clearTimeout(timer);
    await context.end();
  }
}

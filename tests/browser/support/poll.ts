import { setTimeout as delay } from 'node:timers/promises';

/** Asks until the answer is yes; false when it was no for all of the time. */
export async function poll(
  question: () => boolean | Promise<boolean>,
  timeoutMs: number,
): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    if (await question()) return true;
    if (performance.now() >= end) return false;
    await delay(40);
  }
}

import { setTimeout as sleep } from 'node:timers/promises';

/** Bytes that this process holds when all that can be freed is freed. */
export async function heldBytes() {
  for (let round = 0; round < 3; round++) {
    globalThis.gc();
    await sleep(20);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Waits until something holds; `false` when it does not in time. */
export async function until(holds, ms) {
  for (const end = performance.now() + ms; performance.now() < end;) {
    if (holds()) return true;
    await sleep(20);
  }
  return holds();
}

export const mebibytes = (bytes) => `${(bytes / 1_048_576).toFixed(2)} MiB`;

/** Names the timers, sockets and servers that keep this process alive; pipes belong to its parent. */
export function openResources() {
  const ofParent = new Set(['PipeWrap', 'TTYWrap', 'ProcessWrap']);
  return process.getActiveResourcesInfo().filter((name) => !ofParent.has(name));
}

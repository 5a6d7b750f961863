import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { poll } from './poll.js';
import { listProcesses, listTree, type Process } from './process-list.js';

/** A folder that holds all that a browser writes. */
export interface TemporaryHome {
  readonly profile: string;
  readonly env: Record<string, string>;
  /** Ends the browser by `close` and removes the folder; fails if a process of it still runs. */
  leave(close: () => Promise<void>): Promise<void>;
}

const END_MS = 15_000;

/** Makes an empty home for one browser. */
export async function createTemporaryHome(): Promise<TemporaryHome> {
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-browser-'));
  const profile = join(folder, 'profile');
  await mkdir(profile);
  const env = { ...definedEnv(), HOME: folder, TMPDIR: folder, XDG_RUNTIME_DIR: folder };
  return {
    profile,
    env,
    async leave(close) {
      const tree = await listTree(`TMPDIR=${folder}`);
      try {
        await close();
      } finally {
        const left = await waitForEnd(tree);
        for (const { pid } of left) process.kill(pid, 'SIGKILL');
        await rm(folder, { recursive: true, force: true, maxRetries: 5 });
        expectNone(left);
      }
    },
  };
}

function definedEnv(): Record<string, string> {
  const entries = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}

/** Gives a family of processes time to end; says which of them have not. */
async function waitForEnd(tree: readonly Process[]): Promise<Process[]> {
  let left: Process[] = [];
  await poll(async () => {
    const now = new Map((await listProcesses()).map(({ pid, start }) => [pid, start]));
    left = tree.filter(({ pid, start }) => now.get(pid) === start);
    return left.length === 0;
  }, END_MS);
  return left;
}

function expectNone(left: readonly Process[]): void {
  if (left.length === 0) return;
  throw new Error(`the browser left processes behind: ${left.map(({ pid }) => pid).join(', ')}`);
}

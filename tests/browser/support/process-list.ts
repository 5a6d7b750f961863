import { readdir, readFile } from 'node:fs/promises';

/** A process of this machine; `start` tells it from a later one with the same number. */
export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly start: string;
}

/** Lists the processes that run; none where the system has no `/proc`. */
export async function listProcesses(): Promise<Process[]> {
  const names = await readdir('/proc').catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map(readProcess));
  return found.filter((each) => each !== undefined);
}

/** Lists the processes whose environment has a line, and all that descend from them. */
export async function listTree(line: string): Promise<Process[]> {
  const all = await listProcesses();
  const marked = await Promise.all(all.map(({ pid }) => hasInEnvironment(pid, line)));
  const tree = new Map(all.filter((_each, index) => marked[index]).map((each) => [each.pid, each]));
  for (let size = -1; size !== tree.size;) {
    size = tree.size;
    for (const each of all) if (tree.has(each.parent)) tree.set(each.pid, each);
  }
  return [...tree.values()];
}

async function readProcess(pid: number): Promise<Process | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  // The name, in parentheses, may hold blanks and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parent] = fields;
  const start = fields[19];
  // A zombie has ended, and only waits for its parent to ask how.
  if (parent === undefined || start === undefined || state === 'Z') return undefined;
  return { pid, parent: Number(parent), start };
}

async function hasInEnvironment(pid: number, line: string): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
  return environment.split('\0').includes(line);
}

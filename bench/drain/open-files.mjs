import { execFileSync } from 'node:child_process';

/** How many files a process that this one starts may have open. */
export function openFilesOf() {
  const printed = execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim();
  return printed === 'unlimited' ? Infinity : Number(printed);
}

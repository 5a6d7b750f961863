import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The peer in Python. */
export const PEER = fileURLToPath(new URL('../peer.py', import.meta.url));
export const PYTHON = 'python3';

/** Tests with the peer are skipped where it cannot run. */
export const isPythonThere = spawnSync(PYTHON, ['--version']).status === 0;

/** Runs a task of the peer to its end. */
export function runPeer(
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(PYTHON, [PEER, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

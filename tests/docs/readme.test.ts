import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MAX_LINES = 22;
const MAX_LINES_DECORATED = 26;
const MAX_COLUMNS = 100;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function measure(program: string): { lines: number; columns: number } {
  const lines = program.split('\n').filter((line) => line.trim() !== '');
  return { lines: lines.length, columns: Math.max(...lines.map((line) => line.length)) };
}

function source(file: string): Promise<string> {
  return readFile(join(ROOT, 'examples/smallest/src', file), 'utf8');
}

/** Runs the built example on a port of its own. */
async function runOnFreePort(file: string): Promise<string[]> {
  const folder = await mkdtemp(join(ROOT, 'examples/smallest/dist/run-'));
  try {
    const built = await readFile(join(ROOT, 'examples/smallest/dist', file), 'utf8');
    const program = join(folder, file);
    await writeFile(program, built.replaceAll('8080', String(await freePort())));
    const { stdout } = await run(process.execPath, [program], { timeout: 20_000 });
    return stdout.trim().split('\n');
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('the README', () => {
  it('shows the smallest program as it stands in its example', async () => {
    const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
    const [, first] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
    expect(first).toBe(await source('main.ts'));
  });

  it('names the two commands that do everything', async () => {
    const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
    expect(readme).toContain('npm ci && npm run demo');
    expect(readme).toContain('npm ci && npm test');
  });

  it('keeps the smallest program small', async () => {
    const { lines, columns } = measure(await source('main.ts'));
    expect(lines).toBeLessThanOrEqual(MAX_LINES);
    expect(columns).toBeLessThanOrEqual(MAX_COLUMNS);
  });

  it('keeps the smallest decorated program small', async () => {
    const { lines, columns } = measure(await source('decorated.ts'));
    expect(lines).toBeLessThanOrEqual(MAX_LINES_DECORATED);
    expect(columns).toBeLessThanOrEqual(MAX_COLUMNS);
  });

  it.each(['main.js', 'decorated.js'])('shows a program that runs: %s', async (file) => {
    const [later, ...ticks] = await runOnFreePort(file);
    const tomorrow = new Date(later ?? '').getTime() - Date.now();
    expect(Math.abs(tomorrow - 86_400_000)).toBeLessThan(60_000);
    expect(ticks).toHaveLength(3);
    for (const tick of ticks) expect(Number(tick)).toBeGreaterThan(Date.UTC(2024, 0));
  });
});

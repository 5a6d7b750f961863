import { spawn, type ChildProcess, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { poll } from './poll.js';

/** An example whose server runs in a process of its own. */
export interface RunningExample extends AsyncDisposable {
  /** Its address, `http://localhost:<port>` or the same with https. */
  readonly url: string;
  readonly port: number;
  /** What it has written to standard output and standard error. */
  readonly lines: readonly string[];
  /** Waits for a line that contains a string or matches a pattern. */
  see(line: string | RegExp): Promise<void>;
  /** Writes to its standard input. */
  write(text: string): void;
  /** Ends its standard input. */
  end(): void;
  /** Waits until it has ended by itself; gives its exit code. */
  ended(): Promise<number | null>;
  /** Has it end by SIGTERM; fails unless it ends with exit code 0 in good time. */
  stop(): Promise<void>;
}

const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url));
const START_MS = 30_000;
const SEE_MS = 30_000;
const STOP_MS = 15_000;

const running = new Set<ExampleProcess>();

// This file is imported before other hooks are declared, so this one runs after them.
afterAll(async () => {
  const left = [...running];
  await Promise.allSettled(left.map((example) => example.stop()));
  if (left.length === 0) return;
  throw new Error(`examples were left running: ${left.map(({ name }) => name).join(', ')}`);
});
process.once('exit', () => {
  for (const example of running) example.kill();
});

/** Starts `node dist/main.js` of an example, whose page is built, with PORT=0; waits for its address. */
export async function startExample(
  name: string,
  env: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
): Promise<RunningExample> {
  const example = new ExampleProcess(name, { folder: join(EXAMPLES, name), env, args });
  await example.ready();
  return example;
}

/** Where and with what an example is started. */
interface ExampleStart {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
}

class ExampleProcess implements RunningExample {
  readonly name: string;
  readonly lines: readonly string[];
  url = '';
  port = 0;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #exit: Promise<number | null>;
  #isEnded = false;

  constructor(name: string, { folder, env, args }: ExampleStart) {
    this.name = name;
    this.#child = spawn(process.execPath, ['dist/main.js', ...args], {
      cwd: folder,
      env: { ...process.env, PORT: '0', ...env },
    });
    // A process that has ended takes no more input; what it said tells why.
    this.#child.stdin.on('error', () => undefined);
    this.lines = collectLines(this.#child);
    running.add(this);
    this.#exit = exitOf(this.#child).finally(() => {
      this.#isEnded = true;
      running.delete(this);
    });
  }

  async ready(): Promise<void> {
    await poll(() => this.lines.length > 0 || this.#isEnded, START_MS);
    const address = /^(https?:\/\/localhost:(\d+))\/?$/.exec(this.lines[0] ?? '');
    if (address === null) {
      this.kill();
      // Else it would look as if it were left running.
      await this.#exit;
      throw new Error(
        `"http://localhost:<port>" or https is expected as first line${this.#said()}`,
      );
    }
    const [, url = '', port] = address;
    this.url = url;
    this.port = Number(port);
  }

  async see(line: string | RegExp): Promise<void> {
    const isSeen = (): boolean =>
      this.lines.some((seen) =>
        typeof line === 'string' ? seen.includes(line) : seen.search(line) !== -1,
      );
    await poll(() => isSeen() || this.#isEnded, SEE_MS);
    if (isSeen()) return;
    const wanted = typeof line === 'string' ? JSON.stringify(line) : String(line);
    throw new Error(`no line ${wanted} within ${SEE_MS} ms${this.#said()}`);
  }

  write(text: string): void {
    this.#child.stdin.write(text);
  }

  end(): void {
    this.#child.stdin.end();
  }

  async ended(): Promise<number | null> {
    if (!(await poll(() => this.#isEnded, SEE_MS))) {
      throw new Error(`has not ended within ${SEE_MS} ms${this.#said()}`);
    }
    return this.#exit;
  }

  async stop(): Promise<void> {
    if (!this.#isEnded) this.#child.kill('SIGTERM');
    const isInTime = await poll(() => this.#isEnded, STOP_MS);
    if (!isInTime) this.kill();
    const code = await this.#exit;
    if (!isInTime) throw new Error(`did not end within ${STOP_MS} ms of SIGTERM${this.#said()}`);
    if (code !== 0) throw new Error(`ended with exit code ${code}${this.#said()}`);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #said(): string {
    return `; example "${this.name}" said:\n${this.lines.join('\n')}`;
  }
}

function collectLines(child: ChildProcessWithoutNullStreams): string[] {
  const lines: string[] = [];
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => lines.push(line));
  }
  return lines;
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code));
  });
}

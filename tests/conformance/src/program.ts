import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { isDeepStrictEqual } from 'node:util';

/** How long a program may take to connect, to connect again, and to end. */
export const PATIENCE_MS = 15_000;
/** What a program has written may still be on its way when it has ended. */
const PIPE_MS = 500;
const MOST_OUTPUT = 65_536;
const MAX_LINE = 200;

/** How a program ended. */
type Exit = { readonly code: number | null } | { readonly error: Error };

/** A client under test: a program in a process group of its own. */
export class Program {
  /** Settled when the program has ended, or could not be started. */
  readonly exit: Promise<Exit>;
  readonly #process: ChildProcess;
  readonly #printed: Output;
  readonly #errors: Output;
  #isKilled = false;
  #hasEnded = false;

  constructor(file: string, args: readonly string[]) {
    const stdio = ['ignore', 'pipe', 'pipe'] as const;
    const program = spawn(file, args, { stdio: [...stdio], detached: true });
    this.#process = program;
    this.#printed = new Output(program.stdout, () => this.#kill());
    this.#errors = new Output(program.stderr, () => undefined);
    this.exit = new Promise((resolve) => {
      program.once('error', (error) => resolve({ error }));
      program.once('exit', (code) => resolve({ code }));
    });
    void this.exit.then(() => (this.#hasEnded = true));
    process.once('exit', this.#kill);
  }

  /** Whether the program has ended, or could not be started. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Says that the program printed too much, for which it was killed. */
  get excess(): string | undefined {
    return this.#printed.isTooMuch
      ? `the program printed more than ${MOST_OUTPUT} bytes`
      : undefined;
  }

  /** Says what the program told on standard error, for people. */
  get errors(): string {
    return this.#errors.text.split('\n').map(shorten).join('\n').trim();
  }

  /** Waits for the program's end; says what is wrong with how it ended or what it printed. */
  async outcome(prints: readonly object[], withinMs: number): Promise<string | undefined> {
    const isLate = !(await within(this.exit, withinMs));
    if (isLate) this.#kill();
    const exit = await this.exit;
    await within(Promise.all([this.#printed.end, this.#errors.end]), PIPE_MS);
    if (this.excess !== undefined) return this.excess;
    if (isLate)
      return `the program was killed after ${PATIENCE_MS / 1000} s\n${this.errors}`.trim();
    if ('error' in exit) return String(exit.error);
    if (exit.code !== 0) return `the program ended with ${exit.code}\n${this.errors}`.trim();
    return comparePrints(prints, this.#printed.text.split('\n').filter(Boolean));
  }

  /** Ends the program with all that it has started, if they still run. */
  async stop(): Promise<void> {
    this.#kill();
    process.off('exit', this.#kill);
    await this.exit;
    // Whoever still holds the other end of a pipe shall not keep us.
    this.#process.stdout?.destroy();
    this.#process.stderr?.destroy();
  }

  readonly #kill = (): void => {
    const { pid } = this.#process;
    if (pid === undefined || this.#isKilled) return;
    this.#isKilled = true;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // Nobody of the group is left.
    }
  };
}

/** What comes out of a pipe: the first of it. */
class Output {
  readonly end: Promise<unknown>;
  text = '';
  isTooMuch = false;

  constructor(pipe: NodeJS.ReadableStream | null, onTooMuch: () => void) {
    this.end = pipe === null ? Promise.resolve() : once(pipe, 'end').catch(() => undefined);
    pipe?.on('data', (data: Buffer) => {
      if (this.text.length < MOST_OUTPUT) {
        this.text += data.toString().slice(0, MOST_OUTPUT - this.text.length);
      } else if (!this.isTooMuch) {
        this.isTooMuch = true;
        onTooMuch();
      }
    });
  }
}

async function within(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  const isInTime = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return isInTime;
}

function comparePrints(prints: readonly object[], lines: readonly string[]): string | undefined {
  for (const [index, expected] of prints.entries()) {
    const line = lines[index] ?? 'nothing';
    if (!isWithin(expected, parse(line))) {
      return `the program printed ${shorten(line)}, expected ${JSON.stringify(expected)}`;
    }
  }
  const more = lines[prints.length];
  return more === undefined ? undefined : `the program printed ${shorten(more)} at its end`;
}

function shorten(line: string): string {
  return line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Whether all that is expected is there; objects may have more fields. */
function isWithin(expected: unknown, actual: unknown): boolean {
  if (typeof expected !== 'object' || expected === null || Array.isArray(expected)) {
    return isDeepStrictEqual(expected, actual);
  }
  if (typeof actual !== 'object' || actual === null) return false;
  return Object.entries(expected).every(([key, value]) =>
    isWithin(value, (actual as Record<string, unknown>)[key]),
  );
}

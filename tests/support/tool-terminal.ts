import { systemRuntime } from '@trunkline/protocol';
import { runCommand } from '../../packages/codegen/src/cli.js';
import type { Terminal } from '../../packages/codegen/src/terminal.js';

/** A terminal in which a test runs a tool of the command, and reads what it writes as it comes. */
export class ToolTerminal implements Terminal, AsyncDisposable {
  readonly runtime = systemRuntime;
  readonly lines: string[] = [];
  readonly errors: string[] = [];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  #running: Promise<number> = Promise.resolve(0);
  #stop: () => void = () => undefined;
  #listeners: (() => void)[] = [];

  constructor(options: { cwd?: string; environment?: Readonly<Record<string, string>> } = {}) {
    this.cwd = options.cwd ?? process.cwd();
    this.environment = options.environment ?? {};
  }

  readonly out = (text: string): void => this.#add(this.lines, text);
  readonly error = (text: string): void => this.#add(this.errors, text);
  readonly untilStopped = (): Promise<void> => new Promise((stop) => (this.#stop = stop));
  readonly openWatcher = (): never => {
    throw new Error('nothing is watched here');
  };

  /** Everything that was written. */
  get text(): string {
    return [...this.lines, ...this.errors].join('\n');
  }

  /** Runs the command to its end; gives its exit code. */
  run(...args: readonly string[]): Promise<number> {
    this.#running = runCommand(args, this);
    return this.#running;
  }

  /** Waits for a line, from now or before. */
  async line(pattern: RegExp, lines: readonly string[] = this.lines): Promise<string> {
    for (;;) {
      const found = lines.find((line) => pattern.test(line));
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#listeners.push(resolve));
    }
  }

  /** Interrupts what runs; gives its exit code. */
  stop(): Promise<number> {
    this.#stop();
    return this.#running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #add(lines: string[], text: string): void {
    lines.push(text);
    for (const listener of this.#listeners.splice(0)) listener();
  }
}

/** Starts `trunkline tap` before a server; gives the address for clients. */
export async function startTap(
  terminal: ToolTerminal,
  url: string,
  ...flags: readonly string[]
): Promise<string> {
  void terminal.run('tap', url, ...flags);
  const line = await terminal.line(/connect the client to|error:/, terminal.errors);
  const [, address] = /connect the client to "([^"]+)"/.exec(line) ?? [];
  if (address === undefined) throw new Error(line);
  return address;
}

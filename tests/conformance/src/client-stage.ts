import { spawn, type ChildProcess } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { WebSocketServer } from 'ws';
import { Inbox } from './inbox.js';
import type { Stage } from './play.js';
import { WireEnd } from './wire-end.js';

/** How long a program may take to connect, to connect again, and to end. */
const PATIENCE_MS = 15_000;
const SUBPROTOCOL = 'trunkline.v1.superjson';

/** Plays the server of a client under test, which is a program that is started for it. */
export class ClientStage implements Stage {
  readonly tested = 'client';
  readonly #server: WebSocketServer;
  readonly #connections = new Inbox<WireEnd>();
  readonly #printed: string[] = [];
  #program: ChildProcess | undefined;
  #exit: Promise<number | null> = Promise.resolve(null);
  #errors = '';

  constructor() {
    this.#server = new WebSocketServer({
      port: 0,
      host: '127.0.0.1',
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    });
    this.#server.on('connection', (socket) => this.#connections.put(new WireEnd(socket, false)));
  }

  /** Starts `command conversation url`. */
  async start(command: string, conversation: string): Promise<void> {
    if (this.#server.address() === null) {
      await new Promise((resolve) => this.#server.once('listening', resolve));
    }
    const { port } = this.#server.address() as AddressInfo;
    const [file = '', ...rest] = command.split(' ').filter(Boolean);
    const program = spawn(file, [...rest, conversation, `ws://127.0.0.1:${port}`], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#program = program;
    program.stdout.on('data', (data: Buffer) => this.#printed.push(data.toString()));
    program.stderr.on('data', (data: Buffer) => (this.#errors += data.toString()));
    this.#exit = new Promise((resolve, reject) => {
      program.once('error', reject);
      program.once('close', resolve);
    });
    // Looked at when the program is waited for.
    this.#exit.catch(() => undefined);
  }

  /** Waits for the program's next connection. */
  async open(): Promise<WireEnd> {
    const ended = this.#exit.then(() => undefined);
    const end = await Promise.race([this.#connections.next(PATIENCE_MS), ended]);
    if (end === undefined) throw new Error(`the program did not connect\n${this.#errors}`.trim());
    return end;
  }

  async publish(): Promise<void> {
    // What is published is what the steps let the server send.
  }

  /** Waits for the program's end; says what is wrong with how it ended or what it printed. */
  async outcome(prints: readonly object[]): Promise<string | undefined> {
    const timer = setTimeout(() => this.#program?.kill('SIGKILL'), PATIENCE_MS);
    const code = await this.#exit;
    clearTimeout(timer);
    if (code !== 0) return `the program ended with ${code}\n${this.#errors}`.trim();
    const lines = this.#printed.join('').split('\n').filter(Boolean);
    for (const [index, expected] of prints.entries()) {
      const line = lines[index] ?? 'nothing';
      if (!isWithin(expected, parse(line))) {
        return `the program printed ${line}, expected ${JSON.stringify(expected)}`;
      }
    }
    const more = lines[prints.length];
    return more === undefined ? undefined : `the program printed ${more} at its end`;
  }

  /** Ends the program, if it still runs, and all connections. */
  async stop(): Promise<void> {
    this.#program?.kill('SIGKILL');
    await this.#exit.catch(() => undefined);
    for (const socket of this.#server.clients) socket.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }
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

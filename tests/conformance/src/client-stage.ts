import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { Inbox } from './inbox.js';
import type { Stage } from './play.js';
import { PATIENCE_MS, Program } from './program.js';
import { MOST_RECEIVED_BYTES, WireEnd } from './wire-end.js';

/** What the program has sent before its end may still be on its way. */
const ON_ITS_WAY_MS = 50;
const MOST_CONNECTIONS = 16;
const SUBPROTOCOL = 'trunkline.v1.superjson';

/** Plays the server of a client under test, which is a program that is started for it. */
export class ClientStage implements Stage {
  readonly tested = 'client';
  readonly #server: WebSocketServer;
  readonly #connections = new Inbox<WireEnd>();
  #program: Program | undefined;
  #hasConnected = false;

  constructor() {
    this.#server = new WebSocketServer({
      port: 0,
      host: '127.0.0.1',
      perMessageDeflate: false,
      maxPayload: MOST_RECEIVED_BYTES,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    });
    this.#server.on('connection', (socket) => {
      if (this.#server.clients.size > MOST_CONNECTIONS) socket.terminate();
      else this.#connections.put(new WireEnd(socket, false));
    });
  }

  /** Says that the program printed too much, for which it was killed. */
  get excess(): string | undefined {
    return this.#program?.excess;
  }

  /** The program could not be started, or ended without having connected. */
  isGone = false;

  /** Starts `command conversation url`. */
  async start(command: string, conversation: string): Promise<void> {
    if (this.#server.address() === null) {
      await new Promise((resolve) => this.#server.once('listening', resolve));
    }
    const { port } = this.#server.address() as AddressInfo;
    const [file = '', ...rest] = command.split(' ').filter(Boolean);
    this.#program = new Program(file, [...rest, conversation, `ws://127.0.0.1:${port}`]);
    void this.#program.exit.then(() => {
      setTimeout(() => this.#connections.close(), ON_ITS_WAY_MS);
    });
  }

  /** Waits for the program's next connection. */
  async open(): Promise<WireEnd> {
    const end = await this.#connections.next(PATIENCE_MS);
    if (end !== undefined) {
      this.#hasConnected = true;
      return end;
    }
    this.isGone = !this.#hasConnected;
    const why = this.#program?.hasEnded ? await this.#program.outcome([], 0) : undefined;
    throw new Error(`the program did not connect\n${why ?? ''}`.trim());
  }

  async publish(): Promise<void> {
    // What is published is what the steps let the server send.
  }

  /** What the program has written to its standard error. */
  get errors(): string {
    return this.#program?.errors ?? '';
  }

  /** Waits for the program's end; says what is wrong with how it ended or what it did besides. */
  async outcome(prints: readonly object[]): Promise<string | undefined> {
    const began = performance.now();
    // Nobody comes when the program has ended.
    const more = await this.#connections.next(PATIENCE_MS);
    if (more !== undefined) return 'the program connected once more than it should';
    return this.#program?.outcome(prints, PATIENCE_MS - (performance.now() - began));
  }

  /** Ends the program, if it still runs, and all connections. */
  async stop(): Promise<void> {
    await this.#program?.stop();
    this.#connections.close();
    for (const socket of this.#server.clients) socket.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

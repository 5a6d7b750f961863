import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { call, contract } from '@trunkline/contract';
import {
  createServer,
  implement,
  MemoryBroker,
  type Server,
  type ServerOptions,
} from '@trunkline/server';
import * as z from 'zod';
import { HeldCalls } from './held-calls.js';
import { rig as oldRig } from './rig.contract.js';

const { paint: _paint, ...same } = oldRig.members;

/** The rig of today, whose clients were generated before a layout changed. */
const rig = contract('rig', {
  ...same,
  paint: call({
    input: z.object({ color: z.string(), gloss: z.boolean().optional() }),
    output: z.object({ coats: z.int(), driesMs: z.int() }),
  }),
});

/** What ends with the process; the client has moved long before. */
const WINDOW_MS = 30_000;

/**
 * A server of the contract `rig` on a port of its own. When it is told to move, another one takes its
 * place there and it drains. It keeps no session without a connection, and takes tokens that say how
 * many milliseconds they are good for.
 */
export class RigServer {
  readonly #http = createHttpServer();
  readonly #broker = new MemoryBroker();
  readonly #held = new HeldCalls();
  readonly #servers: Server[] = [];
  readonly #options: Partial<ServerOptions>;
  #unmount: () => void = () => {};

  constructor(options: Partial<ServerOptions> = {}) {
    this.#options = options;
  }

  /** Listens on a free port, which it gives. */
  async listen(): Promise<number> {
    Object.assign(this.#http, {
      maxHeadersCount: 100,
      headersTimeout: 10_000,
      requestTimeout: 15_000,
    });
    this.#http.listen(0, '127.0.0.1');
    await once(this.#http, 'listening');
    this.#mountNext();
    return (this.#http.address() as AddressInfo).port;
  }

  /** What is open in all of the servers together. */
  get open(): number {
    return this.#servers
      .flatMap(({ counts }) => Object.values(counts))
      .reduce((sum, count) => sum + count, 0);
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()));
    await this.#broker.close();
    const closed = new Promise((resolve) => this.#http.close(resolve));
    this.#http.closeAllConnections();
    await closed;
  }

  #mountNext(): void {
    const service = this.#createService(this.#servers.length + 1);
    const server = createServer({
      services: [service],
      broker: this.#broker,
      authenticate: ({ token }) => ({ principal: 'ann', user: undefined, ...lifeOf(token) }),
      limits: { detachedMs: 0 },
      ...this.#options,
    });
    this.#servers.push(server);
    this.#unmount();
    this.#unmount = server.mount(this.#http);
  }

  #createService(number: number) {
    const held = this.#held;
    return implement(rig, {
      where: () => number,
      hold: ({ name }, { signal }) => held.hold(name, signal),
      holdOnce: ({ name }, { signal }) => held.hold(name, signal),
      holding: async ({ name }) => {
        await held.started(name);
        return null;
      },
      release: ({ name }) => {
        held.release(name);
        return null;
      },
      move: () => {
        const left = this.#servers.at(-1);
        this.#mountNext();
        void left?.drain({ windowMs: WINDOW_MS });
        return null;
      },
      mirror: (bytes) => bytes,
      paint: ({ color, gloss = false }) => ({
        coats: color.length,
        driesMs: gloss ? 2_000 : 1_000,
      }),
      news: { authorize: () => true, authorizePublish: () => true },
    });
  }
}

/** How long a token is good: as many milliseconds as it says, else for ever. */
function lifeOf(token: string): { expiresAt?: Date } {
  const lifeMs = /^for-([0-9]+)$/.exec(token)?.[1];
  return lifeMs === undefined ? {} : { expiresAt: new Date(Date.now() + Number(lifeMs)) };
}

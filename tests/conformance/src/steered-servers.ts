import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { json } from 'node:stream/consumers';
import { MemoryBroker } from '@trunkline/server';
import { createProbeServer } from './server.js';

/** What a request tells a pair of servers. */
interface Order {
  readonly windowMs?: number;
  /** New connections lead to the stopping server as before. */
  readonly stays?: boolean;
  readonly principal?: string;
  readonly final?: boolean;
  readonly room?: string;
}

/** Servers of the contract `probe` that do by HTTP what no client can ask for. */
export interface SteeredServers {
  readonly url: string;
  close(): Promise<void>;
}

/** Two servers of one broker behind one address, which leads to the first until that one stops. */
class Pair {
  readonly #rooms = new Set<string>();
  readonly #broker = new MemoryBroker();
  readonly #first = this.#create();
  readonly #second = this.#create();
  readonly #sockets = new Set<Socket>();
  #port = 0;
  readonly #front = createServer((near) => {
    const far = connect(this.#port, '127.0.0.1');
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket.setNoDelay());
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });

  /** Starts both; gives the address. */
  async open(): Promise<string> {
    this.#port = (await this.#first.listen({ port: 0, host: '127.0.0.1' })).port;
    await new Promise<void>((resolve) => this.#front.listen(0, '127.0.0.1', resolve));
    return `ws://127.0.0.1:${(this.#front.address() as AddressInfo).port}`;
  }

  /** Does as it is told; `undefined` when it cannot. */
  async obey(order: string, { windowMs = 4_000, ...more }: Order): Promise<object | undefined> {
    switch (order) {
      case 'drain':
        if (!more.stays) {
          this.#port = (await this.#second.listen({ port: 0, host: '127.0.0.1' })).port;
        }
        void this.#first.drain({ windowMs });
        return {};
      case 'revoke':
        return {
          sessions: this.#first.revoke(more.principal ?? '', { final: more.final === true }),
        };
      case 'deny':
        this.#rooms.add(more.room ?? '');
        return { ...(await this.#first.recheck({})) };
      default:
        return undefined;
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all([this.#first.close(), this.#second.close()]);
    await this.#broker.close();
    await new Promise((resolve) => this.#front.close(resolve));
  }

  #create() {
    return createProbeServer({ broker: this.#broker, onError: () => undefined }, this.#rooms);
  }
}

/**
 * Serves orders: `POST /pairs` makes a pair of servers and tells its address, `POST /pairs/<n>/drain`
 * and the like tell it what to do, and `DELETE /pairs/<n>` ends it. `via` gives the address that is
 * told in place of a pair's own.
 */
export async function startSteeredServers(
  port = 0,
  via: (url: string) => Promise<string> = (url) => Promise.resolve(url),
): Promise<SteeredServers> {
  const pairs = new Map<string, Pair>();
  let made = 0;
  const act = async (request: IncomingMessage): Promise<object | undefined> => {
    const [, kind, number = '', order = ''] = (request.url ?? '').split('/');
    if (kind !== 'pairs') return undefined;
    const pair = pairs.get(number);
    if (request.method === 'POST' && number === '') {
      const fresh = new Pair();
      pairs.set(String(made), fresh);
      return { number: made++, url: await via(await fresh.open()) };
    }
    if (request.method === 'DELETE') {
      pairs.delete(number);
      return pair?.close().then(() => ({}));
    }
    return pair?.obey(order, (await json(request)) as Order);
  };
  const http: Server = createHttpServer((request, response) => {
    act(request)
      .then((told) => response.writeHead(told ? 200 : 404).end(JSON.stringify(told ?? {})))
      .catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    async close() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
      await Promise.all([...pairs.values()].map((pair) => pair.close()));
    },
  };
}

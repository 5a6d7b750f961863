import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import type { Costs, Traffic } from '../traffic.js';
import { TRANSPORTS, type TransportName } from '../transports.js';
import { requestAddress } from './request-address.js';

/** What a socket has carried. */
interface Carried {
  readonly up: number;
  readonly down: number;
}

/** A request whose answer goes on. */
interface Exchange {
  readonly run: string;
  readonly transport: TransportName;
  readonly socket: Socket;
  /** What its socket had carried for others before. */
  readonly before: Carried;
}

const NOTHING: Traffic = { requests: 0, up: 0, down: 0 };
/** Older runs are forgotten. */
const MAX_RUNS = 50;

/**
 * Counts what each transport sends and receives on its sockets. A connection that is kept alive
 * carries one exchange at a time, so what it has carried since the last one belongs to this one.
 */
export class TrafficMeter {
  readonly #runs = new Map<string, Map<TransportName, Traffic>>();
  readonly #exchanges = new Set<Exchange>();
  readonly #counted = new WeakMap<Socket, Carried>();

  /** Counts what a server is asked. To be called before others take its upgrades. */
  watch(server: Server): void {
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      const { socket } = request;
      const end = this.#begin(request, socket);
      response.once('close', end);
    });
    server.prependListener('upgrade', (request: IncomingMessage, stream: Duplex) => {
      const end = this.#begin(request, stream as Socket);
      stream.once('close', end);
    });
  }

  /** Tells what a run has cost up to now. */
  costs(run: string): Costs {
    const costs = new Map(this.#runs.get(run));
    for (const exchange of this.#exchanges) {
      if (exchange.run !== run) continue;
      costs.set(exchange.transport, sum(costs.get(exchange.transport), carriedBy(exchange)));
    }
    const entries = TRANSPORTS.map((name) => [name, costs.get(name) ?? NOTHING] as const);
    return Object.fromEntries(entries) as Costs;
  }

  #begin(request: IncomingMessage, socket: Socket): () => void {
    const { pathname, searchParams } = requestAddress(request);
    const transport = TRANSPORTS.find((name) => pathname === `/ticks/${name}`);
    const before = this.#counted.get(socket) ?? { up: 0, down: 0 };
    const settle = (): void => {
      this.#counted.set(socket, { up: socket.bytesRead, down: socket.bytesWritten });
    };
    if (transport === undefined) return settle;
    const run = searchParams.get('run') ?? '';
    this.#add(run, transport, { requests: 1, up: 0, down: 0 });
    const exchange: Exchange = { run, transport, socket, before };
    this.#exchanges.add(exchange);
    return () => {
      this.#exchanges.delete(exchange);
      this.#add(run, transport, { requests: 0, ...carriedBy(exchange) });
      settle();
    };
  }

  #add(run: string, transport: TransportName, traffic: Traffic): void {
    const costs = this.#runs.get(run) ?? new Map<TransportName, Traffic>();
    this.#runs.set(run, costs.set(transport, sum(costs.get(transport), traffic)));
    const [oldest] = this.#runs.keys();
    if (this.#runs.size > MAX_RUNS && oldest !== undefined) this.#runs.delete(oldest);
  }
}

function carriedBy({ socket, before }: Exchange): Carried {
  return { up: socket.bytesRead - before.up, down: socket.bytesWritten - before.down };
}

function sum(before: Traffic = NOTHING, more: Partial<Traffic>): Traffic {
  return {
    requests: before.requests + (more.requests ?? 0),
    up: before.up + (more.up ?? 0),
    down: before.down + (more.down ?? 0),
  };
}

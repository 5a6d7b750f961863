import { connect, type Client, type ConnectOptions } from '@trunkline/client';
import { MemoryNetwork, VirtualRuntime } from '@trunkline/protocol/testing';
import type { Runtime } from '@trunkline/protocol';
import {
  createServer,
  type Server,
  type ServerFailure,
  type ServerOptions,
} from '@trunkline/server';
import { acceptInMemory } from '@trunkline/server/testing';
import { describe, expect } from 'vitest';
import { startRelay, type Relay } from './relay.js';

/** A server and its clients over one kind of transport, which a test takes down at its end. */
export interface Peers extends AsyncDisposable {
  readonly server: Server;
  /** What the server's `onError` was told. */
  readonly failures: ServerFailure[];
  /** Connects one more client. */
  connect<const Options extends ConnectOptions>(options: Options): Client<Options>;
  /** Cuts all connections without a goodbye. */
  cut(): void;
  /** Moves time on where time is virtual; over real sockets only lets things happen. */
  advance(ms: number): Promise<void>;
  readonly runtime: Runtime | undefined;
}

export type OpenPeers = (options: Omit<ServerOptions, 'runtime' | 'onError'>) => Promise<Peers>;

async function openMemory(options: Omit<ServerOptions, 'runtime' | 'onError'>): Promise<Peers> {
  const runtime = new VirtualRuntime();
  const network = new MemoryNetwork(runtime);
  const failures: ServerFailure[] = [];
  const server = createServer({
    ...options,
    runtime,
    onError: (failure) => failures.push(failure),
  });
  acceptInMemory(server, network);
  const clients: { close(): void }[] = [];
  return {
    server,
    failures,
    runtime,
    connect: (clientOptions) => {
      const client = connect('ws://memory', { ...clientOptions, runtime, dial: network.dial });
      clients.push(client);
      return client as never;
    },
    cut: () => network.connections.forEach((connection) => connection.cut()),
    advance: (ms) => runtime.advance(ms),
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      await server.close();
      await runtime.settle();
      expect(server.counts).toEqual({ connections: 0, calls: 0, subscriptions: 0, topics: 0 });
      expect(runtime.timers).toBe(0);
    },
  };
}

async function openSockets(options: Omit<ServerOptions, 'runtime' | 'onError'>): Promise<Peers> {
  const failures: ServerFailure[] = [];
  const server = createServer({ ...options, onError: (failure) => failures.push(failure) });
  const { port } = await server.listen({ port: 0, host: '127.0.0.1' });
  const relay: Relay = await startRelay(port);
  const clients: { close(): void }[] = [];
  return {
    server,
    failures,
    runtime: undefined,
    connect: (clientOptions) => {
      const reconnect = { minMs: 1, maxMs: 20 };
      const client = connect(`ws://127.0.0.1:${relay.port}`, { reconnect, ...clientOptions });
      clients.push(client);
      return client as never;
    },
    cut: () => relay.cut(),
    advance: () => new Promise((resolve) => setImmediate(resolve)),
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      await relay.close();
      await server.close();
      expect(server.counts).toEqual({ connections: 0, calls: 0, subscriptions: 0, topics: 0 });
    },
  };
}

/** Runs one suite over the transport in memory and over real sockets. */
export function describeTransports(name: string, suite: (open: OpenPeers) => void): void {
  describe(`${name}, in memory`, () => {
    suite(openMemory);
  });
  describe(`${name}, over WebSockets`, () => {
    suite(openSockets);
  });
}

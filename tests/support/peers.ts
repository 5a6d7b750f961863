import {
  connect,
  type Client,
  type ClientOptions,
  type ContractShape,
  type ServiceShape,
} from '@trunkline/client';
import { MemoryNetwork, VirtualRuntime } from '@trunkline/protocol/testing';
import {
  createServer,
  type Server,
  type ServerFailure,
  type ServerOptions,
} from '@trunkline/server';
import { acceptInMemory } from '@trunkline/server/testing';
import { describe, expect } from 'vitest';
import { NOTHING_OPEN } from './nothing-open.js';
import { startRelay, type Relay } from './relay.js';

/** A server and its clients over one kind of transport, which a test takes down at its end. */
export interface Peers extends AsyncDisposable {
  readonly server: Server;
  /** What the server's `onError` was told. */
  readonly failures: ServerFailure[];
  /** Connects one more client. */
  connect<
    S extends Record<string, ServiceShape> = {},
    C extends Record<string, ContractShape> = {},
  >(
    options: ClientOptions<S, C>,
  ): Client<S, C>;
  /** Cuts all connections without a goodbye; no other opens until `restore`. */
  cut(): void;
  /** Lets connections open again, and clients find out. */
  restore(): Promise<void>;
}

export type OpenPeers = (options: Omit<ServerOptions, 'runtime' | 'onError'>) => Promise<Peers>;

async function openMemory(options: Omit<ServerOptions, 'runtime' | 'onError'>): Promise<Peers> {
  return openNetwork(options, {});
}

/** Nothing is packed: what people can read, and what falls back, must work as well. */
async function openReadable(options: Omit<ServerOptions, 'runtime' | 'onError'>): Promise<Peers> {
  return openNetwork(options, { packed: false });
}

async function openNetwork(
  options: Omit<ServerOptions, 'runtime' | 'onError'>,
  codec: { readonly packed?: boolean },
): Promise<Peers> {
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
    connect: (clientOptions) => {
      const client = connect('ws://memory', {
        ...codec,
        ...clientOptions,
        runtime,
        dial: network.dial,
      });
      clients.push(client);
      return client as never;
    },
    cut: () => {
      network.isDown = true;
      for (const connection of network.connections) connection.cut();
    },
    restore: () => {
      network.isDown = false;
      // Longer than the longest delay of a client.
      return runtime.advance(21_000);
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      await server.close();
      await runtime.settle();
      expect(server.counts).toEqual(NOTHING_OPEN);
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
    connect: (clientOptions) => {
      const reconnect = { minMs: 1, maxMs: 20 };
      const client = connect(`ws://127.0.0.1:${relay.port}`, { reconnect, ...clientOptions });
      clients.push(client);
      return client as never;
    },
    cut: () => relay.cut(),
    restore: async () => relay.restore(),
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      await relay.close();
      await server.close();
      expect(server.counts).toEqual(NOTHING_OPEN);
    },
  };
}

/** Runs one suite in memory, packed and as superjson, and over real sockets. */
export function describeTransports(name: string, suite: (open: OpenPeers) => void): void {
  describe(`${name}, in memory`, () => {
    suite(openMemory);
  });
  describe(`${name}, in memory as superjson`, () => {
    suite(openReadable);
  });
  describe(`${name}, over WebSockets`, () => {
    suite(openSockets);
  });
}

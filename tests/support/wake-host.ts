import type { Client, ClientOptions, ConnectionState, ConnectionStatus } from '@trunkline/client';
import { inspect } from '@trunkline/client/testing';
import { call, contract, topic } from '@trunkline/contract';
import type { Dial, Runtime } from '@trunkline/protocol';
import { MemoryNetwork, VirtualRuntime } from '@trunkline/protocol/testing';
import {
  createServer,
  createTopics,
  implement,
  MemoryBroker,
  type Server,
  type ServerOptions,
} from '@trunkline/server';
import { acceptInMemory } from '@trunkline/server/testing';
import { expect } from 'vitest';
import * as z from 'zod';
import { createClient } from '../../packages/client/src/client.js';
import { createDeferred, type Deferred } from './deferred.js';
import { FakePage } from './fake-page.js';
import { NOTHING_OPEN } from './nothing-open.js';

/** A contract with what a sleep may cut in two. */
const desk = contract('desk', {
  wait: call({ output: z.string() }),
  echo: call({ input: z.string(), output: z.string() }),
  news: topic({
    message: z.string(),
    public: true,
    publish: 'server',
    keep: { count: 100, ageMs: 600_000 },
  }),
});

const contracts = { desk };
type DeskClient = Client<{}, typeof contracts>;

/** A clock whose wall time a test sets forward, as a device that sleeps does. */
class SleepingRuntime extends VirtualRuntime {
  #sleptMs = 0;

  override wallNow(): number {
    return super.wallNow() + this.#sleptMs;
  }

  /** Sleeps: only the wall clock goes on. */
  sleep(ms: number): void {
    this.#sleptMs += ms;
  }
}

/** A client on a page, and its server, on virtual time. */
export interface WakeHost extends AsyncDisposable {
  readonly runtime: SleepingRuntime;
  readonly network: MemoryNetwork;
  readonly server: Server;
  readonly page: FakePage;
  readonly client: DeskClient;
  readonly states: ConnectionState[];
  /** The statuses since the last time that it was asked. */
  seen(): ConnectionStatus[];
  readonly answer: Deferred<string>;
  /** Publishes on `news`. */
  publish(text: string): Promise<unknown>;
}

/** Starts both, and lets them connect. */
export async function openWakeHost(
  options: Omit<ClientOptions, 'services' | 'contracts' | 'runtime'> = {},
  serverOptions: Partial<ServerOptions> = {},
  wrap: (dial: Dial, runtime: Runtime) => Dial = (dial) => dial,
): Promise<WakeHost> {
  const runtime = new SleepingRuntime();
  const network = new MemoryNetwork(runtime);
  const answer = createDeferred<string>();
  const broker = new MemoryBroker({ runtime });
  const service = implement(desk, { wait: () => answer.promise, echo: (text) => text });
  const admission = serverOptions.authenticate === undefined ? { anonymous: true as const } : {};
  const server = createServer({
    ...admission,
    services: [service],
    broker,
    runtime,
    ...serverOptions,
  } as ServerOptions);
  acceptInMemory(server, network);
  const page = new FakePage();
  const given = { contracts, runtime, dial: wrap(network.dial, runtime), ...options };
  const client = createClient('ws://memory', given, { watchPage: page.watch }) as DeskClient;
  const states: ConnectionState[] = [];
  client.connection.watch((state) => states.push(state));
  await runtime.settle();
  let asked = 0;
  return {
    runtime,
    network,
    server,
    page,
    client,
    states,
    answer,
    seen: () => {
      const fresh = states.slice(asked).map(({ status }) => status);
      asked = states.length;
      return fresh;
    },
    publish: (text) => createTopics(desk, broker).news().publish(text),
    async [Symbol.asyncDispose]() {
      client.close();
      answer.resolve('closed');
      await server.close();
      await broker.close();
      await runtime.advance(6_000);
      expect(page.listeners).toBe(0);
      expect(server.counts).toEqual(NOTHING_OPEN);
      const nothing = { pendingCalls: 0, takenIds: 0, subscriptions: 0, subscribers: 0 };
      expect({ ...inspect(client), timers: runtime.timers }).toEqual({ ...nothing, timers: 0 });
    },
  };
}

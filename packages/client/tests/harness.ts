import { expect, onTestFinished } from 'vitest';
import { createClient } from '../src/client.js';
import type { Client, ClientOptions } from '../src/index.js';
import { sharedSuperjson, type SuperjsonLoader } from '../src/value/superjson.js';
import { inspect } from '../src/testing.js';
import { ChatClient } from './chat-service.js';
import { ScriptedServer } from './scripted-server.js';

/** A client of a scripted server in memory. */
export interface Harness {
  readonly server: ScriptedServer;
  readonly runtime: ScriptedServer['runtime'];
  readonly network: ScriptedServer['network'];
  readonly client: Client<{ chat: typeof ChatClient }>;
  readonly chat: ChatClient;
  /** What the client's error hook was told. */
  readonly errors: unknown[];
}

/** Options that a test may change. */
export type TestOptions = Omit<ClientOptions, 'services' | 'contracts'> & {
  readonly superjson?: SuperjsonLoader;
};

/** Starts a client; when the test has finished, it is closed and must have left nothing behind. */
export function start(
  { superjson = sharedSuperjson, ...options }: TestOptions = {},
  server: ScriptedServer = new ScriptedServer(),
): Harness {
  const { runtime, network } = server;
  const errors: unknown[] = [];
  const given = {
    services: { chat: ChatClient },
    dial: network.dial,
    runtime,
    onError: (error: unknown) => errors.push(error),
    ...options,
  };
  const client = createClient('ws://test', given, { superjson }) as Harness['client'];
  onTestFinished(async () => {
    client.close();
    await runtime.settle();
    const nothing = { pendingCalls: 0, takenIds: 0, subscriptions: 0, subscribers: 0 };
    expect({ ...inspect(client), timers: runtime.timers }).toEqual({ ...nothing, timers: 0 });
  });
  return { server, runtime, network, client, chat: client.chat, errors };
}

/** As `start`, when the connection is live. */
export async function startLive(options: TestOptions = {}): Promise<Harness> {
  const harness = start(options);
  await harness.runtime.settle();
  expect(harness.client.connection.state.status).toBe('live');
  return harness;
}

/** What a promise fails with; fails itself when it does not. */
export function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => Promise.reject(new Error('expected a failure')),
    (error: unknown) => error,
  );
}

/** What a promise has come to so far: its value, its error, or `pending`. */
export async function outcomeOf(promise: Promise<unknown>): Promise<unknown> {
  const pending = Symbol('pending');
  const settled = await Promise.race([
    promise.then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    ),
    new Promise((resolve) => setImmediate(resolve, pending)),
  ]);
  return settled === pending ? 'pending' : settled;
}

/// <reference lib="esnext.disposable" preserve="true" />
import { watchPage as watchThisPage } from '#page-life';
import { createDial } from '#websocket';
import { CLIENT_CODEC, systemRuntime, type ServiceShape } from '@trunkline/protocol';
import { CallTable } from './calls/call-table.js';
import type { ClientOf } from './client-of.js';
import type { ConnectionState } from './connection/connection-state.js';
import { Connection } from './connection/connection.js';
import { IdleSuspicion } from './connection/idle-suspicion.js';
import { makeInspectable } from './inspection.js';
import { routeMessages } from './message-route.js';
import {
  checkUrl,
  resolveOptions,
  type ClientOptions,
  type Contracts,
  type Services,
} from './options.js';
import type { PageOwner } from './page/page-owner.js';
import { createProxy } from './proxy.js';
import { startServing } from './serving/serving.js';
import { watchSources } from './calls/source-watch.js';
import { Subscriptions } from './topics/subscriptions.js';
import { sharedSuperjson, type SuperjsonLoader } from './value/superjson.js';
import { TokenSource } from './connection/token-source.js';

/** The connection of a client, to be looked at and steered. */
export interface ClientConnection {
  /** The connection at this moment. */
  readonly state: ConnectionState;
  /** Calls the listener at each change from now on; gives the function that ends it. */
  readonly watch: (listener: (state: ConnectionState) => void) => () => void;
  /** Resolves when the connection is live; fails with `UNAVAILABLE` when it never will be. */
  readonly live: () => Promise<void>;
  /**
   * Connects anew, at once, whatever the state is: what waits is not waited for, a connection that is
   * live or being made is replaced, `pause` is over, and after `denied` the client is of use again,
   * although calls that failed stay failed. Only after `close()` it does nothing.
   */
  readonly reconnectNow: () => void;
  /**
   * Ends the connection until `resume`, in state `idle`. Calls wait within their deadlines, topics are
   * stale, and all goes on if `resume` comes before the server has forgotten the session. Idempotent.
   */
  readonly pause: () => void;
  /** Connects again, at once, if the client is paused. */
  readonly resume: () => void;
}

/** What a client has beside its services. */
export interface ClientControls extends Disposable {
  readonly connection: ClientConnection;
  /**
   * Ends the connection for good. Calls that are pending fail with `CANCELLED`, streams too, and
   * loops over topics end. Idempotent.
   */
  readonly close: () => void;
}

type ServiceClient<Service> = Service extends ServiceShape<infer Client> ? Client : never;

/** What `connect` gives: a client for each service and contract, and the connection's controls. */
export type Client<ServicesOption extends Services = {}, ContractsOption extends Contracts = {}> = {
  readonly [Name in keyof ServicesOption]: ServiceClient<ServicesOption[Name]>;
} & { readonly [Name in keyof ContractsOption]: ClientOf<ContractsOption[Name]> } & ClientControls;

/**
 * Connects to a server and gives its typed client. The connection is made in the background and
 * made anew whenever it is lost; calls wait for it. Throws a TypeError for senseless options.
 */
export function connect<
  const ServicesOption extends Services = {},
  const ContractsOption extends Contracts = {},
>(
  url: string,
  options: ClientOptions<ServicesOption, ContractsOption>,
): Client<ServicesOption, ContractsOption> {
  return createClient(url, options) as Client<ServicesOption, ContractsOption>;
}

/** What a client has from its surroundings beside its options. */
export interface Surroundings {
  readonly superjson: SuperjsonLoader;
  readonly watchPage: (owner: PageOwner) => () => void;
}

/** Connects as `connect` does, in surroundings of its own. */
export function createClient(
  url: string,
  options: ClientOptions,
  surroundings: Partial<Surroundings> = {},
): ClientControls {
  const { superjson = sharedSuperjson, watchPage = watchThisPage } = surroundings;
  const resolved = resolveOptions(options);
  if (options.dial === undefined) checkUrl(url);
  const { runtime = systemRuntime, tracer } = options;
  const dial = options.dial ?? createDial(runtime);
  const { shapes, limits, onError, deadlineMs } = resolved;
  const publisher = hex(runtime.randomBytes(16));
  const whyOffline = (): string | undefined =>
    connection.state.status === 'live' ? undefined : connection.state.reason;
  const calls = new CallTable({ runtime, limits, publisher, superjson, whyOffline });
  const subscriptions = new Subscriptions(runtime, superjson, { tracer, onError });
  const answering = startServing(resolved.handlers, { runtime, superjson, onError });
  const user = routeMessages({ calls, subscriptions, answering });
  const connection: Connection = new Connection(
    {
      ...resolved,
      tokens: new TokenSource({ runtime, auth: resolved.auth, authMs: limits.authMs }),
      idle: new IdleSuspicion(),
      url,
      dial,
      runtime,
      superjson,
      codec: answering?.codec ?? CLIENT_CODEC,
      takesCalls: answering !== undefined,
    },
    user,
  );
  const watchSource = watchSources(runtime, options.leaks);
  const shared = { runtime, calls, subscriptions, superjson, limits, onError, deadlineMs };
  const hasOwnDeadline = options.deadlineMs !== undefined;
  const port = { ...shared, hasOwnDeadline, watchSource, tracer };
  const services = [...shapes].map(([name, shape]) => [name, createProxy(port, shape)] as const);
  const leavePage = watchPage({
    wake: () => connection.wake(),
    rest: () => connection.rest('page'),
    goOn: () => connection.goOn('page'),
  });
  const close = (): void => {
    leavePage();
    connection.close();
  };
  const client = Object.fromEntries<unknown>([...services, ['close', close]]);
  Object.defineProperty(client, 'connection', { value: controlsOf(connection), enumerable: true });
  // Older platforms have no such symbol, and then nobody looks for it.
  if (Symbol.dispose) Object.defineProperty(client, Symbol.dispose, { value: close });
  makeInspectable(client, () => ({
    pendingCalls: calls.pending,
    takenIds: calls.takenIds,
    subscriptions: subscriptions.topics,
    subscribers: subscriptions.subscribers,
  }));
  return Object.freeze(client) as unknown as ClientControls;
}

function controlsOf(connection: Connection): ClientConnection {
  return Object.freeze({
    get state() {
      return connection.state;
    },
    watch: (listener: (state: ConnectionState) => void) => connection.watch(listener),
    live: () => connection.live(),
    reconnectNow: () => connection.reconnectNow(),
    pause: () => connection.rest('application'),
    resume: () => connection.goOn('application'),
  });
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

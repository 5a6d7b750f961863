import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import {
  SPOKEN,
  SUBPROTOCOLS,
  ByteBudget,
  SESSION_LIMITS,
  systemRuntime,
  TrunklineError,
  type Broker,
  type Close,
  type Runtime,
  type SessionLimits,
  type Transport,
  type TransportSink,
} from '@trunkline/protocol';
import type { AcceptedTransport } from './accepted-transport.js';
import { bootFaults } from './boot.js';
import { CallRates } from './call-rates.js';
import { isPromise } from './chain.js';
import { Connection, type ConnectionServices } from './connection.js';
import type { ConnectionInfo, SessionOpened } from './context.js';
import { coverageOf, formatCoverage, type CoverageRow } from './coverage.js';
import { ExpiryWatch } from './expiry-watch.js';
import { Drain, type DrainOptions, type DrainReport } from './drain.js';
import { servicesOf } from './explore.js';
import type { ReportFailure } from './failure.js';
import { Gatekeeper } from './gatekeeper.js';
import type { Around } from './guard.js';
import { IdempotencyTable } from './idempotency/idempotency-table.js';
import { LeakWatch } from './leak-watch.js';
import { listLimits, resolveServerLimits, type LimitRow, type ServerLimits } from './limits.js';
import { createObservation, type Observation } from './observe/observation.js';
import type { TopicCounts } from './observe/topic-tally.js';
import { createPipelines, type Pipelines } from './pipeline.js';
import { printFailure, printLeak } from './print-failure.js';
import { assertRecheck, Rechecks, type Rechecked, type RecheckOptions } from './rechecks.js';
import { readiness, type ServerPhase } from './readiness.js';
import { Registry } from './registry.js';
import { isTopicRoute, type Service } from './route.js';
import type { LiveSession } from './live-session.js';
import type { Session } from './session.js';
import { Sessions } from './sessions.js';
import { assertOptions, assertRevocation, type ServerOptions } from './server-options.js';
import { Hub } from './topics/hub.js';
import { MemoryBroker } from './topics/memory-broker.js';
import { SnapshotPlaces } from './topics/snapshot-places.js';
import { GuardedTracer } from './tracing/guarded-tracer.js';
import { createRunners } from './tracing/traced-requests.js';
import { WaitingOutboxes } from './waiting-outboxes.js';
import { WsAcceptor, type ListenAddress, type ListenOptions } from './ws-acceptor.js';

const REVOKED: Close = { code: 'TOKEN', reason: 'revoked' };
const REVOKED_FINALLY: Close = { code: 'REFUSED', reason: 'revoked' };
const LEAVING: Close = { code: 'LEAVING', reason: 'the server stops' };

/** What a server has open. */
export interface ServerCounts {
  connections: number;
  /** Those without a connection among them. */
  sessions: number;
  /** Sessions whose client is away and may come back. */
  detached: number;
  /** Handlers that run. */
  calls: number;
  subscriptions: number;
  /** Topics that somebody on this node is subscribed to. */
  topics: number;
  /** Bytes that wait to be written, here or in sockets. */
  outboxBytes: number;
  /** Bytes that were written, and may have to be written again. */
  unackedBytes: number;
}

/** A Trunkline server: contracts, the code behind them, and the connections that use them. */
export class Server {
  readonly #limits: ServerLimits;
  readonly #services: readonly Service[];
  readonly #around: Around;
  readonly #broker: Broker;
  readonly #ownsBroker: boolean;
  readonly #tracer: GuardedTracer | undefined;
  readonly #hub: Hub;
  readonly #idempotency: IdempotencyTable;
  readonly #leaks: LeakWatch | undefined;
  readonly #rates: CallRates | undefined;
  readonly #observation: Observation | undefined;
  readonly #connections = new Set<Connection>();
  readonly #sessions: Sessions<LiveSession>;
  readonly #shared: ConnectionServices;
  readonly #acceptor: WsAcceptor;
  #drain: Drain | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: ServerOptions) {
    assertOptions(options);
    const runtime = options.runtime ?? systemRuntime;
    const report = reporter(options.onError);
    this.#limits = resolveServerLimits(options.limits);
    this.#services = servicesOf(options.services, options.resolve);
    this.#around = {
      guards: options.guards ?? [],
      interceptors: options.interceptors ?? [],
      errorMappers: options.errorMappers ?? [],
    };
    assertBoots(this.#services, options);
    this.#ownsBroker = options.broker === undefined;
    this.#observation = createObservation(options.observers, { runtime, report });
    this.#broker = options.broker ?? new MemoryBroker({ runtime });
    this.#tracer = options.tracer && new GuardedTracer(options.tracer, report);
    this.#hub = new Hub({
      broker: this.#broker,
      runtime,
      recent: { records: this.#limits.joinRecords, bytes: this.#limits.pageBytes },
      batchCloseBytes: this.#limits.batchCloseBytes,
      lookMs: this.#limits.lookMs,
      tracer: this.#tracer,
    });
    this.#idempotency = new IdempotencyTable(runtime, this.#limits);
    if (options.leaks !== undefined) {
      const { report: tell = printLeak, ...about } = options.leaks === true ? {} : options.leaks;
      this.#leaks = new LeakWatch(runtime, about, (leak) => {
        this.#observation?.tell('leaked', leak);
        tell(leak);
      });
    }
    this.#rates = CallRates.of({ runtime, limits: this.#limits, services: this.#services });
    const pipelines = createPipelines(this.#around, (error, where) => report({ error, where }));
    this.#sessions = new Sessions({ runtime, limits: this.#limits });
    this.#shared = this.#share(options, { runtime, report, pipelines });
    this.#acceptor = new WsAcceptor({
      runtime,
      limits: this.#limits,
      origins: options.origins,
      trustedProxies: options.trustedProxies ?? [],
      cookies: options.cookies ?? false,
      spoken: options.packed === false ? [SUBPROTOCOLS.superjson] : SPOKEN,
      onError: (error) => report({ error, where: 'acceptor' }),
      refusal: () => this.#drain?.upgradeRefusal(),
      readiness: readiness(this),
      observation: this.#observation,
      accept: (transport, info) => this.#connect(transport, info),
    });
    options.onCoverage?.(formatCoverage(this.coverage()));
  }

  /** Every limit that holds, with its value, unit, scope and what more than it gets. */
  get limits(): { list(): readonly LimitRow[] } {
    return { list: () => listLimits(this.#limits, { ownsBroker: this.#ownsBroker }) };
  }

  /** The broker that carries this server's topics: make publishers from it. */
  get broker(): Broker {
    return this.#broker;
  }

  /** Connections that are open, sessions with and without one, and what they have running. */
  get counts(): ServerCounts {
    const counts = {
      connections: this.#connections.size,
      sessions: 0,
      detached: this.#sessions.detached,
      calls: 0,
      subscriptions: 0,
      topics: this.#hub.size,
      outboxBytes: 0,
      unackedBytes: 0,
    };
    for (const session of this.#sessions.all) {
      counts.sessions++;
      counts.calls += session.running;
      counts.subscriptions += session.subscribed;
      counts.outboxBytes += session.outboxBytes;
      counts.unackedBytes += session.unackedBytes;
    }
    return counts;
  }

  /**
   * What has become of the messages of each topic, of all params together: for each of them,
   * `offered` is `delivered`, `conflated` and `gap` together. Empty without observers.
   */
  get topicCounts(): TopicCounts[] {
    const tallies = [...(this.#observation?.topics ?? [])];
    return tallies.map(({ topic, offered, delivered, conflated, gap, queued }) => {
      return { topic, offered, delivered, conflated, gap, queued };
    });
  }

  /** Says for each procedure and topic which guards stand before it. */
  coverage(): CoverageRow[] {
    return coverageOf(this.#services, this.#around);
  }

  /** Opens a port of its own. Rejects when the port is taken. */
  listen(options: ListenOptions): Promise<ListenAddress> {
    this.#assertOpen();
    return this.#acceptor.listen(options);
  }

  /**
   * Takes the upgrades of one path on a server that does other things too; gives the undoing.
   * Upgrades of other paths are refused with 404, unless somebody else listens for `upgrade`: then
   * they are theirs, to take or to refuse.
   */
  mount(server: HttpServer | HttpsServer, options?: { path?: string }): () => void {
    this.#assertOpen();
    return this.#acceptor.mount(server, options);
  }

  /** Takes a connection that something else than a WebSocket carries, such as a test. */
  accept(
    transport: Transport,
    info: ConnectionInfo,
    { packed: takesPacked = true }: { packed?: boolean } = {},
  ): TransportSink {
    const accepted = Object.assign(transport, { authenticated: () => undefined, takesPacked });
    return this.#connect(accepted, info);
  }

  /**
   * Takes the rights of a principal back: all of its sessions end at once, with a connection or not,
   * none of its handlers starts, the signals of those that run fire, and nothing is delivered. Its
   * clients may come back with another token, or are denied for good if that is `final`. Gives how
   * many sessions there were. What `authenticate` says afterwards is the application's own affair.
   */
  revoke(principal: string, { final: isFinal = false }: { final?: boolean } = {}): number {
    assertRevocation(principal, isFinal);
    const close = isFinal ? REVOKED_FINALLY : REVOKED;
    const sessions = this.#sessionsOf(principal);
    this.#shared.gatekeeper.revoke(principal, close);
    for (const session of sessions) session.revoke(close);
    this.#idempotency.revoke(principal);
    return sessions.length;
  }

  /**
   * Asks guards and authorizers again about what is subscribed: of one principal, on one topic, or
   * all. What they refuse ends. Resolves when all of it is decided.
   */
  async recheck(options: RecheckOptions = {}): Promise<Rechecked> {
    const { principal, topic } = options;
    assertRecheck(options, (name) => {
      const route = this.#shared.registry.find(name);
      return route !== undefined && isTopicRoute(route);
    });
    const sessions = this.#sessionsOf(principal);
    const found = await Promise.all(sessions.map((session) => session.recheck(topic)));
    const sum = { checked: 0, ended: 0 };
    for (const { checked, ended } of found) {
      sum.checked += checked;
      sum.ended += ended;
    }
    return sum;
  }

  /** What the server does for new clients. */
  get phase(): ServerPhase {
    if (this.#stopping !== undefined) return 'closed';
    return this.#drain === undefined ? 'serving' : 'draining';
  }

  /** Tells whether new sessions are taken: `false` from the first moment of a drain. */
  ready(): boolean {
    return this.phase === 'serving';
  }

  /**
   * Empties the server and closes it: nobody new is let in, clients move to other servers one after
   * the other, and handlers have until shortly before the end of the window. What still runs then is
   * answered with `DRAINING`. Gives the same promise when it is called again.
   */
  drain(options: DrainOptions = {}): Promise<DrainReport> {
    this.#drain ??= new Drain(
      {
        runtime: this.#shared.runtime,
        sessions: this.#sessions,
        connections: this.#connections,
        stop: () => this.#stop(),
        cut: () => this.#acceptor.cut(),
      },
      options,
    );
    return this.#drain.done;
  }

  /**
   * Ends all connections and, if it is the server's own, the broker, without waiting for anything
   * that runs. Idempotent.
   */
  close(): Promise<void> {
    this.#drain?.stop();
    return this.#stop();
  }

  #stop(): Promise<void> {
    return (this.#stopping ??= this.#end());
  }

  async #end(): Promise<void> {
    for (const connection of this.#connections) connection.close(LEAVING);
    this.#sessions.close();
    await this.#acceptor.close();
    this.#idempotency.close();
    this.#leaks?.close();
    this.#rates?.close();
    this.#hub.close();
    if (this.#ownsBroker) await this.#broker.close();
  }

  /** Those of one principal, or all. */
  #sessionsOf(principal: string | undefined): LiveSession[] {
    const all = [...this.#sessions.all];
    return principal === undefined ? all : all.filter((one) => one.principal === principal);
  }

  #assertOpen(): void {
    if (this.phase === 'serving') return;
    throw new TrunklineError('UNAVAILABLE', `the server is ${this.phase}`);
  }

  #connect(transport: AcceptedTransport, info: ConnectionInfo): TransportSink {
    const connection = new Connection(transport, info, this.#shared);
    this.#connections.add(connection);
    if (this.#stopping !== undefined) connection.close(LEAVING);
    return connection;
  }

  #share(
    options: ServerOptions,
    parts: { runtime: Runtime; report: ReportFailure; pipelines: Pipelines },
  ): ConnectionServices {
    const { runtime, report, pipelines } = parts;
    const { scope: makeScope, onOpen = ignore, onClose = ignore } = options;
    const tellOpen = notifier(onOpen, 'onOpen', report);
    const tellClose = notifier(onClose, 'onClose', report);
    const common = {
      runtime,
      report,
      limits: this.#limits,
      broker: this.#broker,
      pipelineOf: pipelines.of,
      observation: this.#observation,
      tracer: this.#tracer,
    };
    const registry = new Registry(this.#services);
    const valueBytes = registry.largestInput(this.#limits.valueInBytes);
    return {
      ...common,
      makeScope,
      leaks: this.#leaks,
      rates: this.#rates,
      registry,
      valueBytes,
      sessionLimits: sessionLimitsOf({ ...this.#limits, valueInBytes: valueBytes }),
      hub: this.#hub,
      assembly: new ByteBudget(this.#limits.assemblyNodeBytes),
      outboxes: new WaitingOutboxes(this.#limits.outboxNodeBytes),
      ...createRunners({
        ...common,
        idempotency: this.#idempotency,
        snapshots: new SnapshotPlaces(registry.routes(), common),
      }),
      expiries: new ExpiryWatch(runtime),
      rechecks: new Rechecks(common),
      gatekeeper: new Gatekeeper({
        ...common,
        makeScope,
        authenticate: options.authenticate,
        pipeline: pipelines.server,
      }),
      sessions: this.#sessions,
      opened: (session) => tellOpen(aboutSession(session)),
      ended: (connection) => void this.#connections.delete(connection),
      sessionEnded: (session, { code, reason }) => {
        this.#drain?.ended(session.id);
        tellClose({ ...aboutSession(session), code, reason });
      },
      drain: () => this.#drain,
    };
  }
}

/**
 * Makes a server. Throws a TypeError that lists everything that keeps it from booting: handlers that
 * are missing, topics that nobody decides on, options that do not fit.
 */
export function createServer(options: ServerOptions): Server {
  return new Server(options);
}

function assertBoots(services: readonly Service[], options: ServerOptions): void {
  const faults = bootFaults(services, {
    hasAuthenticate: options.authenticate !== undefined,
    isAnonymous: options.anonymous === true,
  });
  if (faults.length > 0) throw new TypeError(`the server does not boot:\n- ${faults.join('\n- ')}`);
}

/** Of all limits, those that a client is told. */
function sessionLimitsOf(limits: SessionLimits): SessionLimits {
  const told = Object.keys(SESSION_LIMITS) as (keyof SessionLimits)[];
  return Object.fromEntries(told.map((name) => [name, limits[name]])) as unknown as SessionLimits;
}

function ignore(): void {}

function aboutSession(session: Session): SessionOpened {
  return { session, principal: session.identity?.principal };
}

function reporter(onError: ServerOptions['onError']): ReportFailure {
  return notifier(onError ?? printFailure, 'onError', printFailure);
}

/** A hook of the application that throws must not become a failure of its own. */
function notifier<Told>(
  hook: (told: Told) => unknown,
  where: string,
  report: ReportFailure,
): (told: Told) => void {
  const failed = (error: unknown): void => report({ error, where });
  return (told) => {
    try {
      const result = hook(told);
      if (isPromise(result)) void Promise.resolve(result).catch(failed);
    } catch (error) {
      failed(error);
    }
  };
}

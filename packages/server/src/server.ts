import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import {
  SPOKEN,
  SUBPROTOCOLS,
  ByteBudget,
  systemRuntime,
  TrunklineError,
  type Broker,
  type Close,
  type Runtime,
  type Transport,
  type TransportSink,
} from '@trunkline/protocol';
import type { AcceptedTransport } from './socket/accepted-transport.js';
import { createSessionHooks } from './application-hooks.js';
import { assertBoots } from './routes/boot.js';
import { CallRates } from './calls/call-rates.js';
import { Connection, type ConnectionServices } from './connection/connection.js';
import type { ConnectionInfo } from './routes/context.js';
import { coverageOf, formatCoverage, type CoverageRow } from './guards/coverage.js';
import { ExpiryWatch } from './connection/expiry-watch.js';
import { Drain, type DrainOptions, type DrainReport } from './drain/drain.js';
import { drainOnSignal, type DrainOnSignalOptions } from './drain/drain-on-signal.js';
import { servicesOf } from './decorators/explore.js';
import type { ReportFailure } from './failure.js';
import { Gatekeeper } from './guards/gatekeeper.js';
import type { Around } from './routes/guard.js';
import { reporter } from './hook.js';
import { IdempotencyTable } from './idempotency/idempotency-table.js';
import { LeakWatch } from './leak-watch.js';
import {
  listLimits,
  resolveServerLimits,
  toldLimits,
  type LimitRow,
  type ServerLimits,
} from './limits/limits.js';
import { createObservation, type Observation } from './observe/observation.js';
import { tellDrain } from './drain/tell-drain.js';
import type { TopicCounts } from './observe/topic-tally.js';
import { createPipelines, type Pipelines } from './guards/pipeline.js';
import { printLeak } from './process-edge.js';
import { Rechecks, type Rechecked, type RecheckOptions } from './connection/rechecks.js';
import { readinessOf, type RequestHandler, type ServerPhase } from './upgrade/readiness.js';
import { Registry } from './routes/registry.js';
import { Rights } from './rights.js';
import type { Service } from './routes/route.js';
import type { LiveSession } from './connection/live-session.js';
import { Sessions } from './sessions.js';
import { countsOf, type ServerCounts } from './server-counts.js';
import { assertOptions, type ServerOptions } from './server-options.js';
import { Hub } from './topics/hub.js';
import { MemoryBroker } from './topics/memory-broker.js';
import { SnapshotPlaces } from './topics/snapshot-places.js';
import { GuardedTracer } from './tracing/guarded-tracer.js';
import { createRunners } from './calls/traced-requests.js';
import { WaitingOutboxes } from './connection/waiting-outboxes.js';
import { WsAcceptor, type ListenAddress, type ListenOptions } from './socket/ws-acceptor.js';

const LEAVING: Close = { code: 'LEAVING', reason: 'the server stops' };

/** A Trunkline server: contracts, the code behind them, and the connections that use them. */
export class Server {
  /** Whether values may travel packed: what the option `packed` says. */
  readonly takesPacked: boolean;
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
  readonly #rights: Rights;
  readonly #acceptor: WsAcceptor;
  #drain: Drain | undefined;
  #isOnSignal = false;
  #stopping: Promise<void> | undefined;

  constructor(options: ServerOptions) {
    assertOptions(options);
    this.takesPacked = options.packed ?? true;
    const runtime = options.runtime ?? systemRuntime;
    const report = reporter(options.onError);
    this.#limits = resolveServerLimits(options.limits);
    this.#services = servicesOf(options.services, options.resolve);
    this.#around = {
      guards: options.guards ?? [],
      interceptors: options.interceptors ?? [],
      errorMappers: options.errorMappers ?? [],
    };
    assertBoots(this.#services, {
      hasAuthenticate: options.authenticate !== undefined,
      isAnonymous: options.anonymous === true,
    });
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
    this.#rights = new Rights(this.#shared, this.#idempotency);
    this.#acceptor = new WsAcceptor({
      runtime,
      limits: this.#limits,
      origins: options.origins,
      trustedProxies: options.trustedProxies ?? [],
      cookies: options.cookies ?? false,
      spoken: this.takesPacked ? SPOKEN : [SUBPROTOCOLS.superjson],
      onError: (error) => report({ error, where: 'acceptor' }),
      refusal: () => this.#drain?.upgradeRefusal(),
      readiness: this.readiness,
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
    return countsOf(this.#sessions.all, {
      connections: this.#connections.size,
      detached: this.#sessions.detached,
      topics: this.#hub.size,
    });
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
    { packed = true }: { packed?: boolean } = {},
  ): TransportSink {
    const takesPacked = packed && this.takesPacked;
    const accepted = Object.assign(transport, { authenticated: () => undefined, takesPacked });
    return this.#connect(accepted, info);
  }

  /**
   * Takes the rights of a principal back: all of its sessions end at once, with a connection or not,
   * none of its handlers starts, the signals of those that run fire, and nothing is delivered. Its
   * clients may come back with another token, or are denied for good if that is `final`. Gives how
   * many sessions there were. What `authenticate` says afterwards is the application's own affair.
   */
  revoke(principal: string, options: { final?: boolean } = {}): number {
    return this.#rights.revoke(principal, options);
  }

  /**
   * Asks guards and authorizers again about what is subscribed: of one principal, on one topic, or
   * all. What they refuse ends. Resolves when all of it is decided.
   */
  recheck(options: RecheckOptions = {}): Promise<Rechecked> {
    return this.#rights.recheck(options);
  }

  /** What the server does for new clients. */
  get phase(): ServerPhase {
    if (this.#stopping !== undefined) return 'closed';
    return this.#drain === undefined ? 'serving' : 'draining';
  }

  /**
   * Answers HTTP requests for readiness: 200 while new sessions are taken, 503 from the first moment
   * of a drain. A listener of `node:http`, and a handler of Express and its like.
   */
  readonly readiness: RequestHandler = readinessOf(this);

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
    if (this.#drain !== undefined) return this.#drain.done;
    const { sessions } = this.counts;
    this.#drain = new Drain(
      {
        runtime: this.#shared.runtime,
        sessions: this.#sessions,
        connections: this.#connections,
        stop: () => this.#stop(),
        cut: () => this.#acceptor.cut(),
      },
      options,
    );
    tellDrain(this.#observation, this.#drain, { ...options, sessions });
    return this.#drain.done;
  }

  /**
   * Drains when the process is told to end, and exits then; gives the undoing. The exit code is 0 when
   * it is drained in time, whatever had to be broken off, and 1 when `drained` throws or the window
   * ends first. A second signal exits at once, with 128 and its number.
   * Throws a TypeError where it was called already and not undone.
   */
  drainOnSignal(options: DrainOnSignalOptions = {}): () => void {
    if (this.#isOnSignal) {
      throw new TypeError('drainOnSignal was called already: call what it gave before');
    }
    const undo = drainOnSignal(this, options);
    this.#isOnSignal = true;
    return () => {
      this.#isOnSignal = false;
      undo();
    };
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
    const { scope: makeScope } = options;
    const hooks = createSessionHooks(options, report);
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
      sessionLimits: toldLimits({ ...this.#limits, valueInBytes: valueBytes }),
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
      opened: hooks.opened,
      ended: (connection) => void this.#connections.delete(connection),
      sessionEnded: (session, closed) => {
        this.#drain?.ended(session.id);
        hooks.ended(session, closed);
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

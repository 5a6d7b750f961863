import { SPOKEN, type Closed, type TransportSink } from '@trunkline/protocol';
import { VirtualRuntime } from '@trunkline/protocol/testing';
import type { AcceptedTransport } from '../src/socket/accepted-transport.js';
import type { ConnectionInfo } from '../src/routes/context.js';
import { resolveServerLimits, type ServerLimits } from '../src/limits/limits.js';
import { WsAcceptor, type AcceptorOptions } from '../src/socket/ws-acceptor.js';

/** What a rig may be told. */
export interface AcceptorRigOptions extends Partial<Omit<AcceptorOptions, 'limits' | 'runtime'>> {
  readonly limits?: Partial<ServerLimits>;
  /** Called for each message that an accepted connection receives. */
  readonly received?: (connection: AcceptedConnection) => void;
}

/** A connection that was accepted, with everything that its sink was called with. */
export class AcceptedConnection implements TransportSink {
  readonly batches: Buffer[] = [];
  readonly closes: Closed[] = [];
  texts = 0;
  writables = 0;

  constructor(
    readonly rig: AcceptorRig,
    readonly transport: AcceptedTransport,
    readonly info: ConnectionInfo,
  ) {}

  receive(batch: Uint8Array): void {
    this.batches.push(Buffer.from(batch));
    this.rig.happened(this);
  }

  receiveText(): void {
    this.texts++;
    this.rig.happened(this);
  }

  writable(): void {
    this.writables++;
    this.rig.happened();
  }

  closed(closed: Closed): void {
    this.closes.push(closed);
    this.rig.happened();
  }
}

/** An acceptor on virtual time that keeps everything it accepted, for a test to look at. */
export class AcceptorRig {
  readonly runtime = new VirtualRuntime();
  readonly connections: AcceptedConnection[] = [];
  readonly errors: unknown[] = [];
  readonly acceptor: WsAcceptor;
  readonly #received: ((connection: AcceptedConnection) => void) | undefined;
  readonly #waiting = new Set<() => void>();

  constructor({ limits, received, ...options }: AcceptorRigOptions = {}) {
    this.#received = received;
    this.acceptor = new WsAcceptor({
      runtime: this.runtime,
      limits: resolveServerLimits(limits),
      origins: undefined,
      trustedProxies: [],
      cookies: false,
      spoken: SPOKEN,
      onError: (error) => {
        this.errors.push(error);
        this.happened();
      },
      accept: (transport, info) => {
        const connection = new AcceptedConnection(this, transport, info);
        this.connections.push(connection);
        this.happened();
        return connection;
      },
      ...options,
    });
  }

  /** Listens on a free port of this machine and gives it. */
  async listen(): Promise<number> {
    const { port } = await this.acceptor.listen({ port: 0, host: '127.0.0.1' });
    return port;
  }

  /** The newest connection. */
  get connection(): AcceptedConnection {
    const connection = this.connections.at(-1);
    if (connection === undefined) throw new Error('nothing was accepted');
    return connection;
  }

  /** Resolves when a condition holds; it is looked at whenever a sink is called. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  /** Resolves when a connection has been told that it is closed. */
  async untilClosed(connection = this.connection): Promise<Closed> {
    await this.until(() => connection.closes.length > 0);
    return connection.closes[0] as Closed;
  }

  /** Tells whoever waits that something has happened. */
  happened(received?: AcceptedConnection): void {
    if (received !== undefined) this.#received?.(received);
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }

  /** Ends every connection and the acceptor; throws when something of them is left. */
  async dispose(): Promise<void> {
    for (const { transport } of this.connections) transport.abort();
    await this.acceptor.close();
    await this.runtime.settle();
    const left = {
      ...this.acceptor.count,
      timers: this.runtime.timers,
      'not closed once': this.connections.filter(({ closes }) => closes.length !== 1).length,
    };
    if (Object.values(left).some((count) => count !== 0)) {
      throw new Error(`left behind: ${JSON.stringify(left)}`);
    }
  }
}

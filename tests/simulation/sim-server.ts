import {
  createServer,
  TrunklineError,
  type Server,
  type ServerOptions,
  type SessionOpened,
} from '@trunkline/server';
import { acceptInMemory } from '@trunkline/server/testing';
import { FIRST, SECOND } from './contracts.js';
import { serviceOf } from './handlers.js';
import { ObserverWitness } from './observer-witness.js';
import type { World } from './world.js';

type Authenticate = NonNullable<ServerOptions['authenticate']>;

/** Closes that two sound peers never have: the protocol was broken, or too much was asked. */
const UNSOUND = new Set([1008, 1009, 4400, 4403, 4406, 4429]);

/** A session that is open, as the application knows it. */
export interface OpenSession {
  readonly session: SessionOpened['session'];
  readonly client: string;
  /** The contract of its server. */
  readonly contract: typeof FIRST;
}

/** The server of a world, which is started anew now and then. */
export class SimServer {
  readonly #world: World;
  #server: Server;
  readonly #open = new Map<string, OpenSession>();
  /** When sessions have ended, by their ids. */
  readonly #endedAt = new Map<string, number>();
  /** What the observers of each server were told. */
  readonly #witnesses = new WeakMap<Server, ObserverWitness>();
  /** Servers that were told to stop and have not said that they have. */
  #closing = 0;
  starts = 0;

  constructor(world: World) {
    this.#world = world;
    this.#server = this.#start();
  }

  /** When a session has ended; `Infinity` for one that has not. */
  endedAt(session: string): number {
    return this.#endedAt.get(session) ?? Number.POSITIVE_INFINITY;
  }

  /** The sessions that are open, with the names of their clients. */
  get open(): readonly OpenSession[] {
    return [...this.#open.values()];
  }

  /** Whether a session is still there. */
  isOpen(session: string): boolean {
    return this.#open.has(session);
  }

  /** Stops it, with or without a goodbye, and starts another one with a new memory after a while. */
  restart(): void {
    const { chance, network, trace, runtime, weather } = this.#world;
    if (network.isDown) return;
    const isCrash = chance.is(0.5);
    const downMs = chance.int(0, 500);
    trace.note(isCrash ? 'the server crashes' : 'the server stops');
    network.isDown = true;
    weather.disturb();
    // After a crash nobody is told; the machine is still there and resets what comes.
    if (isCrash) for (const connection of network.connections.slice(-8)) connection.cut();
    this.#close();
    runtime.startTimer(downMs, () => {
      this.#server = this.#start();
      network.isDown = false;
      weather.disturb();
    });
  }

  /** Ends it for good. */
  async end(): Promise<void> {
    const { trace } = this.#world;
    trace.check(
      this.#open.size === 0,
      () => `${this.#open.size} sessions were opened and never closed`,
    );
    for (const [name, count] of Object.entries(this.#server.counts)) {
      trace.check(count === 0, () => `the server still counts ${count} ${name}`);
    }
    this.#close();
    await this.#world.runtime.settle();
    trace.check(this.#closing === 0, () => 'close() of a server never resolved');
  }

  #close(): void {
    this.#closing++;
    const server = this.#server;
    server.close().then(
      () => {
        this.#closing--;
        this.#witnesses.get(server)?.closed(server);
      },
      (error: unknown) => this.#world.trace.fail(`close() of the server failed: ${String(error)}`),
    );
  }

  #start(): Server {
    const { chance, runtime, network, trace, broker } = this.#world;
    const number = ++this.starts;
    const contract = chance.is(0.7) ? FIRST : SECOND;
    trace.note(`start server ${number} with ${contract === FIRST ? 'FIRST' : 'SECOND'}`);
    const witness = new ObserverWitness(trace);
    const server = createServer({
      services: [serviceOf(this.#world, contract, number)],
      broker: broker,
      runtime,
      observers: [witness],
      packed: chance.is(0.85),
      limits: this.#limits(),
      authenticate: this.#authenticate,
      onError: ({ error, where }) => {
        const text = error instanceof Error ? error.message : String(error);
        if (!text.startsWith('thrown')) trace.fail(`the server reports from ${where}: ${text}`);
      },
      onOpen: ({ session, principal = '' }) => {
        this.#open.set(session.id, { session, client: principal, contract });
        trace.note(`session ${session.id.slice(0, 6)} opens`);
      },
      onClose: ({ session, code, reason }) => {
        this.#open.delete(session.id);
        this.#endedAt.set(session.id, runtime.now());
        trace.note(`session ${session.id.slice(0, 6)} ends ${code} ${reason}`);
        trace.check(!UNSOUND.has(code), () => `a session ended with ${code} ${reason}`);
      },
    });
    this.#witnesses.set(server, witness);
    acceptInMemory(server, network);
    return server;
  }

  /** Small ones now and then, so that what happens at a limit happens here. */
  #limits(): NonNullable<ServerOptions['limits']> {
    const { chance, detachedMs } = this.#world;
    if (chance.is(0.4)) return { detachedMs };
    return {
      detachedMs,
      outboxMessages: chance.pick([4, 32, 2_048]),
      pageRecords: chance.pick([3, 300]),
      joinRecords: chance.pick([2, 1_000]),
      callsInFlight: chance.pick([3, 16, 256]),
      streams: chance.pick([2, 32]),
      cutBytes: chance.pick([2_048, 32_768]),
      chunkBytes: chance.pick([1_024, 16_384]),
      upCreditItems: chance.pick([1, 4, 16]),
      ...chance.pick([
        { heldBytes: 8_192, heldMaxBytes: 32_768 },
        { heldBytes: 8_192, heldMaxBytes: 8_388_608 },
        { heldBytes: 2_097_152, heldMaxBytes: 8_388_608 },
      ]),
      publishBurst: chance.pick([5, 200]),
      outcomeBytes: chance.pick([1_024, 65_536]),
      sessionIdempotencyKeys: chance.pick([8, 1_000]),
    };
  }

  readonly #authenticate: Authenticate = async ({ token }) => {
    const [principal = '', verdict = '', lifeMs = '0'] = token.split(' ');
    if (this.#world.chance.is(0.3)) await this.#world.sleep(this.#world.chance.int(1, 30));
    if (verdict === 'refused') return undefined;
    if (verdict === 'unauthenticated') throw new TrunklineError('UNAUTHENTICATED', 'no');
    if (verdict === 'thrown') throw new Error('thrown by authenticate');
    const user = {};
    if (lifeMs === '0') return { principal, user };
    const expiresAt = new Date(this.#world.runtime.wallNow() + Number(lifeMs));
    return { principal, user, expiresAt };
  };
}

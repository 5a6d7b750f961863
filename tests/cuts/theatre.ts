import { getEventListeners } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from '@trunkline/client';
import { inspect } from '@trunkline/client/testing';
import { createServer, createTopics, type Server, type ServerOptions } from '@trunkline/server';
import { createDial } from '../../packages/client/src/socket/websocket-node.js';
import { works } from './contract.js';
import { HTTP } from './http.js';
import type { Ledger } from './ledger.js';
import type { RunClock } from './run-clock.js';
import type { Scenario } from './scenario.js';
import { worksClient, worksService } from './service.js';
import { QuietTurns, type Stage, type WorksClient } from './stage.js';
import type { Wires } from './wires.js';

/** What one run is made of. */
export interface TheatreParts {
  readonly scenario: Scenario;
  readonly clock: RunClock;
  readonly wires: Wires;
  readonly ledger: Ledger;
}

type Authenticate = NonNullable<ServerOptions['authenticate']>;

const TOKEN = 'a token of some length, as tokens have it';

/** Lets in who has the token, for as long as the scenario says. */
function authenticateFor({ scenario, clock }: TheatreParts): Authenticate {
  const { tokenMs } = scenario;
  return ({ token }) => {
    if (token !== TOKEN) return undefined;
    const ann = { principal: 'ann', user: {} };
    if (tokenMs === undefined) return ann;
    return { ...ann, expiresAt: new Date(clock.wallNow() + tokenMs) };
  };
}

/** A server, a client and what is between them, for one run. */
export class Theatre {
  readonly stage: Stage;
  readonly turns = new QuietTurns();
  isClosed = false;
  readonly #parts: TheatreParts;
  readonly #server: Server;
  readonly #client: WorksClient;

  constructor(parts: TheatreParts) {
    const { clock, ledger } = parts;
    this.#parts = parts;
    this.#server = openServer(parts);
    this.#client = openClient(parts);
    this.stage = {
      client: this.#client,
      ledger,
      topics: createTopics(works, this.#server.broker, { runtime: clock }),
      quiet: () => this.turns.wait(),
      pass: (ms) => new Promise((resolve) => void clock.startTimer(ms, resolve)),
    };
  }

  /** Whether nobody is served any more. */
  get isEmpty(): boolean {
    return isEmpty(this.#server.counts);
  }

  /** Whom the server serves, to be read. */
  get counts(): string {
    return JSON.stringify(this.#server.counts);
  }

  /** What the client does, for a run that hangs. */
  get status(): string {
    return this.#client.connection.state.status;
  }

  leave(): void {
    this.#client.close();
  }

  /** Ends the server, which has ended when all its sockets are gone. */
  close(): void {
    void this.#server.close().then(() => (this.isClosed = true));
  }

  /** What is still held after the end. */
  leaks(): string[] {
    const { clock, wires, ledger } = this.#parts;
    const client = inspect(this.#client);
    const leaks = wires.opened.flatMap(({ leaked }, index) =>
      leaked.map((end) => `the ${end} end of connection ${index} is open`),
    );
    if (!this.isClosed) leaks.push('the server never closes');
    if (!isEmpty(client)) leaks.push(`the client keeps ${JSON.stringify(client)}`);
    const timers = clock.timers - wires.late;
    if (timers > 0) leaks.push(`${timers} timers still run`);
    for (const [key, signal] of ledger.signals) {
      if (getEventListeners(signal, 'abort').length > 0)
        leaks.push(`"${key}" is still listened to`);
    }
    if (HTTP.listenerCount('upgrade') > 0) leaks.push('a listener stays at the HTTP server');
    return leaks;
  }
}

function openServer(parts: TheatreParts): Server {
  const { scenario, clock, ledger } = parts;
  const server = createServer({
    services: [worksService(ledger)],
    runtime: clock,
    onError: ({ error }) => ledger.failed('the server reports', error),
    ...(scenario.hasToken === true
      ? { authenticate: authenticateFor(parts) }
      : { anonymous: true }),
  });
  server.mount(HTTP);
  return server;
}

function openClient({ scenario, clock, ledger, wires }: TheatreParts): WorksClient {
  const createConnection = (): Socket => wires.connect() as unknown as Socket;
  return connect('ws://cut', {
    contracts: { works },
    handlers: [worksClient(ledger)],
    runtime: clock,
    dial: createDial(clock, { createConnection }),
    onError: (error) => ledger.failed('the client reports', error),
    packed: scenario.isReadable !== true,
    ...(scenario.hasToken === true && { auth: async () => TOKEN, agent: 'cuts 1.0' }),
  });
}

function isEmpty(counts: object): boolean {
  return Object.values(counts).every((count) => count === 0);
}

import { connect, serve, type Client } from '@trunkline/client';
import { inspect } from '@trunkline/client/testing';
import { decodeBatch, Violation, type DialSink, type Transport } from '@trunkline/protocol';
import { FIRST, SECOND } from './contracts.js';
import type { Key } from './once-work.js';
import { runWork } from './run-work.js';
import type { WatchedTopic } from './topic-work.js';
import type { World } from './world.js';

/** Closes whose names in a reason tell that two sound peers did not understand each other. */
const UNSOUND = /\((1008|1009|4400|4403|4406|4429)\b/;

/** One client of a world, with what its user knows about its connections. */
export class SimClient {
  readonly name: string;
  readonly api: Client<{}, { sim: typeof FIRST }>;
  /** Connections that were live and ended. */
  losses = 0;
  /** When it was live last; `Infinity` while it is, and before it ever was. */
  #leftAt = Number.POSITIVE_INFINITY;
  /** When it became live last. */
  liveAt = Number.NEGATIVE_INFINITY;
  /** When it came back last after its session had expired. */
  expiredAt = Number.NEGATIVE_INFINITY;
  isClosed = false;
  readonly topics: WatchedTopic[] = [];
  /** Idempotency keys that its user has thought of. */
  readonly keys: Key[] = [];
  readonly #world: World;
  #wasLive = false;
  /** Connections that were opened, and left by hand. */
  #dials = 0;
  /** The session that it was given last, by id, and when. */
  session: { readonly id: string; readonly since: number } | undefined;
  /** The session that it was live with last. */
  #liveSession: string | undefined;

  constructor(world: World) {
    this.#world = world;
    const { chance, runtime, network, trace } = world;
    this.name = world.nextId('c');
    const contract = chance.is(0.75) ? FIRST : SECOND;
    const limits = chance.is(0.6)
      ? {}
      : { subscriptionMessages: chance.int(1, 20), pendingCalls: chance.pick([12, 1_024, 1_024]) };
    this.api = connect('ws://memory', {
      contracts: { sim: contract },
      handlers: [serve(contract, { ask: (input, context) => runWork(world, input, context) })],
      runtime,
      dial: (url, names, sink) => this.#watch(network.dial(url, names, this.#watchSink(sink))),
      packed: chance.is(0.8),
      reconnect: chance.pick([{}, { minMs: 5, maxMs: 60 }, { minMs: 10, maxMs: 1_000 }]),
      auth: () => this.#token(),
      limits,
      onError: (error) => {
        const text = error instanceof Error ? error.message : String(error);
        if (!/^(thrown|denied)/.test(text)) trace.fail(`${this.name} reports: ${text}`);
      },
    });
    trace.note(`${this.name} connects`);
    this.api.connection.watch(({ status, reason = '' }) => this.#changed(status, reason));
  }

  /** Whether it can have no connection any more: its user closed it, or its token was refused. */
  get isFinal(): boolean {
    const { status } = this.api.connection.state;
    return status === 'closed' || status === 'denied';
  }

  /** Whether it has been live all the time since then. */
  isLiveSince(time: number): boolean {
    return this.#wasLive && this.liveAt <= time;
  }

  /** For how long it has had no connection. */
  get awayMs(): number {
    return this.#world.now() - this.#leftAt;
  }

  close(): void {
    this.isClosed = true;
    this.#world.trace.note(`${this.name} closes`);
    this.api.close();
  }

  /** Its user has the connection made anew, or does without one for a while. */
  steer(): void {
    const { chance, trace, runtime, weather } = this.#world;
    const { connection } = this.api;
    weather.disturb();
    // What comes on a connection that was left is ignored, a WELCOME too.
    this.#dials++;
    if (chance.is(0.5)) {
      trace.note(`${this.name} reconnects now`);
      return connection.reconnectNow();
    }
    trace.note(`${this.name} pauses`);
    connection.pause();
    runtime.startTimer(chance.int(0, 4_000), () => {
      trace.note(`${this.name} resumes`);
      weather.disturb();
      connection.resume();
    });
  }

  /** Nothing may be left in a client whose calls and subscriptions have ended. */
  judge(): void {
    for (const [name, count] of Object.entries(inspect(this.api))) {
      this.#world.trace.check(count === 0, () => `${this.name} still counts ${count} ${name}`);
    }
  }

  #changed(status: string, reason: string): void {
    const { trace } = this.#world;
    trace.note(`${this.name} is ${status} ${reason}`);
    if (this.#wasLive && status !== 'live') {
      this.losses++;
      this.#leftAt = this.#world.now();
    } else if (status === 'live') {
      const { id } = this.session ?? {};
      if (id === this.#liveSession) trace.note(`${this.name} goes on`);
      this.#liveSession = id;
      this.liveAt = this.#world.now();
      if (this.awayMs >= this.#world.detachedMs) this.expiredAt = this.liveAt;
      this.#leftAt = Number.POSITIVE_INFINITY;
    }
    this.#wasLive = status === 'live';
    if (status === 'denied') this.session = undefined;
    const isOwn = status !== 'closed' || this.isClosed;
    trace.check(isOwn, () => `${this.name} closed by itself: ${reason}`);
    trace.check(!UNSOUND.test(reason), () => `${this.name} lost its connection: ${reason}`);
  }

  /** Sees with what each connection begins. */
  #watch(transport: Transport): Transport {
    const write = transport.write.bind(transport);
    let isFirst = true;
    transport.write = (batches) => {
      const [batch] = batches;
      if (isFirst && batch !== undefined) this.#greets(batch);
      isFirst = false;
      write(batches);
    };
    return transport;
  }

  /** Sees which session it is given. */
  #watchSink(sink: DialSink): DialSink {
    let isLive = false;
    const dial = ++this.#dials;
    return {
      opened: (name) => sink.opened(name),
      receive: (bytes) => {
        const batch = isLive ? undefined : decodeBatch(bytes);
        for (const message of batch === undefined || batch instanceof Violation
          ? []
          : batch.messages) {
          if (message.kind === 'RESUMED') isLive = true;
          if (message.kind !== 'WELCOME') continue;
          isLive = true;
          if (dial !== this.#dials) continue;
          this.session = { id: message.session, since: this.#world.now() };
        }
        sink.receive(bytes);
      },
      receiveText: () => sink.receiveText(),
      writable: () => sink.writable(),
      closed: (closed) => sink.closed(closed),
    };
  }

  /** Who has a session that is still there goes on with it. */
  #greets(bytes: Uint8Array): void {
    const { trace, server, detachedMs } = this.#world;
    const batch = decodeBatch(bytes);
    if (batch instanceof Violation || batch.messages[0]?.kind !== 'HELLO') return;
    const { session } = this;
    const isThere = session !== undefined && server.isOpen(session.id);
    const isLost = !isThere || this.awayMs >= detachedMs || this.expiredAt >= session.since;
    trace.check(isLost, () => `${this.name} gives up session ${session?.id.slice(0, 6)}`);
  }

  #token(): string {
    const { chance, isSettling } = this.#world;
    if (isSettling) return `${this.name} good`;
    const kind = chance.weigh([
      [80, 'good'],
      [8, 'expires'],
      [6, 'refused'],
      [2, 'unauthenticated'],
      [2, 'thrown'],
      [2, 'fails'],
    ]);
    if (kind === 'fails') throw new Error('thrown by auth');
    return kind === 'expires'
      ? `${this.name} good ${chance.int(50, 20_000)}`
      : `${this.name} ${kind}`;
  }
}

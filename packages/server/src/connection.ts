import {
  CLOSE_CODES,
  encodeBatch,
  FEATURES,
  Link,
  SESSION_LIMITS,
  Violation,
  Writer,
  type Close,
  type Closed,
  type HelloMessage,
  type Message,
  type Outgoing,
  type ReceivedMessage,
  type SessionLimits,
  type SharedBatch,
  type Timer,
  type TransportSink,
} from '@trunkline/protocol';
import type { AcceptedTransport } from './accepted-transport.js';
import { Calls } from './calls.js';
import type { ConnectionInfo } from './context.js';
import type { Gatekeeper } from './gatekeeper.js';
import { Handshake, type Admitted } from './handshake.js';
import type { Dispatcher } from './dispatcher.js';
import type { MakeScope } from './request-context.js';
import { Session, type Identity } from './session.js';
import { Subscriptions, type TopicServices } from './subscriptions.js';
import type { PublishDispatcher } from './topics/publish-dispatcher.js';

/** What all connections of a server share. */
export interface ConnectionServices extends TopicServices {
  readonly gatekeeper: Gatekeeper;
  readonly dispatcher: Dispatcher;
  readonly publishes: PublishDispatcher;
  readonly makeScope: MakeScope | undefined;
  /** A session is open. */
  readonly opened: (session: Session) => void;
  /** The connection has ended, and with it its session. */
  readonly ended: (connection: Connection, closed: Closed) => void;
}

/** The end of a connection that this side has cut. */
const CUT: Closed = { code: 1006, reason: '' };

/** Where a connection is: nothing runs before `live`. */
type State = 'handshake' | 'live' | 'closed';

/** The parts of a connection that has a session. */
interface Live {
  readonly session: Session;
  readonly link: Link;
  readonly calls: Calls;
  readonly subscriptions: Subscriptions;
}

/**
 * One connection, from HELLO and authentication to its end. Once it is live, each message is
 * handed to the room that knows it. In this version a session ends with its connection.
 */
export class Connection implements TransportSink {
  readonly #transport: AcceptedTransport;
  readonly #services: ConnectionServices;
  readonly #handshake: Handshake;
  #state: State = 'handshake';
  #live: Live | undefined;
  #expiry: Timer | undefined;
  #release: (() => void) | undefined;

  constructor(transport: AcceptedTransport, info: ConnectionInfo, services: ConnectionServices) {
    this.#transport = transport;
    this.#services = services;
    this.#handshake = new Handshake({
      ...services,
      info,
      send: (message) => transport.write([encodeBatch(new Writer(), {}, [message])]),
      close: (close) => this.close(close),
      admitted: (hello, admitted) => this.#welcome(hello, admitted),
    });
  }

  /** The session, once there is one. */
  get session(): Session | undefined {
    return this.#live?.session;
  }

  /** Handlers and subscriptions that are live, for tests and for what an operator sees. */
  get counts(): { calls: number; subscriptions: number } {
    return {
      calls: this.#live?.calls.running ?? 0,
      subscriptions: this.#live?.subscriptions.size ?? 0,
    };
  }

  receive(batch: Uint8Array): void {
    if (this.#state === 'handshake') this.#handshake.receive(batch);
    else if (this.#state === 'live') this.#receiveLive(batch);
  }

  receiveText(): void {
    this.close(new Violation('TEXT_MESSAGE'));
  }

  writable(): void {
    this.#live?.link.writable();
  }

  closed(closed: Closed): void {
    this.#end(closed);
  }

  /** Ends the connection from this side. What was queued for writing is dropped. */
  close(close: Close): void {
    if (this.#state === 'closed') return;
    const { code, reason } = close;
    this.#end({ code: CLOSE_CODES[code].code, reason });
    this.#transport.close({ code, reason });
  }

  #fail(close: Close | 'cut', error?: unknown): void {
    // What could not be written is a fault of this side, and nobody else would tell of it.
    if (error !== undefined) this.#services.report({ error, where: 'connection' });
    if (close !== 'cut') return this.close(close);
    this.#end(CUT);
    this.#transport.abort();
  }

  #welcome(hello: HelloMessage, admitted: Admitted): void {
    this.#release = admitted.release;
    const link = this.#open(admitted.session, admitted.identity);
    if ((hello.features & FEATURES.CHUNK) !== 0) link.allowChunks();
    link.send(this.#welcomeMessage(hello, admitted));
    link.flush();
    this.#transport.authenticated();
    this.#services.opened(admitted.session);
    const early = this.#handshake.takeEarly();
    if (early instanceof Violation) return this.close(early);
    for (const batch of early) this.receive(batch);
  }

  /** Not made earlier: a link watches that its peer lives, and before WELCOME deadlines do that. */
  #openLink(): Link {
    const { runtime, limits } = this.#services;
    const valueBytes = this.#valueBytes;
    return new Link(
      {
        receive: (message) => this.#dispatch(message),
        isBusy: () => (this.#live?.calls.running ?? 0) > 0,
        flushed: () => this.#resume(),
        failed: (close, error) => this.#fail(close, error),
      },
      { transport: this.#transport, runtime, limits, side: 'server', valueBytes },
    );
  }

  #open(session: Session, identity: Identity | undefined): Link {
    const { runtime, limits } = this.#services;
    this.#state = 'live';
    const source = { session, identity, runtime, makeScope: this.#services.makeScope };
    const link = this.#openLink();
    const shared = {
      ...this.#services,
      session,
      source,
      link: {
        get smallBytes() {
          return link.queuedBytes - link.bulkBytes;
        },
        get bulkBytes() {
          return link.bulkBytes;
        },
        get waitingBytes() {
          return link.queuedBytes - link.begunBytes;
        },
        get cutsLarge() {
          return link.cutsLarge;
        },
        abandon: (id: number) => link.abandon(id),
        fail: (violation: Violation) => this.close(violation),
        send: (message: Message) => void link.send(message),
        sendShared: (batch: SharedBatch) => link.sendShared(batch),
        grew: (entry: Outgoing, bytes: number) => link.grew(entry, bytes),
        // With nothing in the outbox there is always room: nobody would be told of it later.
        hasRoom: () =>
          link.queuedMessages === 0 ||
          (link.queuedMessages < limits.outboxMessages &&
            link.queuedBytes - link.bulkBytes < limits.outboxBytes),
        // The other half of what may be held is left for the results of calls.
        hasItemRoom: (isLarge: boolean) =>
          link.queuedMessages === 0 ||
          ((link.queuedBytes - link.bulkBytes) * 2 <= limits.heldBytes &&
            (!isLarge || link.bulkBytes * 2 <= limits.heldBytes)),
      },
    };
    const calls = new Calls(shared);
    this.#live = { session, link, calls, subscriptions: new Subscriptions(shared) };
    const expiresInMs = this.#expiresInMs(identity);
    if (expiresInMs !== undefined) {
      this.#expiry = runtime.startTimer(expiresInMs, () =>
        this.close({ code: 'TOKEN', reason: 'expired' }),
      );
    }
    return link;
  }

  /** The largest input of all procedures; each has its own limit besides. */
  get #valueBytes(): number {
    const { registry, limits } = this.#services;
    return registry.largestInput(limits.valueInBytes);
  }

  #expiresInMs(identity: Identity | undefined): number | undefined {
    if (identity?.expiresAt === undefined) return undefined;
    return Math.max(1, Math.round(identity.expiresAt.getTime() - this.#services.runtime.wallNow()));
  }

  #welcomeMessage(hello: HelloMessage, { session, identity }: Admitted): Message {
    const { limits, registry } = this.#services;
    const told = Object.keys(SESSION_LIMITS) as (keyof SessionLimits)[];
    const allowed = { ...limits, valueInBytes: this.#valueBytes };
    return {
      kind: 'WELCOME',
      features: FEATURES.CHUNK,
      session: session.id,
      secret: new Uint8Array(0),
      ttlMs: 0,
      expiresInMs: this.#expiresInMs(identity) ?? 0,
      idleMs: limits.idleMs,
      limits: Object.fromEntries(
        told.map((name) => [name, allowed[name]]),
      ) as unknown as SessionLimits,
      revisions: registry.revisionsOf(hello.revisions),
    };
  }

  #receiveLive(batch: Uint8Array): void {
    const link = this.#live?.link;
    const violation = link?.receive(batch);
    if (violation !== undefined) return this.close(violation);
    // Answers of synchronous handlers leave in the turn of their calls.
    if (this.#state === 'live') link?.flush();
  }

  #dispatch(message: ReceivedMessage): Violation | undefined {
    const live = this.#live;
    if (live === undefined) return new Violation('HELLO_FIRST');
    switch (message.kind) {
      case 'CALL':
        return live.calls.call(message);
      case 'BIND':
        return live.calls.bind(message);
      case 'CANCEL':
        return live.calls.cancel(message);
      case 'ITEM':
        return live.calls.item(message);
      case 'END':
        return live.calls.end(message);
      case 'CREDIT':
        return live.calls.credit(message);
      case 'REFUSED':
        return live.calls.refused(message);
      case 'SUBSCRIBE':
        return live.subscriptions.subscribe(message);
      case 'UNSUBSCRIBE':
        return live.subscriptions.unsubscribe(message);
      default:
        return new Violation(violationOf(message.kind));
    }
  }

  #resume(): void {
    this.#live?.subscriptions.resume();
    this.#live?.calls.resume();
  }

  #end(closed: Closed): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#handshake.stop();
    this.#expiry?.cancel();
    this.#live?.link.stop();
    this.#live?.calls.close();
    this.#live?.subscriptions.close();
    this.#release?.();
    this.#services.ended(this, closed);
  }
}

function violationOf(
  kind: ReceivedMessage['kind'],
): 'SECOND_HELLO' | 'NOT_OFFERED' | 'WRONG_DIRECTION' {
  switch (kind) {
    case 'HELLO':
    case 'RESUME':
      return 'SECOND_HELLO';
    case 'AUTH':
    case 'GOAWAY':
      return 'NOT_OFFERED';
    default:
      return 'WRONG_DIRECTION';
  }
}

import {
  CLOSE_CODES,
  encodeBatch,
  Violation,
  Writer,
  type Close,
  type Closed,
  type HelloMessage,
  type Message,
  type TransportSink,
} from '@trunkline/protocol';
import type { AcceptedTransport } from './accepted-transport.js';
import type { ConnectionInfo } from './context.js';
import type { Gatekeeper } from './gatekeeper.js';
import { Handshake, type Admitted } from './handshake.js';
import { LiveConnection } from './live-connection.js';
import type { Session } from './session.js';
import type { SessionServices } from './session-parts.js';

/** What all connections of a server share. */
export interface ConnectionServices extends SessionServices {
  readonly gatekeeper: Gatekeeper;
  /** A session is open. */
  readonly opened: (session: Session) => void;
  /** The connection has ended, and with it its session. */
  readonly ended: (connection: Connection, closed: Closed) => void;
}

/** The end of a connection that this side has cut. */
const CUT: Closed = { code: 1006, reason: '' };

/**
 * One connection, from HELLO and authentication to its end. Nothing runs before it is live. In this
 * version a session ends with its connection.
 */
export class Connection implements TransportSink {
  readonly services: ConnectionServices;
  readonly transport: AcceptedTransport;
  /** Let go of once the connection is live. */
  #handshake: Handshake | undefined;
  #live: LiveConnection | undefined;
  #isClosed = false;
  #release: (() => void) | undefined;

  constructor(transport: AcceptedTransport, info: ConnectionInfo, services: ConnectionServices) {
    this.transport = transport;
    this.services = services;
    this.#handshake = new Handshake(this, info);
  }

  /** The session, once there is one. */
  get session(): Session | undefined {
    return this.#live?.session;
  }

  /** Handlers and subscriptions that are live, for tests and for what an operator sees. */
  get counts(): { calls: number; subscriptions: number } {
    return { calls: this.#live?.running ?? 0, subscriptions: this.#live?.subscribed ?? 0 };
  }

  receive(batch: Uint8Array): void {
    if (this.#isClosed) return;
    if (this.#live === undefined) this.#handshake?.receive(batch);
    else this.#receiveLive(this.#live, batch);
  }

  receiveText(): void {
    this.close(new Violation('TEXT_MESSAGE'));
  }

  writable(): void {
    this.#live?.writable();
  }

  closed(closed: Closed): void {
    this.#end(closed);
  }

  /** Writes a message before there is a link. */
  write(message: Message): void {
    this.transport.write([encodeBatch(new Writer(), {}, [message])]);
  }

  /** The client may have a session: WELCOMEs it, and then takes what came early. */
  admitted(hello: HelloMessage, { session, release }: Admitted): void {
    const handshake = this.#handshake;
    this.#release = release;
    const live = new LiveConnection(this, session);
    this.#live = live;
    this.#handshake = undefined;
    live.welcome(hello);
    this.transport.authenticated();
    this.services.opened(session);
    const early = handshake?.takeEarly() ?? [];
    if (early instanceof Violation) return this.close(early);
    for (const batch of early) this.receive(batch);
  }

  /** Ends the connection from this side. What was queued for writing is dropped. */
  close(close: Close): void {
    if (this.#isClosed) return;
    const { code, reason } = close;
    this.#end({ code: CLOSE_CODES[code].code, reason });
    this.transport.close({ code, reason });
  }

  /** Ends it in the way that its link asks for. */
  failed(close: Close | 'cut', error?: unknown): void {
    // What could not be written is a fault of this side, and nobody else would tell of it.
    if (error !== undefined) this.services.report({ error, where: 'connection' });
    if (close !== 'cut') return this.close(close);
    this.#end(CUT);
    this.transport.abort();
  }

  #receiveLive(live: LiveConnection, batch: Uint8Array): void {
    const violation = live.receiveBatch(batch);
    if (violation !== undefined) return this.close(violation);
    if (!this.#isClosed) live.flush();
  }

  #end(closed: Closed): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#handshake?.stop();
    this.#live?.stop();
    this.#release?.();
    this.services.ended(this, closed);
  }
}

import {
  CLOSE_CODES,
  encodeBatch,
  Violation,
  Writer,
  type Close,
  type Closed,
  type Message,
  type TransportSink,
} from '@trunkline/protocol';
import type { AcceptedTransport } from '../socket/accepted-transport.js';
import type { ConnectionInfo } from '../routes/context.js';
import { Handshake, type Attached, type HandshakeServices } from './handshake.js';
import { watchConnection, type ConnectionWatch } from '../observe/connection-watch.js';
import { LiveSession, type SessionConnection } from './live-session.js';
import type { Session } from '../session.js';

/** What all connections of a server share. */
export interface ConnectionServices extends HandshakeServices {
  /** A session is open. */
  readonly opened: (session: Session) => void;
  /** The connection has ended; its session may outlive it. */
  readonly ended: (connection: Connection) => void;
}

/** The end of a connection that this side has cut. */
const CUT: Closed = { code: 1006, reason: '' };

/**
 * One connection, from HELLO or RESUME and authentication to its end. Nothing runs before it is
 * live.
 */
export class Connection implements TransportSink, SessionConnection {
  readonly services: ConnectionServices;
  readonly transport: AcceptedTransport;
  /** Let go of once the connection is live. */
  #handshake: Handshake | undefined;
  #live: LiveSession | undefined;
  #isClosed = false;
  #release: (() => void) | undefined;
  /** `undefined` where nobody observes. */
  readonly #watch: ConnectionWatch | undefined;

  constructor(transport: AcceptedTransport, info: ConnectionInfo, services: ConnectionServices) {
    this.transport = transport;
    this.services = services;
    this.#watch = watchConnection(services.observation, info);
    this.#handshake = new Handshake(this, info);
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
    this.#end(closed, 'peer');
  }

  /** Writes a message before there is a link. */
  write(message: Message): void {
    this.transport.write([encodeBatch(new Writer(), {}, [message])]);
  }

  /** The client has a session: a new one, or its own again. Then what came early is taken. */
  attached(attached: Attached): void {
    const handshake = this.#handshake;
    this.#handshake = undefined;
    this.#release = attached.release;
    if ('resume' in attached) {
      this.#live = attached.live;
      this.#watch?.attached(attached.live.id);
      attached.live.resume(this, attached.resume);
      this.services.drain()?.attached(attached.live);
      return this.transport.authenticated();
    }
    this.#watch?.attached(attached.session.id);
    this.#live = new LiveSession(this, attached, this.services);
    this.transport.authenticated();
    this.services.opened(attached.session);
    const early = handshake?.takeEarly() ?? [];
    if (early instanceof Violation) return this.close(early);
    for (const batch of early) this.receive(batch);
  }

  /** Ends the connection from this side. What was queued for writing is dropped. */
  close(close: Close): void {
    if (this.#isClosed) return;
    const { code, reason } = close;
    this.#watch?.closing(close);
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

  #receiveLive(live: LiveSession, batch: Uint8Array): void {
    const violation = live.receiveBatch(batch);
    if (violation !== undefined) return this.close(violation);
    if (!this.#isClosed) live.flush();
  }

  #end(closed: Closed, by: 'server' | 'peer' = 'server'): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#watch?.closed(closed, by);
    this.#handshake?.stop();
    this.#release?.();
    this.#live?.left(this, closed);
    this.services.ended(this);
  }
}

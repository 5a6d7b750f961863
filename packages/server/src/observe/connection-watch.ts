import { CLOSE_CODES, type Close, type Closed } from '@trunkline/protocol';
import type { ConnectionInfo } from '../routes/context.js';
import { limitOfClose, ownEndOf } from './limit-of-close.js';
import type { Observation } from './observation.js';
import type { ObservedConnection } from './observed-events.js';

/** Tells the observers of one connection. */
export class ConnectionWatch {
  readonly #observation: Observation;
  readonly #connection: ObservedConnection;
  readonly #openedAt: number;
  #session: string | undefined;

  constructor(observation: Observation, { remoteAddress, origin }: ConnectionInfo) {
    this.#observation = observation;
    this.#openedAt = observation.runtime.now();
    this.#connection = { number: observation.nextNumber(), remoteAddress, origin };
    observation.tell('connectionOpened', this.#connection);
  }

  /** It has a session. */
  attached(session: string): void {
    this.#session = session;
  }

  /** This side is about to close it, perhaps for a limit. */
  closing(close: Close): void {
    const limit = limitOfClose(close);
    if (limit === undefined) return;
    this.#met(limit, CLOSE_CODES[close.code].code);
  }

  closed(closed: Closed, who: 'server' | 'peer'): void {
    const { code, reason } = closed;
    const own = who === 'peer' ? ownEndOf(closed) : undefined;
    if (own?.limit !== undefined) this.#met(own.limit, code);
    const by = own === undefined ? who : 'server';
    const ms = this.#observation.runtime.now() - this.#openedAt;
    const about = { connection: this.#connection, session: this.#session };
    this.#observation.tell('connectionClosed', { ...about, code, reason, by, ms });
  }

  #met(limit: string, code: number): void {
    const reaction = `close ${code}`;
    this.#observation.tell('limitHit', { limit, reaction, session: this.#session });
  }
}

/** Watches a connection where somebody observes. */
export function watchConnection(
  observation: Observation | undefined,
  info: ConnectionInfo,
): ConnectionWatch | undefined {
  return observation === undefined ? undefined : new ConnectionWatch(observation, info);
}

import { CLOSE_CODES, type Closed } from '@trunkline/protocol';
import type { Attempt } from './attempt.js';
import type { ClientSession } from './client-session.js';

/**
 * Gives the highest number that the server had accepted when it ended the session by a close.
 * `undefined` when the close says nothing of it, and the session may go on.
 */
export function finalRx(closed: Closed, session: ClientSession): number | undefined {
  // Whoever drains has acknowledged before all that it accepted (PROTOCOL.md, "GOAWAY").
  return closed.code === CLOSE_CODES.DRAINING.code ? session.link.first - 1 : undefined;
}

/** No rolling deploy sends a client on so often while a call lasts; servers that never answer may. */
const MOST_LEFT = 8;

/** Connections that were left for a newer one, and only end what was begun on them. */
export class LeavingSessions {
  readonly #sessions = new Map<Attempt, ClientSession>();

  /** Waits until nothing of a session is outstanding, and then ends it. */
  add(attempt: Attempt, session: ClientSession): void {
    for (const oldest of this.#sessions.keys()) {
      if (this.#sessions.size < MOST_LEFT) break;
      this.#end(oldest, undefined);
    }
    this.#sessions.set(attempt, session);
    session.user?.leave(() => this.#end(attempt, undefined));
  }

  /** A connection has ended; `false` when it is none of these. */
  ended(attempt: Attempt, closed: Closed): boolean {
    const session = this.#sessions.get(attempt);
    if (session === undefined) return false;
    this.#end(attempt, finalRx(closed, session));
    return true;
  }

  /** Ends all. */
  close(): void {
    for (const attempt of this.#sessions.keys()) this.#end(attempt, undefined);
  }

  #end(attempt: Attempt, rx: number | undefined): void {
    const session = this.#sessions.get(attempt);
    if (!this.#sessions.delete(attempt) || session === undefined) return;
    attempt.close();
    session.stop();
    session.user?.lost(rx);
  }
}

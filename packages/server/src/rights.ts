import type { Close } from '@trunkline/protocol';
import type { HandshakeServices } from './connection/handshake.js';
import type { IdempotencyTable } from './idempotency/idempotency-table.js';
import type { LiveSession } from './connection/live-session.js';
import { assertRecheck, type Rechecked, type RecheckOptions } from './connection/rechecks.js';
import { isTopicRoute } from './routes/route.js';
import { assertRevocation, type RevokeOptions } from './server-options.js';

const REVOKED: Close = { code: 'TOKEN', reason: 'revoked' };
const REVOKED_FINALLY: Close = { code: 'REFUSED', reason: 'revoked' };

/** What the application changes of the rights of those who are connected. */
export class Rights {
  readonly #services: HandshakeServices;
  readonly #idempotency: IdempotencyTable;

  constructor(services: HandshakeServices, idempotency: IdempotencyTable) {
    this.#services = services;
    this.#idempotency = idempotency;
  }

  /** Ends all sessions of a principal, and gives how many there were. */
  revoke(principal: string, options: RevokeOptions): number {
    assertRevocation(principal, options);
    const close = options.final === true ? REVOKED_FINALLY : REVOKED;
    const sessions = this.#sessionsOf(principal);
    // First those who are about to get one: what fires below is the application's own code.
    this.#services.gatekeeper.revoke(principal, close);
    for (const session of sessions) session.revoke(close);
    this.#idempotency.revoke(principal);
    return sessions.length;
  }

  /** Decides anew on what is subscribed. */
  async recheck(options: RecheckOptions): Promise<Rechecked> {
    const { registry } = this.#services;
    assertRecheck(options, (name) => {
      const route = registry.find(name);
      return route !== undefined && isTopicRoute(route);
    });
    const { principal, topic } = options;
    const sessions = this.#sessionsOf(principal);
    const found = await Promise.all(sessions.map((session) => session.recheck(topic)));
    const sum = { checked: 0, ended: 0 };
    for (const { checked, ended } of found) {
      sum.checked += checked;
      sum.ended += ended;
    }
    return sum;
  }

  /** Those of one principal, or all. */
  #sessionsOf(principal: string | undefined): LiveSession[] {
    const all = [...this.#services.sessions.all];
    return principal === undefined ? all : all.filter((one) => one.principal === principal);
  }
}

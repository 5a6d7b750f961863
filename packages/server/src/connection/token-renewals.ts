import { Violation, type Close } from '@trunkline/protocol';
import type { Admission, Admitting, Gatekeeper } from '../guards/gatekeeper.js';
import type { ServerLimits } from '../limits/limits.js';
import { watchAuth } from '../observe/auth-watch.js';
import type { Observation } from '../observe/observation.js';
import type { Identity, Session } from '../session.js';

/** The session whose client renews its token, and what becomes of it. */
export interface RenewalOwner {
  readonly session: Session;
  readonly limits: ServerLimits;
  /** `undefined` where nobody observes. */
  readonly observation: Observation | undefined;
  /** The token is that of this identity. */
  renewed(identity: Identity | undefined): void;
  /** Nobody could say whose the token is: all stays as it was. */
  unrenewed(): void;
  /** The connection must end like this. */
  refused(close: Close): void;
}

/** The AUTHs of one connection, decided on one after the other in the order in which they came. */
export class TokenRenewals {
  readonly #owner: RenewalOwner;
  readonly #gatekeeper: Gatekeeper;
  /** The first one is being decided on. */
  readonly #tokens: string[] = [];
  #admitting: Admitting | undefined;
  #isClosed = false;

  constructor(owner: RenewalOwner, gatekeeper: Gatekeeper) {
    this.#owner = owner;
    this.#gatekeeper = gatekeeper;
  }

  /** Takes an AUTH, to be answered in its turn. */
  renew(token: string): Violation | undefined {
    const { session, limits } = this.#owner;
    if (!session.faults.take() || this.#tokens.length >= limits.authPending) {
      return new Violation('TOO_MANY_AUTHS');
    }
    if (this.#tokens.push(token) === 1) this.#decide(token);
    return undefined;
  }

  /** The connection has ended: nobody waits for an answer. */
  close(): void {
    this.#isClosed = true;
    this.#tokens.length = 0;
    this.#admitting?.withdraw();
  }

  #decide(token: string): void {
    const { session, observation } = this.#owner;
    const watch = watchAuth(observation, 'refresh');
    const admitting = this.#gatekeeper.renew(token, session);
    this.#admitting = admitting;
    // Never at once, so that a batch is read to its end before anything closes.
    void Promise.resolve(admitting.admission).then((early) => {
      if (this.#isClosed) return watch?.('left');
      const admission = admitting.confirm(early);
      watch?.(admission);
      this.#decided(admission);
    });
  }

  #decided(admission: Admission): void {
    const owner = this.#owner;
    this.#tokens.shift();
    if (!('close' in admission)) owner.renewed(admission.session.identity);
    else if (admission.close.code === 'LEAVING') owner.unrenewed();
    else owner.refused(admission.close);
    const [next] = this.#tokens;
    // What the owner has done may have been the end.
    if (next !== undefined) this.#decide(next);
  }
}

import { FEATURES, Violation, type Close, type Timer } from '@trunkline/protocol';
import { SessionLoad } from './session-load.js';
import type { SessionServices } from './session-parts.js';
import { hasExpired, type Identity, type Session } from '../session.js';
import type { EndReason } from '../sessions.js';
import { TokenRenewals, type RenewalOwner } from './token-renewals.js';

const EXPIRED: Close = { code: 'TOKEN', reason: 'expired' };

/** For how long a session may do what it may do: the end of its authentication, and new tokens. */
export abstract class SessionRights extends SessionLoad implements RenewalOwner {
  /** Whether the client may renew its token within the session. */
  protected readonly takesTokens: boolean;
  #expiry: Timer | undefined;
  #renewals: TokenRenewals | undefined;

  constructor(session: Session, services: SessionServices, features: number) {
    super(session, services);
    this.takesTokens = services.gatekeeper.authenticates && (features & FEATURES.AUTH) !== 0;
  }

  abstract end(reason: EndReason): void;
  /** Its connection must end like this; the session may go on. */
  abstract refused(close: Close): void;
  /** Decides on its subscriptions anew. */
  protected abstract recheckAll(): void;

  get principal(): string | undefined {
    return this.identity?.principal;
  }

  renewed(identity: Identity | undefined): void {
    if (identity?.principal !== this.principal) return this.end('principal');
    const isSame = identity?.user === this.identity?.user;
    this.session.identity = identity;
    this.watchRights();
    this.unrenewed();
    // Who somebody is may decide on what they may read.
    if (!isSame) this.recheckAll();
  }

  unrenewed(): void {
    this.wire.send({ kind: 'AUTHED', expiresInMs: this.expiresInMs });
    this.wire.flush();
  }

  /** Milliseconds until the authentication ends; 0 when it does not. */
  protected get expiresInMs(): number {
    const expiresAt = this.identity?.expiresAt;
    if (expiresAt === undefined) return 0;
    return Math.max(1, Math.round(expiresAt.getTime() - this.runtime.wallNow()));
  }

  /** Tells whether the authentication has ended; the connection closes then. */
  protected isOver(): boolean {
    if (!hasExpired(this.identity, this.runtime)) return false;
    this.refused(EXPIRED);
    return true;
  }

  /** Takes a token that may replace the one before. */
  protected renew(token: string): Violation | undefined {
    if (!this.takesTokens) return new Violation('NOT_OFFERED');
    this.#renewals ??= new TokenRenewals(this, this.services.gatekeeper);
    return this.#renewals.renew(token);
  }

  /** Closes the connection when the authentication ends. */
  protected watchRights(): void {
    this.#expiry?.cancel();
    const expiresAt = this.identity?.expiresAt?.getTime();
    const ended = (): void => this.refused(EXPIRED);
    this.#expiry =
      expiresAt === undefined ? undefined : this.services.expiries.watch(expiresAt, ended);
  }

  /** There is no connection that could be closed, or get an answer. */
  protected leaveRights(): void {
    this.#expiry?.cancel();
    this.#expiry = undefined;
    this.#renewals?.close();
    this.#renewals = undefined;
  }
}

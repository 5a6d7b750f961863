import { TrunklineError, type Close, type Runtime } from '@trunkline/protocol';
import type { ConnectionInfo } from './context.js';
import type { ReportFailure } from './failure.js';
import type { ServerLimits } from './limits.js';
import type { Pipeline } from './pipeline.js';
import { asAnyContext, EventContext, type MakeScope } from './request-context.js';
import { Session, type Identity } from './session.js';

/** What `authenticate` is given. */
export interface Credentials {
  /** What the client's `auth` option gave; empty when there is none. */
  readonly token: string;
  readonly connection: ConnectionInfo;
}

/**
 * Says who a client is. `undefined` and UNAUTHENTICATED ask the client for another token; DENIED
 * turns it away for good; anything else that is thrown makes it try again later.
 */
export type Authenticate = (
  credentials: Credentials,
) => Identity | undefined | Promise<Identity | undefined>;

/** A session that may begin, or how its connection ends instead. */
export type Admission =
  | {
      readonly session: Session;
      readonly identity: Identity | undefined;
      /** Gives back the principal's place. */
      readonly release: () => void;
    }
  | { readonly close: Close; readonly release?: undefined };

/** What a gatekeeper decides by. */
export interface GatekeeperOptions {
  readonly runtime: Runtime;
  readonly limits: ServerLimits;
  readonly report: ReportFailure;
  /** `undefined` when the server is anonymous. */
  readonly authenticate: Authenticate | undefined;
  readonly pipeline: Pipeline;
  readonly makeScope: MakeScope | undefined;
}

const NEW_TOKEN: Close = { code: 'TOKEN', reason: 'token refused' };
const REFUSED: Close = { code: 'REFUSED', reason: 'refused' };
const LATER: Close = { code: 'LEAVING', reason: 'authentication failed' };
const TOO_MANY: Close = { code: 'TOO_MUCH', reason: '5000' };

/** Decides who gets a session: authentication, the server's guards, sessions per principal. */
export class Gatekeeper {
  readonly #options: GatekeeperOptions;
  readonly #principals = new Map<string, number>();
  readonly #queue: (() => void)[] = [];
  #running = 0;

  constructor(options: GatekeeperOptions) {
    this.#options = options;
  }

  /** Sessions per principal, for tests. */
  get principals(): ReadonlyMap<string, number> {
    return this.#principals;
  }

  /** Resolves always; a failure is a close. */
  async admit(token: string, connection: ConnectionInfo): Promise<Admission> {
    try {
      const identity = await this.#authenticate({ token, connection });
      if (identity === undefined && this.#options.authenticate !== undefined)
        return { close: NEW_TOKEN };
      const { runtime, limits } = this.#options;
      const session = new Session({ runtime, limits, identity, connection });
      await this.#guard(session, identity);
      const release = this.#enter(identity?.principal);
      return release === undefined ? { close: TOO_MANY } : { session, identity, release };
    } catch (error) {
      return { close: this.#closeFor(error) };
    }
  }

  async #authenticate(credentials: Credentials): Promise<Identity | undefined> {
    const { authenticate } = this.#options;
    if (authenticate === undefined) return undefined;
    await this.#slot();
    try {
      return await this.#inTime(async () => authenticate(credentials));
    } finally {
      this.#running--;
      this.#queue.shift()?.();
    }
  }

  /** Waits for one of the places that may authenticate at the same time. */
  async #slot(): Promise<void> {
    while (this.#running >= this.#options.limits.authRunning) {
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    }
    this.#running++;
  }

  #inTime<Value>(run: () => Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      const { runtime, limits } = this.#options;
      const timer = runtime.startTimer(limits.authMs, () =>
        reject(new Error('authentication took too long')),
      );
      run()
        .then(resolve, reject)
        .finally(() => timer.cancel());
    });
  }

  async #guard(session: Session, identity: Identity | undefined): Promise<void> {
    const { runtime, makeScope, pipeline } = this.#options;
    const context = new EventContext({ session, identity, runtime, makeScope }, 'connect', '');
    await pipeline.runGuards(asAnyContext(context));
    await pipeline.around(asAnyContext(context), () => undefined);
  }

  #enter(principal: string | undefined): (() => void) | undefined {
    if (principal === undefined) return () => undefined;
    const count = this.#principals.get(principal) ?? 0;
    if (count >= this.#options.limits.principalSessions) return undefined;
    this.#principals.set(principal, count + 1);
    let isInside = true;
    return () => {
      if (!isInside) return;
      isInside = false;
      const left = (this.#principals.get(principal) ?? 1) - 1;
      if (left === 0) this.#principals.delete(principal);
      else this.#principals.set(principal, left);
    };
  }

  #closeFor(error: unknown): Close {
    if (error instanceof TrunklineError && error.code === 'UNAUTHENTICATED') return NEW_TOKEN;
    if (error instanceof TrunklineError && error.code === 'DENIED') return REFUSED;
    this.#options.report({ error, where: 'authenticate' });
    return LATER;
  }
}

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
 * Says who a client is. `undefined`, an identity that has ended and UNAUTHENTICATED ask the client
 * for another token; DENIED turns it away for good; anything else that is thrown, or given where an
 * identity should be, makes it try again later. It must settle: it holds one of `authRunning`
 * places until then, even after the client was told to come later.
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

/** A client that is being decided on. */
export interface Admitting {
  /** Resolves always; a failure is a close. */
  readonly admission: Promise<Admission>;
  /** The client has left: it is not authenticated any more if that has not begun. */
  readonly withdraw: () => void;
}

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
const EXPIRED: Close = { code: 'TOKEN', reason: 'expired' };
const TOO_MANY: Close = { code: 'TOO_MUCH', reason: '5000' };

/** Why a client is not decided on any more. */
const LEFT = new Error('the client has left');

type Opened =
  | Pick<Extract<Admission, { session: Session }>, 'session' | 'identity'>
  | { close: Close };

/** Decides who gets a session: authentication, the server's guards, sessions per principal. */
export class Gatekeeper {
  readonly #options: GatekeeperOptions;
  readonly #principals = new Map<string, number>();
  /** Each gives one of the places to who waits longest. */
  readonly #queue = new Set<() => void>();
  #running = 0;

  constructor(options: GatekeeperOptions) {
    this.#options = options;
  }

  /** Sessions per principal, for tests. */
  get principals(): ReadonlyMap<string, number> {
    return this.#principals;
  }

  /** Decides on a client; nothing of it throws. */
  admit(token: string, connection: ConnectionInfo): Admitting {
    const { runtime, limits } = this.#options;
    const ending = new AbortController();
    const timer = runtime.startTimer(limits.authMs, () =>
      ending.abort(new Error('authentication took too long')),
    );
    const admission = this.#decide({ token, connection }, ending.signal).finally(() =>
      timer.cancel(),
    );
    return { admission, withdraw: () => ending.abort(LEFT) };
  }

  async #decide(credentials: Credentials, signal: AbortSignal): Promise<Admission> {
    try {
      const opened = await unlessAborted(this.#open(credentials, signal), signal);
      if ('close' in opened) return opened;
      const release = this.#enter(opened.identity?.principal);
      return release === undefined ? { close: TOO_MANY } : { ...opened, release };
    } catch (error) {
      return { close: this.#closeFor(error) };
    }
  }

  async #open(credentials: Credentials, signal: AbortSignal): Promise<Opened> {
    const { runtime, limits, authenticate } = this.#options;
    let identity: Identity | undefined;
    if (authenticate !== undefined) {
      identity = readIdentity(await this.#authenticate(authenticate, { credentials, signal }));
      if (identity === undefined) return { close: NEW_TOKEN };
      signal.throwIfAborted();
    }
    const { connection } = credentials;
    const session = new Session({ runtime, limits, identity, connection });
    await this.#guard(session, identity);
    // Looked at last: the guards may have taken their time.
    const hasEnded = (identity?.expiresAt?.getTime() ?? Infinity) <= runtime.wallNow();
    return hasEnded ? { close: EXPIRED } : { session, identity };
  }

  /** The place is given back when `authenticate` settles, since until then it is at work. */
  async #authenticate(
    authenticate: Authenticate,
    { credentials, signal }: { credentials: Credentials; signal: AbortSignal },
  ): Promise<unknown> {
    await this.#slot(signal);
    try {
      // Who left while its place came free is not authenticated any more.
      signal.throwIfAborted();
      return await authenticate(credentials);
    } finally {
      this.#freeSlot();
    }
  }

  /** Waits for one of the places that may authenticate at the same time. */
  async #slot(signal: AbortSignal): Promise<void> {
    if (this.#running < this.#options.limits.authRunning) {
      this.#running++;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        this.#queue.delete(enter);
        reject(signal.reason);
      };
      const enter = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      this.#queue.add(enter);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  /** A place goes to who waits longest without becoming free, so that nobody gets in between. */
  #freeSlot(): void {
    const [next] = this.#queue;
    if (next === undefined) {
      this.#running--;
    } else {
      this.#queue.delete(next);
      next();
    }
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
    if (error === LEFT) return LATER;
    if (error instanceof TrunklineError && error.code === 'UNAUTHENTICATED') return NEW_TOKEN;
    if (error instanceof TrunklineError && error.code === 'DENIED') return REFUSED;
    this.#options.report({ error, where: 'authenticate' });
    return LATER;
  }
}

/** Whoever is let in by mistake stays in, so nothing but a whole identity counts as one. */
function readIdentity(given: unknown): Identity | undefined {
  if (given === undefined || given === null || given === false) return undefined;
  if (typeof given !== 'object') {
    throw new TypeError(`authenticate gave a ${typeof given}: expected an identity or undefined`);
  }
  const { principal, expiresAt } = given as Readonly<Record<keyof Identity, unknown>>;
  if (typeof principal !== 'string' || principal === '') {
    throw new TypeError('authenticate gave no principal: expected a string that is not empty');
  }
  const isDate = expiresAt instanceof Date && Number.isFinite(expiresAt.getTime());
  if (expiresAt !== undefined && !isDate) {
    const found = expiresAt instanceof Date ? 'an invalid Date' : `a ${typeof expiresAt}`;
    throw new TypeError(
      `authenticate gave ${found} as expiresAt: expected a valid Date or nothing`,
    );
  }
  return given as Identity;
}

/** Gives what comes of a promise, or rejects with the signal's reason if that is first. */
function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    promise.then(resolve, reject);
  });
}

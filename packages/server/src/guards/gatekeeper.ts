import { TrunklineError, type Close, type Runtime } from '@trunkline/protocol';
import { chain, isPromise } from '../chain.js';
import type { ConnectionInfo } from '../routes/context.js';
import { Ending } from '../ending.js';
import type { ReportFailure } from '../failure.js';
import type { ServerLimits } from '../limits/limits.js';
import type { Pipeline } from './pipeline.js';
import { asAnyContext, EventContext, type MakeScope } from '../request-context.js';
import { hasExpired, Session, type Identity } from '../session.js';

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
      /** Of a client that resumes another one, only who it is and where it comes from counts. */
      readonly session: Session;
      /** Gives back the principal's place. */
      readonly release: () => void;
    }
  | { readonly close: Close; readonly release?: undefined };

/** A client that may have a session. */
export type Admitted = Extract<Admission, { session: unknown }>;

/** A client that is being decided on, until it is confirmed or withdrawn. */
export interface Admitting {
  /** There at once when nobody has to be waited for. Never rejects; a failure is a close. */
  readonly admission: Admission | Promise<Admission>;
  /** Says what holds of the admission in the turn in which it is acted upon. Call it once. */
  readonly confirm: (admission: Admission) => Admission;
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

/** What who is nobody gives back. */
const NOBODY = (): void => undefined;

/** Why a client is not decided on any more. */
const LEFT = new Error('the client has left');

type Opened = { readonly session: Session } | { readonly close: Close };

/** What a client has already. */
export interface Again {
  /** Its session. */
  readonly id: string | undefined;
  /** Who is signed in on a connection that ends when this one is admitted. */
  readonly replaced: string | undefined;
}

/** Who asks for a session. */
interface Client extends Again {
  readonly credentials: Credentials;
  /** Principals whose rights were taken back meanwhile, and how their connections end. */
  revoked?: Map<string, Close>;
}

/** One of those that authenticate at the same time. */
interface Running {
  readonly startedAt: number;
}

/** Makes an admission of who was found to be somebody. */
type Place = (opened: Opened) => Admission;

const NEW: Again = { id: undefined, replaced: undefined };

/** Decides who gets a session: authentication, the server's guards, sessions per principal. */
export class Gatekeeper {
  readonly #options: GatekeeperOptions;
  readonly #principals = new Map<string, number>();
  /** Each gives one of the places to who waits longest. */
  readonly #queue = new Set<() => void>();
  /** All that are being decided on. */
  readonly #deciding = new Set<Client>();
  /** Who authenticates now, the one that began first at the front. */
  readonly #running = new Set<Running>();

  constructor(options: GatekeeperOptions) {
    this.#options = options;
  }

  /** Sessions per principal, for tests. */
  get principals(): ReadonlyMap<string, number> {
    return this.#principals;
  }

  /** Whether clients say who they are; everybody is nobody at an anonymous server. */
  get authenticates(): boolean {
    return this.#options.authenticate !== undefined;
  }

  /** Decides on a client, who may have a session already. Nothing of it throws. */
  admit(token: string, connection: ConnectionInfo, again: Again = NEW): Admitting {
    const client = { credentials: { token, connection }, ...again };
    return this.#begin(client, (opened) => this.#place(opened, again.replaced));
  }

  /** Decides on a new token within a session, whose connection has its place. */
  renew(token: string, { id, connection }: Session): Admitting {
    const client = { credentials: { token, connection }, id, replaced: undefined };
    return this.#begin(client, withoutPlace);
  }

  /** Who turns out to be this principal, and is being decided on now, is sent away like this. */
  revoke(principal: string, close: Close): void {
    for (const client of this.#deciding) (client.revoked ??= new Map()).set(principal, close);
  }

  #begin(client: Client, place: Place): Admitting {
    const { runtime, limits } = this.#options;
    const ending = new Ending();
    this.#deciding.add(client);
    const admission = this.#decide(client, ending, place);
    const confirm = (decided: Admission): Admission => this.#confirm(client, decided);
    const withdraw = (): void => {
      this.#deciding.delete(client);
      ending.end(LEFT);
    };
    if (!isPromise(admission)) return { admission, confirm, withdraw };
    const timer = runtime.startTimer(limits.authMs, () =>
      ending.end(new Error('authentication took too long')),
    );
    return { admission: admission.finally(() => timer.cancel()), confirm, withdraw };
  }

  #confirm(client: Client, admission: Admission): Admission {
    this.#deciding.delete(client);
    if ('close' in admission) return admission;
    const { session, release } = admission;
    const close = client.revoked?.get(session.identity?.principal ?? '');
    if (close === undefined) return admission;
    release();
    return { close };
  }

  #decide(client: Client, ending: Ending, place: Place): Admission | Promise<Admission> {
    const failed = (error: unknown): Admission => ({ close: this.#closeFor(error) });
    try {
      const opened = this.#open(client, ending);
      if (!isPromise(opened)) return place(opened);
      return ending.orSooner(opened).then(place).catch(failed);
    } catch (error) {
      return failed(error);
    }
  }

  #place(opened: Opened, replaced: string | undefined): Admission {
    if ('close' in opened) return opened;
    const principal = opened.session.identity?.principal;
    // The place of the connection that will be closed for this one.
    const release = this.#enter(principal, principal === replaced ? 1 : 0);
    return release === undefined ? { close: TOO_MANY } : { ...opened, release };
  }

  #open(client: Client, ending: Ending): Opened | Promise<Opened> {
    const { authenticate } = this.#options;
    const { credentials } = client;
    if (authenticate === undefined) return this.#greet(undefined, client);
    const given = this.#authenticate(authenticate, { credentials, ending });
    return chain<unknown, Opened>(given, (someone) => {
      const identity = readIdentity(someone);
      if (identity === undefined) return { close: NEW_TOKEN };
      ending.throwIfEnded();
      return this.#greet(identity, client);
    });
  }

  #greet(identity: Identity | undefined, client: Client): Opened | Promise<Opened> {
    const { runtime, limits } = this.#options;
    const { connection } = client.credentials;
    const session = new Session({ runtime, limits, identity, connection, id: client.id });
    return chain(this.#guard(session), (): Opened => {
      // Looked at last: the guards may have taken their time.
      return hasExpired(identity, runtime) ? { close: EXPIRED } : { session };
    });
  }

  /** The place is given back when `authenticate` settles, since until then it is at work. */
  #authenticate(
    authenticate: Authenticate,
    { credentials, ending }: { credentials: Credentials; ending: Ending },
  ): unknown {
    return chain<Running, unknown>(this.#slot(ending), (place) => {
      let given: unknown;
      try {
        // Who left while its place came free is not authenticated any more.
        ending.throwIfEnded();
        given = authenticate(credentials);
        if (isPromise(given)) return Promise.resolve(given).finally(() => this.#freeSlot(place));
      } catch (error) {
        this.#freeSlot(place);
        throw error;
      }
      this.#freeSlot(place);
      return given;
    });
  }

  /** Waits for one of the places that may authenticate at the same time. */
  #slot(ending: Ending): Running | Promise<Running> {
    this.#takeBack();
    if (this.#running.size < this.#options.limits.authRunning) return this.#take();
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        stopWaiting();
        resolve(this.#take());
      };
      const stopWaiting = ending.listen((reason) => {
        this.#queue.delete(enter);
        reject(reason);
      });
      this.#queue.add(enter);
    });
  }

  /** A place goes to who waits longest without becoming free, so that nobody gets in between. */
  #freeSlot(place: Running): void {
    if (!this.#running.delete(place)) return;
    const [next] = this.#queue;
    if (next === undefined) return;
    this.#queue.delete(next);
    next();
  }

  #take(): Running {
    const place = { startedAt: this.#options.runtime.now() };
    this.#running.add(place);
    return place;
  }

  /** An `authenticate` that never settles would keep its place, and all others out, for good. */
  #takeBack(): void {
    const { runtime, limits, report } = this.#options;
    const latest = runtime.now() - limits.authPlaceMs;
    for (const place of this.#running) {
      if (place.startedAt > latest) return;
      const text = `it has not settled within ${limits.authPlaceMs} ms, and has lost its place`;
      report({ error: new Error(text), where: 'authenticate' });
      this.#freeSlot(place);
    }
  }

  #guard(session: Session): unknown {
    const { runtime, makeScope, pipeline } = this.#options;
    const source = { session, identity: session.identity, runtime, makeScope };
    const context = asAnyContext(new EventContext(source, 'connect', ''));
    return chain(pipeline.runGuards(context), () => pipeline.around(context, () => undefined));
  }

  #enter(principal: string | undefined, more: number): (() => void) | undefined {
    if (principal === undefined) return NOBODY;
    const count = this.#principals.get(principal) ?? 0;
    if (count >= this.#options.limits.principalSessions + more) return undefined;
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

function withoutPlace(opened: Opened): Admission {
  return 'close' in opened ? opened : { ...opened, release: NOBODY };
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

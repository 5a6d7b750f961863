import {
  FEATURES,
  TrunklineError,
  type Dial,
  type GoneMessage,
  type HelloMessage,
  type MessageCodec,
  type ReceivedMessage,
  type ResumedMessage,
  type Revision,
  type Runtime,
  type Timer,
  type Violation,
  type WelcomeMessage,
} from '@trunkline/protocol';
import { Attach } from './attach.js';
import type { ReconnectOptions } from './backoff.js';
import type { ClientSession } from './client-session.js';
import type { ClientLimits } from './client-limits.js';
import { StateKeeper, type ConnectionState, type StateChange } from './connection-state.js';
import type { ErrorHook } from './error-hook.js';
import {
  countAttempt,
  decideRetry,
  NO_ATTEMPTS,
  type Attempts,
  type Ending,
} from './retry-decision.js';
import type { SuperjsonLoader } from './superjson.js';
import { unreachableHints } from './unreachable-hints.js';

/** What uses the connections: calls and subscriptions. None of these throws. */
export interface ConnectionUser {
  /** A session has begun, or goes on. */
  attach(session: ClientSession, welcome: WelcomeMessage | ResumedMessage): void;
  receive(message: ReceivedMessage): Violation | undefined;
  isBusy(): boolean;
  flushed(): void;
  /** What earlier connections have brought in vain was sent again. */
  replayed(): void;
  /** The connection is gone; the session may go on. */
  detach(): void;
  /** The session is gone; the server had accepted all up to `rx`, if that is known. */
  lost(rx: number | undefined): void;
  /** No connection will come any more. */
  stop(code: 'CANCELLED' | 'UNAVAILABLE', reason: string): void;
}

/** Gives the token of an attempt. */
export type AuthOption = string | (() => string | undefined | Promise<string | undefined>);

/** What the connections of a client are made with. */
export interface ConnectionOptions {
  readonly url: string;
  readonly dial: Dial;
  readonly runtime: Runtime;
  readonly limits: ClientLimits;
  readonly reconnect: ReconnectOptions;
  readonly auth: AuthOption | undefined;
  readonly agent: string;
  readonly packed: boolean;
  readonly superjson: SuperjsonLoader;
  /** The messages that this client sends and gets. */
  readonly codec: MessageCodec;
  /** Whether it answers calls of the server. */
  readonly takesCalls: boolean;
  readonly revisions: readonly Revision[];
  readonly onError: ErrorHook;
}

const MAX_TOKEN_BYTES = 4_096;
/** A server in trouble welcomes too, and then closes: only what lasts this long starts anew. */
const LASTING_MS = 10_000;

/** The connections of a client, one after the other, from the first attempt to the last end. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #user: ConnectionUser;
  readonly #keeper: StateKeeper;
  #attach: Attach | undefined;
  /** The one that is open, or may go on. */
  #session: ClientSession | undefined;
  /** Runs until the server has forgotten the session. */
  #sessionTimer: Timer | undefined;
  /** Stands for what is awaited before dialing: the answer of `auth`, or the code for superjson. */
  #asking: object | undefined;
  #timer: Timer | undefined;
  #attempts: Attempts = NO_ATTEMPTS;
  #liveSince = 0;
  #attempt = 0;

  constructor(options: ConnectionOptions, user: ConnectionUser) {
    this.#options = options;
    this.#user = user;
    this.#keeper = new StateKeeper(options.runtime, options.onError);
    // Not at once, so that who watches from the start sees all.
    options.runtime.endOfTurn(() => this.#connect());
  }

  get state(): ConnectionState {
    return this.#keeper.state;
  }

  watch(listener: (state: ConnectionState) => void): () => void {
    return this.#keeper.watch(listener);
  }

  /** Resolves when the connection is live; fails with `UNAVAILABLE` when it never will be. */
  live(): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const { status, reason } = this.state;
        if (status === 'live') resolve();
        else if (this.#keeper.isFinal) reject(new TrunklineError('UNAVAILABLE', `${reason}`));
        else return;
        stop();
      };
      const stop = this.watch(look);
      look();
    });
  }

  /** Ends everything. Idempotent. */
  close(): void {
    if (this.state.status === 'closed') return;
    const attach = this.#attach;
    this.#drop();
    attach?.close();
    this.#forgetSession();
    const reason = 'the client was closed';
    this.#change({ status: 'closed', reason });
    this.#user.stop('CANCELLED', reason);
  }

  #connect(): void {
    if (this.#keeper.isFinal) return;
    this.#attempt++;
    const { status, hints, reason } = this.state;
    // Who cannot be reached stays so until something has opened.
    if (status === 'unreachable') this.#change({ status, ...present({ hints, reason }) });
    else this.#change({ status: 'connecting' });
    if (this.#keeper.isFinal) return;
    const { auth } = this.#options;
    if (typeof auth === 'function') void this.#askToken(auth);
    else this.#dial(auth ?? '');
  }

  async #askToken(auth: Exclude<AuthOption, string>): Promise<void> {
    const asking = {};
    this.#asking = asking;
    const fail = (error: unknown): void => {
      if (this.#asking !== asking) return;
      this.#ended({ closed: { code: 1006, reason: 'auth failed' }, phase: 'auth' });
      this.#options.onError(error);
    };
    const { authMs } = this.#options.limits;
    const late = (): void => fail(new Error(`auth gave no token within ${authMs} ms`));
    this.#timer = this.#options.runtime.startTimer(authMs, late);
    let token: string;
    try {
      token = checkToken((await auth()) ?? '');
    } catch (error) {
      return fail(error);
    }
    if (this.#asking === asking) this.#dial(token);
  }

  #dial(token: string): void {
    this.#drop();
    const { url, dial, runtime, limits, agent, packed, revisions, superjson } = this.#options;
    // Nothing else will be spoken, and so nothing has to wait for it later.
    if (!packed && superjson.code === undefined) return this.#loadFirst(token);
    const { codec, takesCalls } = this.#options;
    const features = FEATURES.CHUNK | FEATURES.RESUME | (takesCalls ? FEATURES.CALLS : 0);
    // A device that slept may have woken up after the session has ended.
    if (this.#session?.remainingMs === 0) this.#lose(undefined);
    const hello: HelloMessage = { kind: 'HELLO', features, agent, token, revisions };
    const { openMs, welcomeMs, valueBytes } = limits;
    const rest = { codec, superjson, openMs, welcomeMs, valueBytes };
    this.#attach = new Attach(
      {
        welcomed: (welcome, session) => this.#welcomed(welcome, session),
        gone: (gone) => this.#gone(gone),
        receive: (message) => this.#user.receive(message),
        isBusy: () => this.#user.isBusy(),
        flushed: () => this.#user.flushed(),
        replayed: () => this.#user.replayed(),
        ended: (ending) => this.#ended(ending),
      },
      { url, dial, runtime, hello, session: this.#session, packed, ...rest },
    );
  }

  #loadFirst(token: string): void {
    const asking = {};
    this.#asking = asking;
    const loaded = (): void => {
      if (this.#asking === asking) this.#dial(token);
    };
    const failed = (error: unknown): void => {
      if (this.#asking !== asking) return;
      const reason = 'the code for superjson could not be loaded';
      this.#ended({ closed: { code: 1006, reason }, phase: 'auth' });
      this.#options.onError(error);
    };
    void this.#options.superjson.load().then(loaded, failed);
  }

  #welcomed(welcome: WelcomeMessage | ResumedMessage, session: ClientSession): void {
    this.#sessionTimer?.cancel();
    this.#session = session;
    this.#liveSince = this.#options.runtime.now();
    this.#attempt = 0;
    const stale = welcome.kind === 'WELCOME' && { staleContracts: this.#staleContracts(welcome) };
    // What waits goes first, before anything that a watcher does.
    this.#user.attach(session, welcome);
    if (!this.#keeper.isFinal) this.#change({ status: 'live', ...stale });
  }

  #staleContracts(welcome: WelcomeMessage): string[] {
    const isStale = ({ name, revision }: Revision): boolean =>
      welcome.revisions.find((other) => other.name === name)?.revision !== revision;
    return this.#options.revisions.filter(isStale).map(({ name }) => name);
  }

  #gone({ rx }: GoneMessage): void {
    this.#lose(rx);
  }

  /** The session will not go on. */
  #lose(rx: number | undefined): void {
    this.#forgetSession();
    this.#user.lost(rx);
  }

  #forgetSession(): void {
    this.#sessionTimer?.cancel();
    this.#session?.stop();
    this.#session = undefined;
  }

  /** A connection that should have brought a session back did not. */
  #missed({ phase }: Ending): void {
    if (phase === 'resuming') this.#session?.detach();
    if (this.#session?.remainingMs === 0) this.#lose(undefined);
  }

  /** The connection of a session is gone: it waits for another one, for as long as the server does. */
  #leave(): void {
    this.#session?.leave();
    const { remainingMs = 0 } = this.#session ?? {};
    if (remainingMs === 0) return this.#forgetSession();
    // Who is about to ask the server for it is told whether it still goes on.
    this.#sessionTimer = this.#options.runtime.startTimer(remainingMs, () => {
      if (this.#attach === undefined) this.#lose(undefined);
    });
  }

  #ended(ending: Ending): void {
    this.#drop();
    const { reconnect, auth, runtime, url } = this.#options;
    const wasLive = ending.phase === 'live';
    if (wasLive) this.#leave();
    else this.#missed(ending);
    if (wasLive && runtime.now() - this.#liveSince >= LASTING_MS) this.#attempts = NO_ATTEMPTS;
    const decision = decideRetry(ending, this.#attempts, {
      reconnect,
      canRenewToken: typeof auth === 'function',
      random: runtime.random(),
    });
    this.#attempts = countAttempt(this.#attempts, ending);
    const { reason, status } = decision;
    if (decision.next === 'stop') {
      this.#forgetSession();
      this.#change({ status, reason });
      if (wasLive) this.#user.detach();
      this.#user.lost(undefined);
      return this.#user.stop('UNAVAILABLE', reason);
    }
    const { delayMs } = decision;
    this.#timer = runtime.startTimer(delayMs, () => this.#connect(), true);
    const hints = status === 'unreachable' ? unreachableHints(url) : undefined;
    const nextAttemptAt = runtime.now() + delayMs;
    this.#change({ status, reason, nextAttemptAt, ...present({ hints }) });
    if (!wasLive || this.#keeper.isFinal) return;
    this.#user.detach();
    if (this.#session === undefined) this.#user.lost(undefined);
  }

  #change(change: Omit<StateChange, 'attempt'>): void {
    this.#keeper.change({ ...change, attempt: this.#attempt });
  }

  #drop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#attach = undefined;
    this.#asking = undefined;
  }
}

type Defined<Part> = { readonly [Name in keyof Part]: Exclude<Part[Name], undefined> };

/** Leaves out what is undefined. */
function present<Part extends object>(part: Part): Partial<Defined<Part>> {
  const entries = Object.entries(part).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<Defined<Part>>;
}

function checkToken(token: unknown): string {
  if (typeof token !== 'string') {
    throw new TypeError(`auth must give a string or undefined, not a ${typeof token}`);
  }
  if (new TextEncoder().encode(token).length > MAX_TOKEN_BYTES) {
    throw new TypeError(`auth gave a token of more than ${MAX_TOKEN_BYTES} bytes`);
  }
  return token;
}

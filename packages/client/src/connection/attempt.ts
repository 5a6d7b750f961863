import {
  FEATURES,
  type CloseCode,
  type Dial,
  type GoawayMessage,
  type GoneMessage,
  type HelloMessage,
  type MessageCodec,
  type ResumedMessage,
  type Revision,
  type Runtime,
  type WelcomeMessage,
} from '@trunkline/protocol';
import { Attach } from './attach.js';
import type { ClientLimits } from './client-limits.js';
import type { ClientSession } from './client-session.js';
import type { ErrorHook } from './error-hook.js';
import type { IdleSuspicion } from './idle-suspicion.js';
import type { Ending } from './retry-decision.js';
import type { SuperjsonLoader } from '../value/superjson.js';
import { TokenRefresh } from './token-refresh.js';
import type { AuthReason, TokenSource } from './token-source.js';

/** What one attempt tells its owner. None of these throws. */
export interface AttemptOwner {
  /** Gives the session that is to go on, if there is one: asked for when all else is there. */
  sessionFor(attempt: Attempt): ClientSession | undefined;
  /** A session has begun, or goes on. */
  welcomed(
    attempt: Attempt,
    welcome: WelcomeMessage | ResumedMessage,
    session: ClientSession,
  ): void;
  /** The session that was to go on has ended; another one will begin. */
  gone(attempt: Attempt, gone: GoneMessage): void;
  /** The server asks the client to leave. */
  goaway(attempt: Attempt, message: GoawayMessage): void;
  /** Comes once and last, unless the owner itself has ended it. */
  ended(attempt: Attempt, ending: Ending): void;
}

/** What all attempts of a client are made with. */
export interface AttemptOptions {
  readonly url: string;
  readonly dial: Dial;
  readonly runtime: Runtime;
  readonly limits: ClientLimits;
  readonly tokens: TokenSource;
  /** After which silence connections are cut, so that pings have to come sooner. */
  readonly idle: IdleSuspicion;
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

/** One attempt to have a connection, from the question for a token to the end of what came of it. */
export class Attempt {
  readonly #owner: AttemptOwner;
  readonly #options: AttemptOptions;
  #attach: Attach | undefined;
  readonly #refresh: TokenRefresh;
  #stopAsking: () => void = () => {};
  #isOver = false;
  readonly #begunAt: { readonly now: number; readonly wall: number };

  constructor(owner: AttemptOwner, options: AttemptOptions) {
    this.#owner = owner;
    this.#options = options;
    this.#refresh = new TokenRefresh(options);
    this.#begunAt = { now: options.runtime.now(), wall: options.runtime.wallNow() };
  }

  /** Whether there is a connection, and a session on it. */
  get isLive(): boolean {
    return this.#attach?.isLive === true;
  }

  /** For how many milliseconds it exists, by the clock that has moved on more. */
  get ageMs(): number {
    const { runtime } = this.#options;
    const { now, wall } = this.#begunAt;
    return Math.max(runtime.now() - now, runtime.wallNow() - wall);
  }

  /** Sees whether the connection is alive; without a sign of it in time the attempt ends. */
  probe(ms: number): void {
    this.#attach?.probe(ms);
    this.#refresh.woke();
  }

  /** Whether a connection is being opened, or is open. */
  get isDialing(): boolean {
    return this.#attach !== undefined;
  }

  /** Begins. Call once. */
  start(reason: AuthReason): void {
    this.#stopAsking = this.#options.tokens.ask(reason, {
      given: (token) => this.#prepare(token),
      failed: (error) => this.#fail(describe('auth failed', error), error),
    });
  }

  /** Ends it as the client's own wish; the owner is not told. Idempotent. */
  close(code: CloseCode = 'DONE'): void {
    this.#isOver = true;
    this.#stopAsking();
    this.#refresh.stop();
    this.#attach?.close(code);
  }

  /** Nothing else will be spoken than superjson: then nothing has to wait for its code later. */
  #prepare(token: string): void {
    const { packed, superjson } = this.#options;
    if (packed || superjson.code !== undefined) return this.#dial(token);
    const loaded = (): void => {
      if (!this.#isOver) this.#dial(token);
    };
    const failed = (error: unknown): void =>
      this.#fail(describe('the code for superjson could not be loaded', error), error);
    void superjson.load().then(loaded, failed);
  }

  #dial(token: string): void {
    const { url, dial, runtime, limits, packed, superjson, codec } = this.#options;
    const { agent, revisions, takesCalls, tokens } = this.#options;
    const able = FEATURES.CHUNK | FEATURES.RESUME | FEATURES.GOAWAY;
    const features =
      able | (takesCalls ? FEATURES.CALLS : 0) | (tokens.canRenew ? FEATURES.AUTH : 0);
    const { wishMs: idleMs } = this.#options.idle;
    const wish = idleMs === undefined ? {} : { idleMs };
    const hello: HelloMessage = { kind: 'HELLO', features, agent, token, revisions, ...wish };
    const session = this.#owner.sessionFor(this);
    if (this.#isOver) return;
    const { openMs, welcomeMs, valueBytes } = limits;
    const rest = { codec, superjson, openMs, welcomeMs, valueBytes };
    this.#attach = new Attach(
      {
        welcomed: (welcome, begun) => {
          this.#refresh.start(begun.link, welcome);
          this.#owner.welcomed(this, welcome, begun);
        },
        authed: ({ expiresInMs }) => this.#refresh.authed(expiresInMs),
        gone: (gone) => this.#owner.gone(this, gone),
        goaway: (message) => this.#owner.goaway(this, message),
        ended: (ending) => this.#end(ending),
      },
      { url, dial, runtime, hello, session, packed, ...rest },
    );
  }

  #fail(reason: string, error: unknown): void {
    if (this.#isOver) return;
    this.#end({ closed: { code: 1006, reason }, phase: 'auth' });
    this.#options.onError(error);
  }

  #end(ending: Ending): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#refresh.stop();
    this.#owner.ended(this, ending);
  }
}

/** The text is that of the application's own code, and goes to nobody else. */
function describe(what: string, error: unknown): string {
  return error instanceof Error && error.message !== '' ? `${what}: ${error.message}` : what;
}

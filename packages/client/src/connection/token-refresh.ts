import { FEATURES, type Link, type Runtime, type Timer } from '@trunkline/protocol';
import type { ErrorHook } from './error-hook.js';
import type { TokenSource } from './token-source.js';

/** What keeps a session supplied with tokens. */
export interface TokenRefreshOptions {
  readonly runtime: Runtime;
  readonly tokens: TokenSource;
  readonly onError: ErrorHook;
}

/** What a server says of the authentication. */
interface AuthTerms {
  readonly features: number;
  readonly expiresInMs: number;
}

/** A moment on both clocks. */
interface Moment {
  readonly now: number;
  readonly wall: number;
}

/** Where in the life of a token another one is asked for: many tabs do not do so at once. */
const EARLIEST = 0.75;
const SPREAD = 0.1;
/** Nobody is asked more often, whatever a server says. */
const MIN_MS = 1_000;
/** How often the clocks are looked at: one of them may have stopped while the device slept. */
const LOOK_MS = 30_000;

/** Renews the token within a session, before it ends: the connection stays. */
export class TokenRefresh {
  readonly #options: TokenRefreshOptions;
  #link: Link | undefined;
  #timer: Timer | undefined;
  #stopAsking: () => void = () => {};
  /** When the authentication ends. */
  #endsAt: Moment = { now: 0, wall: 0 };
  /** When another token is asked for. */
  #dueAt: Moment | undefined;
  #isAsked = false;

  constructor(options: TokenRefreshOptions) {
    this.#options = options;
  }

  /** A connection is live, and the authentication ends when the server says. */
  start(link: Link, { features, expiresInMs }: AuthTerms): void {
    if (!this.#options.tokens.canRenew || (features & FEATURES.AUTH) === 0) return;
    this.#link = link;
    this.#plan(expiresInMs);
  }

  /** The server has answered a token; without one that was sent, it means nothing. */
  authed(expiresInMs: number): void {
    if (!this.#isAsked) return;
    this.#isAsked = false;
    this.#plan(expiresInMs);
  }

  /** The device may have slept: looks at the clocks. */
  woke(): void {
    this.#look();
  }

  /** The connection has ended. Idempotent. */
  stop(): void {
    this.#link = undefined;
    this.#dueAt = undefined;
    this.#timer?.cancel();
    this.#stopAsking();
  }

  #plan(expiresInMs: number): void {
    this.#timer?.cancel();
    this.#dueAt = undefined;
    if (expiresInMs === 0) return;
    const { runtime } = this.#options;
    this.#endsAt = { now: runtime.now() + expiresInMs, wall: runtime.wallNow() + expiresInMs };
    this.#askIn(expiresInMs * (EARLIEST + SPREAD * runtime.random()));
  }

  #askIn(wantedMs: number): void {
    const { runtime } = this.#options;
    const delayMs = Math.max(MIN_MS, wantedMs);
    this.#dueAt = { now: runtime.now() + delayMs, wall: runtime.wallNow() + delayMs };
    this.#look();
  }

  #look(): void {
    this.#timer?.cancel();
    if (this.#dueAt === undefined) return;
    const leftMs = this.#msUntil(this.#dueAt);
    if (leftMs > 0) {
      const { runtime } = this.#options;
      this.#timer = runtime.startTimer(Math.min(leftMs, LOOK_MS), () => this.#look());
    } else {
      this.#dueAt = undefined;
      this.#ask();
    }
  }

  /** By the clock that has moved on more. */
  #msUntil({ now, wall }: Moment): number {
    const { runtime } = this.#options;
    return Math.min(now - runtime.now(), wall - runtime.wallNow());
  }

  #ask(): void {
    this.#stopAsking = this.#options.tokens.ask('expiring', {
      given: (token) => {
        // There is none yet, and what holds is not to be thrown away for that.
        if (token === '') this.#askAgain();
        else this.#send(token);
      },
      failed: (error) => {
        this.#askAgain();
        this.#options.onError(error);
      },
    });
  }

  #send(token: string): void {
    this.#isAsked = true;
    this.#link?.send({ kind: 'AUTH', token });
    this.#link?.flush();
  }

  /** A few times, each after half of what is left: the last one is just before the end. */
  #askAgain(): void {
    const leftMs = this.#msUntil(this.#endsAt);
    if (leftMs > MIN_MS) this.#askIn(leftMs / 2);
  }
}

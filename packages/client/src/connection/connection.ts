import {
  reactionTo,
  TrunklineError,
  type GoawayMessage,
  type GoneMessage,
  type ResumedMessage,
  type Revision,
  type Timer,
  type WelcomeMessage,
} from '@trunkline/protocol';
import { Attempt, type AttemptOptions, type AttemptOwner } from './attempt.js';
import type { ReconnectOptions } from './backoff.js';
import type { ClientSession } from './client-session.js';
import {
  StateKeeper,
  type ConnectionState,
  type Refusal,
  type StateChange,
} from './connection-state.js';
import { Haste } from './haste.js';
import { KeptSession } from './kept-session.js';
import { finalRx, LeavingSessions } from './leaving-sessions.js';
import { LASTING_MS, MovePace } from './move-pace.js';
import {
  countAttempt,
  decideRetry,
  NO_ATTEMPTS,
  type Attempts,
  type Ending,
} from './retry-decision.js';
import { present } from './present.js';
import type { SessionUser } from './session-user.js';
import type { AuthReason } from './token-source.js';
import { pageScheme, unreachableHints } from './unreachable-hints.js';

/** What uses the sessions of a client. None of these throws. */
export interface ConnectionUser {
  /** A session has begun. In the one before it, if that has not ended, nothing new is sent. */
  begin(session: ClientSession, welcome: WelcomeMessage): SessionUser;
  /** No connection will come any more. */
  stop(code: 'CANCELLED' | 'UNAVAILABLE', reason: string): void;
  /** After `stop`: another one may come all the same. What has failed stays so. */
  restart(): void;
}

/** What the connections of a client are made with. */
export interface ConnectionOptions extends AttemptOptions {
  readonly reconnect: ReconnectOptions;
}

/** Why there will be no other connection. */
interface End {
  readonly code: 'CANCELLED' | 'UNAVAILABLE';
  readonly reason: string;
  readonly refusal?: Refusal | undefined;
}

/** Who may want that there is no connection: the application, or the page, which is put aside. */
export type Rester = 'application' | 'page';

const REST_REASONS: Readonly<Record<Rester, string>> = {
  application: 'the client is paused',
  page: 'the page is put aside',
};

/** The connections of a client, one after the other, from the first attempt to the last end. */
export class Connection implements AttemptOwner {
  readonly #options: ConnectionOptions;
  readonly #user: ConnectionUser;
  readonly #keeper: StateKeeper;
  #current: Attempt | undefined;
  /** The one that will take its place, made before it is left. */
  #next: Attempt | undefined;
  readonly #leaving = new LeavingSessions();
  readonly #kept: KeptSession;
  /** Until the next attempt. */
  #timer: Timer | undefined;
  #moveTimer: Timer | undefined;
  readonly #pace: MovePace;
  #attempts: Attempts = NO_ATTEMPTS;
  #authReason: AuthReason = 'first';
  #liveSince = 0;
  #attempt = 0;
  readonly #resting = new Set<Rester>();
  readonly #haste: Haste;
  #isClosed = false;

  constructor(options: ConnectionOptions, user: ConnectionUser) {
    this.#options = options;
    this.#user = user;
    this.#kept = new KeptSession(options.runtime);
    this.#haste = new Haste(options.runtime);
    this.#pace = new MovePace(options.runtime, options.reconnect);
    this.#keeper = new StateKeeper(options.runtime, options.onError);
    // Not at once, so that who watches from the start sees all.
    options.runtime.endOfTurn(() => {
      if (this.state.status === 'idle' && this.#resting.size === 0) this.#connect();
    });
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
    this.#isClosed = true;
    if (this.state.status === 'closed') return;
    this.#end('closed', { code: 'CANCELLED', reason: 'the client was closed' });
  }

  /** Connects anew, at once and from every state but after `close`. */
  reconnectNow(): void {
    if (this.#isClosed) return;
    if (this.#keeper.isFinal) this.#user.restart();
    if (this.state.status === 'denied') this.#authReason = 'rejected';
    this.#resting.clear();
    this.#attempts = NO_ATTEMPTS;
    this.#connectAnew();
  }

  /** Ends the connection for as long as somebody wants none; the session stays. */
  rest(rester: Rester): void {
    if (this.#resting.has(rester)) return;
    this.#resting.add(rester);
    if (this.#resting.size > 1 || this.#keeper.isFinal) return;
    const tell = this.#abandon();
    this.#leaving.close();
    this.#attempt = 0;
    this.#change({ status: 'idle', reason: REST_REASONS[rester] });
    tell();
  }

  /** Connects again when nobody wants it otherwise. */
  goOn(rester: Rester): void {
    if (!this.#resting.delete(rester) || this.#resting.size > 0 || this.#keeper.isFinal) return;
    this.#connect();
  }

  /** Something may have slept, or the network have changed: sees to it that all is well, at once. */
  wake(): void {
    if (this.#keeper.isFinal || this.#resting.size > 0) return;
    const { probeMs } = this.#options.limits;
    const current = this.#current;
    if (current?.isLive === true) {
      this.#haste.wokeUp();
      return current.probe(probeMs);
    }
    const isYoung = current !== undefined && current.ageMs < probeMs;
    if (isYoung || !this.#haste.mayTry) return;
    this.#attempts = { ...this.#attempts, failures: 0, unopened: 0 };
    this.#connectAnew();
  }

  sessionFor(attempt: Attempt): ClientSession | undefined {
    if (attempt !== this.#current) return undefined;
    this.#kept.loseExpired();
    return this.#kept.session;
  }

  welcomed(
    attempt: Attempt,
    welcome: WelcomeMessage | ResumedMessage,
    session: ClientSession,
  ): void {
    const left = attempt === this.#next ? this.#move(attempt) : undefined;
    this.#kept.opened(session);
    this.#liveSince = this.#options.runtime.now();
    this.#attempt = 0;
    this.#authReason = 'resume';
    // What waits goes first, before anything that a watcher does.
    if (welcome.kind === 'WELCOME') session.user = this.#user.begin(session, welcome);
    else session.user?.resumed(welcome);
    left?.();
    if (attempt !== this.#current) return;
    const { revisions } = this.#options;
    const stale = welcome.kind === 'WELCOME' && {
      staleContracts: staleContracts(revisions, welcome),
    };
    if (!this.#keeper.isFinal) this.#change({ status: 'live', ...stale });
  }

  gone(_attempt: Attempt, { rx }: GoneMessage): void {
    this.#kept.lose(rx);
  }

  goaway(attempt: Attempt, { afterMs }: GoawayMessage): void {
    if (attempt !== this.#current || this.#next !== undefined) return;
    this.#moveAfter(this.#pace.askedMs(afterMs, this.#options.runtime.now() - this.#liveSince));
  }

  ended(attempt: Attempt, ending: Ending): void {
    if (this.#leaving.ended(attempt, ending.closed)) return;
    if (attempt === this.#next) return this.#missedNext(ending);
    const { session } = this.#kept;
    const wasLive = ending.phase === 'live';
    if (wasLive && ending.silentMs !== undefined) this.#options.idle.cutAfter(ending.silentMs);
    const rx = wasLive && session !== undefined ? finalRx(ending.closed, session) : undefined;
    this.#drop();
    const { reconnect, runtime, url, tokens } = this.#options;
    if (!wasLive) this.#kept.missed(ending.phase);
    else if (rx === undefined) this.#leave();
    else this.#kept.forget();
    if (wasLive && runtime.now() - this.#liveSince >= LASTING_MS) this.#attempts = NO_ATTEMPTS;
    const decision = decideRetry(ending, this.#attempts, {
      reconnect,
      canRenewToken: tokens.canRenew,
      random: runtime.random(),
    });
    this.#attempts = countAttempt(this.#attempts, ending);
    if (reactionTo(ending.closed.code) === 'new-token') this.#authReason = 'rejected';
    const { reason, status } = decision;
    if (decision.next === 'stop') {
      const { refusal } = decision;
      return this.#end(decision.status, { code: 'UNAVAILABLE', reason, refusal }, session);
    }
    if (!this.#promote(rx, reason)) {
      const delayMs = this.#haste.delayOf(ending, decision.delayMs);
      this.#timer = runtime.startTimer(delayMs, () => this.#connect(), true);
      const hints = status === 'unreachable' ? unreachableHints(url, pageScheme()) : undefined;
      const nextAttemptAt = runtime.now() + delayMs;
      this.#change({ status, reason, nextAttemptAt, ...present({ hints }) });
    }
    if (!wasLive || this.#keeper.isFinal) return;
    session?.user?.detach();
    if (this.#kept.session !== session) session?.user?.lost(rx);
  }

  /** Leaves what there is, and connects. */
  #connectAnew(): void {
    const tell = this.#abandon();
    this.#connect();
    tell();
  }

  /**
   * Leaves all connections but those that only end what was begun, without waiting for the end of
   * any; the session stays. Gives what is to be told when the state says so.
   */
  #abandon(): () => void {
    const [current, next, session] = [this.#current, this.#next, this.#kept.session];
    const wasLive = current?.isLive === true;
    this.#drop();
    this.#stopMoving();
    next?.close();
    current?.close(session === undefined ? 'DONE' : 'PAUSED');
    if (wasLive) this.#leave();
    else session?.detach();
    return () => {
      // Whoever dialed for it would have been told that it is gone.
      if (!wasLive) return this.#kept.loseExpired();
      if (this.#keeper.isFinal) return;
      session?.user?.detach();
      if (this.#kept.session !== session) session?.user?.lost(undefined);
    };
  }

  #connect(): void {
    this.#attempt++;
    const { status, hints, reason } = this.state;
    // Who cannot be reached stays so until something has opened.
    if (status === 'unreachable') this.#change({ status, ...present({ hints, reason }) });
    else this.#change({ status: 'connecting' });
    if (this.#keeper.isFinal) return;
    this.#current = new Attempt(this, this.#options);
    this.#current.start(this.#authReason);
  }

  #leave(): void {
    this.#kept.leave(() => this.#current?.isDialing === true);
  }

  #moveAfter(delayMs: number): void {
    this.#moveTimer?.cancel();
    this.#moveTimer = this.#options.runtime.startTimer(delayMs, () => {
      this.#next = new Attempt(this, this.#options);
      this.#next.start(this.#authReason);
    });
  }

  /** The next connection is not there; the present one still is. */
  #missedNext(ending: Ending): void {
    this.#next = undefined;
    if (reactionTo(ending.closed.code) === 'new-token') this.#authReason = 'rejected';
    this.#moveAfter(this.#pace.failedMs(ending));
  }

  /** The next connection is there; gives what is to be done with the one before. */
  #move(next: Attempt): () => void {
    const [before, session] = [this.#current, this.#kept.session];
    this.#current = next;
    this.#stopMoving();
    this.#pace.moved();
    return () => {
      if (before !== undefined && session !== undefined) this.#leaving.add(before, session);
      // Whoever was called meanwhile may have wanted that there is no connection.
      if (this.#resting.size > 0 || this.#keeper.isFinal) this.#leaving.close();
    };
  }

  /** The server has ended the session while the next connection is on its way: that one is waited for. */
  #promote(rx: number | undefined, reason: string): boolean {
    const next = this.#next;
    this.#stopMoving();
    if (next === undefined) return false;
    if (rx === undefined) {
      next.close();
      return false;
    }
    this.#current = next;
    this.#attempt = 1;
    this.#change({ status: 'connecting', reason });
    return true;
  }

  #stopMoving(): void {
    this.#moveTimer?.cancel();
    this.#next = undefined;
    this.#pace.stop();
  }

  #end(
    status: 'denied' | 'closed',
    { code, reason, refusal }: End,
    session = this.#kept.session,
  ): void {
    const [current, next] = [this.#current, this.#next];
    this.#drop();
    this.#stopMoving();
    next?.close();
    current?.close();
    this.#kept.forget();
    this.#change({ status, reason, ...present({ refusal }) });
    if (code === 'UNAVAILABLE') session?.user?.lost(undefined);
    this.#user.stop(code, reason);
    session?.user?.lost(undefined);
    this.#leaving.close();
  }

  #change(change: Omit<StateChange, 'attempt'>): void {
    const { suspectedMs: suspectedIdleMs } = this.#options.idle;
    this.#keeper.change({ ...change, attempt: this.#attempt, ...present({ suspectedIdleMs }) });
  }

  #drop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#current = undefined;
  }
}

/** Contracts of the client that the server does not have, or has with another revision. */
function staleContracts(own: readonly Revision[], { revisions }: WelcomeMessage): string[] {
  const isStale = ({ name, revision }: Revision): boolean =>
    revisions.find((other) => other.name === name)?.revision !== revision;
  return own.filter(isStale).map(({ name }) => name);
}

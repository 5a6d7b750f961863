import type { Close, Runtime, Timer } from '@trunkline/protocol';
import { DRAIN_MS, moveMs, planDrain, returnMs, type DrainPlan } from './drain-plan.js';
import type { LiveSession } from '../connection/live-session.js';
import { refuseUnknown } from '../refuse-unknown.js';
import type { Sessions } from '../sessions.js';
import type { Refusal } from '../upgrade/refusal.js';

/** How a server is drained. */
export interface DrainOptions {
  /** How long all of it may take, in milliseconds; 25,000 unless given. */
  readonly windowMs?: number;
}

/** Every option of a drain, so that a misspelled one is found. */
export const DRAIN_OPTIONS: readonly (keyof DrainOptions)[] = ['windowMs'];

/** What has become of a server's sessions and calls in a drain. */
export interface DrainReport {
  /** Sessions that were there when it began. */
  readonly sessions: number;
  /** Sessions that ended before the end: their clients had moved, or nothing of theirs ran. */
  readonly moved: number;
  /** Handlers that were waited for and were done in time. */
  readonly finished: number;
  /** Calls and streams that still ran at the end: their callers know that they may have run. */
  readonly unknown: number;
  /** Accepted calls that had not begun at the end: their callers know that they did not run. */
  readonly refused: number;
  /** How long it took, in milliseconds. */
  readonly tookMs: number;
}

/** What is drained. */
export interface DrainHost {
  readonly runtime: Runtime;
  readonly sessions: Sessions<LiveSession>;
  /** Connections that are open, those of nobody yet among them. */
  readonly connections: { readonly size: number };
  /** Ends whatever is left; resolves when all of it is gone. */
  stop(): Promise<void>;
  /** Ends every socket, whatever is on its way. */
  cut(): void;
}

/** What is written last has this time at least until its socket is cut. */
const WRITE_MS = 100;

/** What is known of a session that has to go. */
interface Move {
  readonly session: LiveSession;
  /** When its client moves, from the beginning. */
  readonly atMs: number;
  /** Handlers that ran when it began, without those that were entered before. */
  readonly before: number;
}

/** What is counted while it goes on. */
type Counts = { -readonly [Name in keyof DrainReport]: number };

/** How often it is looked what has ended meanwhile. */
const LOOK_MS = 50;

/** When a client may come again that found no place here: another node may take it at once. */
const RETRY_MS = { least: 500, most: 2_000 };

/**
 * Empties a server. Nobody new is let in, clients are told when to move, each at a time of its own,
 * and what runs may finish. What does not is answered with the truth before its connection closes.
 *
 *   moving ──▶ deaf: nothing new is accepted ──▶ broken off, answered ──▶ closed
 */
export class Drain {
  /** Resolves when the server is closed. */
  readonly done: Promise<DrainReport>;
  readonly #host: DrainHost;
  readonly #plan: DrainPlan;
  readonly #startedAt: number;
  readonly #counts: Counts;
  /** What is known of each session that has not ended, by its id. */
  readonly #moves = new Map<string, Move>();
  /** Those whose clients cannot be told to move, in the order of their times. */
  readonly #untold: Move[] = [];
  /** Sessions that end when nothing of theirs runs any more. */
  readonly #leaving = new Set<LiveSession>();
  #phase: 'moving' | 'deaf' | 'closing' | 'done' = 'moving';
  #isCounted = false;
  #timer: Timer | undefined;
  #lastTimer: Timer | undefined;
  #settled: (report: DrainReport) => void = () => undefined;

  /** Throws a TypeError for options that are none. */
  constructor(host: DrainHost, options: DrainOptions) {
    refuseUnknown('drain: unknown option', options, DRAIN_OPTIONS);
    const { windowMs = DRAIN_MS } = options;
    this.#host = host;
    const sessions = [...host.sessions.all];
    this.#plan = planDrain(windowMs, sessions.length);
    this.#startedAt = host.runtime.now();
    const none = { moved: 0, finished: 0, unknown: 0, refused: 0, tookMs: 0 };
    this.#counts = { sessions: sessions.length, ...none };
    this.done = new Promise((resolve) => (this.#settled = resolve));
    for (const [place, session] of sessions.entries()) {
      const atMs = moveMs(this.#plan, place, sessions.length);
      const move = { session, atMs, before: session.running - session.entered };
      this.#moves.set(session.id, move);
      if (!session.takesGoaway) this.#untold.push(move);
      this.attached(session);
    }
    const cutMs = Math.max(WRITE_MS, this.#plan.cutMs);
    this.#lastTimer = host.runtime.startTimer(cutMs, () => host.cut(), true);
    this.#lookSoon(0);
  }

  /** What a new client is told. */
  refusal(): Close {
    const { least, most } = RETRY_MS;
    const ms = least + this.#host.runtime.random() * (most - least);
    return { code: 'DRAINING', reason: String(Math.floor(ms)) };
  }

  /** What an upgrade is answered, unless somebody may come back to what is here. */
  upgradeRefusal(): Refusal | undefined {
    if (this.#phase !== 'done' && this.#host.sessions.detached > 0) return undefined;
    const seconds = Math.max(1, Math.ceil(this.#leftMs / 1_000));
    const headers = { 'retry-after': String(seconds) };
    return { status: 503, message: 'the server stops', headers };
  }

  /** A session has a connection again: its client has to move as the others. */
  attached(session: LiveSession): void {
    const inMs = (atMs: number) => Math.max(0, Math.floor(atMs - this.#passedMs));
    const { atMs = 0 } = this.#moves.get(session.id) ?? {};
    session.goAway(inMs(atMs), inMs(this.#plan.closeMs));
  }

  /** A session has ended. */
  ended(id: string): void {
    const move = this.#moves.get(id);
    if (move === undefined) return;
    this.#moves.delete(id);
    this.#leaving.delete(move.session);
    if (!this.#isCounted) this.#count(move);
    if (this.#phase === 'moving' || this.#phase === 'deaf') this.#counts.moved++;
  }

  /** Ends it at once: the server closes. */
  stop(): void {
    if (this.#phase !== 'done') this.#finish();
  }

  get #passedMs(): number {
    return this.#host.runtime.now() - this.#startedAt;
  }

  get #leftMs(): number {
    return this.#plan.windowMs - this.#passedMs;
  }

  #lookSoon(ms = LOOK_MS): void {
    this.#timer = this.#host.runtime.startTimer(ms, () => this.#look(), true);
  }

  #look(): void {
    const passedMs = this.#passedMs;
    const { deafMs, breakMs, closeMs } = this.#plan;
    // What is said at the end of the calls is written before the connections end.
    const isLast = this.#phase === 'closing' && passedMs >= closeMs;
    if (this.#phase === 'moving') this.#sendAway(passedMs);
    if (this.#phase === 'moving' && passedMs >= deafMs) this.#deafen();
    if (this.#phase === 'deaf' && passedMs >= breakMs) this.#breakOff();
    this.#closeSettled(isLast);
    if (isLast || this.#isEmpty()) return this.#finish();
    const next = [deafMs, breakMs, closeMs].find((at) => at > passedMs) ?? passedMs;
    this.#lookSoon(Math.min(LOOK_MS, Math.max(1, next - passedMs)));
  }

  /** Sends clients away that cannot be told, at their times, when nothing of theirs runs. */
  #sendAway(passedMs: number): void {
    const later = this.#untold.findIndex(({ atMs }) => atMs > passedMs);
    const due = this.#untold.splice(0, later < 0 ? this.#untold.length : later);
    for (const { session } of due) if (this.#moves.has(session.id)) this.#leaving.add(session);
    for (const session of this.#leaving) if (session.running === 0) session.deafen();
  }

  #deafen(): void {
    this.#phase = 'deaf';
    for (const session of this.#host.sessions.all) {
      session.deafen();
      this.#leaving.add(session);
    }
  }

  #breakOff(): void {
    this.#phase = 'closing';
    // Handlers that leave since they were broken off have not finished.
    this.#isCounted = true;
    for (const move of this.#moves.values()) this.#count(move);
    for (const session of this.#host.sessions.all) {
      const broken = session.breakOff();
      this.#counts.unknown += broken?.unknown ?? 0;
      this.#counts.refused += broken?.refused ?? 0;
      // Whoever comes back now is told what of it was accepted.
      if (!session.isAttached) session.end('drained');
    }
  }

  /** Closes connections of which everything was written; at the end, all of them. */
  #closeSettled(isLast: boolean): void {
    let place = 0;
    for (const session of this.#leaving) {
      const isDone = session.running === 0 || this.#phase === 'closing';
      const isReady = isDone && session.isAttached && session.isSettled;
      if (!isReady && !isLast) continue;
      const close = { code: 'DRAINING', reason: String(returnMs(place++)) } as const;
      // The client takes what is not acknowledged for not executed, which must be so.
      session.end('drained', session.hasAcknowledged ? close : 'cut');
    }
  }

  /** Whether nobody is left, nor anything that somebody may come back for. */
  #isEmpty(): boolean {
    if (this.#host.connections.size > 0) return false;
    for (const session of this.#host.sessions.all) {
      if (session.running > 0 || session.heldBytes > 0) return false;
    }
    return true;
  }

  /** Counts the handlers of a session that were done. */
  #count({ session, before }: Move): void {
    this.#counts.finished += before + session.entered - session.running;
  }

  #finish(): void {
    this.#phase = 'done';
    this.#timer?.cancel();
    this.#leaving.clear();
    void this.#host.stop().then(() => {
      this.#lastTimer?.cancel();
      this.#settled({ ...this.#counts, tookMs: this.#passedMs });
    });
  }
}

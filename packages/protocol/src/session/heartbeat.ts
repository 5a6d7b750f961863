import type { WireLimits } from '../limits.js';
import type { Runtime, Timer } from '../runtime.js';

/** What a heartbeat asks of the link that it watches. */
export interface Heartbeated {
  /** Whether something is outstanding, so that a dead connection must be noticed soon. */
  isBusy(): boolean;
  ping(): void;
  dead(): void;
}

/** What a heartbeat judges by: the clock, the wire's times, and which side it is on. */
export interface HeartbeatOptions {
  readonly runtime: Runtime;
  readonly limits: WireLimits;
  /** Whether this side also pings when nothing is outstanding: the server does. */
  readonly pingsWhenIdle: boolean;
}

/** Judges by elapsed time whether a connection lives (PROTOCOL.md, "PING"). */
export class Heartbeat {
  readonly #link: Heartbeated;
  readonly #runtime: Runtime;
  readonly #limits: WireLimits;
  readonly #pingsWhenIdle: boolean;
  /** Spread, so that many connections made at once do not ping at once. */
  readonly #idleMs: number;
  #heardAt: number;
  #busySince: number;
  /** What the last look found. */
  #isBusy = false;
  #pingedAt = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;
  #dueAt = Number.POSITIVE_INFINITY;

  constructor(link: Heartbeated, options: HeartbeatOptions) {
    this.#link = link;
    this.#runtime = options.runtime;
    this.#limits = options.limits;
    this.#pingsWhenIdle = options.pingsWhenIdle;
    this.#idleMs = this.#limits.idleMs * (0.8 + 0.4 * this.#runtime.random());
    this.#heardAt = this.#runtime.now();
    this.#busySince = this.#heardAt;
    this.look();
    this.#arm(this.#idleMs);
  }

  /** When a byte came last. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Notes that a byte came. */
  heard(): void {
    this.#heardAt = this.#runtime.now();
  }

  /** Looks whether something is outstanding; if nothing was before, silence counts from now. */
  look(): void {
    const isBusy = this.#link.isBusy();
    if (isBusy === this.#isBusy) return;
    this.#isBusy = isBusy;
    if (!isBusy) return;
    const now = this.#runtime.now();
    this.#busySince = now;
    if (this.#dueAt > now + this.#limits.busyIdleMs) this.#arm(this.#limits.busyIdleMs);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#dueAt = Number.NEGATIVE_INFINITY;
  }

  #arm(delayMs: number): void {
    const dueAt = this.#runtime.now() + delayMs;
    if (this.#dueAt <= dueAt) return;
    this.#timer?.cancel();
    this.#dueAt = dueAt;
    this.#timer = this.#runtime.startTimer(delayMs, () => this.#check());
  }

  #check(): void {
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.look();
    const busy = this.#isBusy;
    const idleMs = busy ? this.#limits.busyIdleMs : this.#idleMs;
    const deadMs = busy ? this.#limits.busyDeadMs : this.#limits.deadMs;
    const since = busy ? Math.max(this.#heardAt, this.#busySince) : this.#heardAt;
    const silentMs = this.#runtime.now() - since;
    if (silentMs >= deadMs) return this.#link.dead();
    // The answer may come at the same instant of a coarse clock.
    if (silentMs >= idleMs && this.#pingedAt <= since && (busy || this.#pingsWhenIdle)) {
      this.#pingedAt = this.#runtime.now();
      this.#link.ping();
    }
    const untilPing = silentMs < idleMs ? idleMs - silentMs : idleMs;
    this.#arm(Math.max(1, Math.min(untilPing, deadMs - silentMs)));
  }
}

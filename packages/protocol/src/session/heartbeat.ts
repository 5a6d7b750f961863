import type { WireLimits } from '../limits.js';
import type { Runtime, Timer } from '../runtime.js';

/** What a heartbeat asks of the link that it watches. */
export interface Heartbeated {
  /** Whether something is outstanding, so that a dead connection must be noticed soon. */
  isBusy(): boolean;
  ping(value: number): void;
  dead(): void;
}

/** What a heartbeat judges by: the clock, the wire's times, and which side it is on. */
export interface HeartbeatOptions {
  readonly runtime: Runtime;
  readonly limits: WireLimits;
  /** Whether this side also pings when nothing is outstanding: the server does. */
  readonly pingsWhenIdle: boolean;
  /** Silence before a PING, where it is not that of the limits. */
  readonly idleMs?: number;
}

/** A timer that fires so much later than it should have shows that the process did not run. */
const LATE_MS = 2_000;

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
  /** By how much the wall clock was ahead of the other one when the timer was started. */
  #wallAhead = 0;
  #probeTimer: Timer | undefined;
  /** The value of the PING that a probe waits for an answer to. */
  #probe: number | undefined;
  /** Whether a byte came since the last look of the probe. */
  #isHeard = true;

  constructor(link: Heartbeated, options: HeartbeatOptions) {
    this.#link = link;
    this.#runtime = options.runtime;
    this.#limits = options.limits;
    this.#pingsWhenIdle = options.pingsWhenIdle;
    const { limits, idleMs = limits.idleMs } = options;
    this.#idleMs = idleMs * (0.8 + 0.4 * this.#runtime.random());
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
    this.#isHeard = true;
  }

  /**
   * Milliseconds since a byte came, by the clock that has moved on more: one of them may stand still
   * while the device sleeps.
   */
  get silentMs(): number {
    return this.#runtime.now() - this.#heardAt + this.#driftMs;
  }

  /**
   * Pings at once. Unless a byte comes within so many milliseconds, and again within as many until
   * the answer is there, the connection is dead: what had come before a sleep is no sign of life.
   */
  probe(ms: number): void {
    if (this.#probe !== undefined || this.#isStopped) return;
    this.#probe = this.#pingValue();
    this.#awaitAnswer(ms);
    this.#link.ping(this.#probe);
  }

  /** Notes that a PING was answered. */
  answered(value: number): void {
    if (value !== this.#probe) return;
    this.#probe = undefined;
    this.#probeTimer?.cancel();
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
    this.#probeTimer?.cancel();
    this.#dueAt = Number.NEGATIVE_INFINITY;
  }

  get #isStopped(): boolean {
    return this.#dueAt === Number.NEGATIVE_INFINITY;
  }

  /** How much further the wall clock has moved than the other one. */
  get #driftMs(): number {
    const ahead = this.#runtime.wallNow() - this.#runtime.now();
    return Math.max(0, ahead - this.#wallAhead);
  }

  #pingValue(): number {
    return Math.floor(this.#runtime.random() * 0x100000000);
  }

  #awaitAnswer(ms: number): void {
    this.#isHeard = false;
    this.#probeTimer = this.#runtime.startTimer(ms, () => {
      if (this.#isHeard) this.#awaitAnswer(ms);
      else this.#link.dead();
    });
  }

  #arm(delayMs: number): void {
    const dueAt = this.#runtime.now() + delayMs;
    if (this.#dueAt <= dueAt) return;
    this.#timer?.cancel();
    this.#dueAt = dueAt;
    this.#wallAhead = this.#runtime.wallNow() - this.#runtime.now();
    this.#timer = this.#runtime.startTimer(delayMs, () => this.#check());
  }

  #check(): void {
    const lateMs = this.#runtime.now() - this.#dueAt + this.#driftMs;
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.look();
    const busy = this.#isBusy;
    const idleMs = busy ? this.#limits.busyIdleMs : this.#idleMs;
    const deadMs = busy ? this.#limits.busyDeadMs : this.#limits.deadMs;
    const since = busy ? Math.max(this.#heardAt, this.#busySince) : this.#heardAt;
    const silentMs = this.#runtime.now() - since;
    if (this.#probe !== undefined) return this.#arm(idleMs);
    if (lateMs >= LATE_MS && silentMs + lateMs >= idleMs) return this.#wokeUp(idleMs);
    if (silentMs >= deadMs) return this.#link.dead();
    // The answer may come at the same instant of a coarse clock.
    if (silentMs >= idleMs && this.#pingedAt <= since && (busy || this.#pingsWhenIdle)) {
      this.#pingedAt = this.#runtime.now();
      this.#link.ping(this.#pingValue());
    }
    const untilPing = silentMs < idleMs ? idleMs - silentMs : idleMs;
    this.#arm(Math.max(1, Math.min(untilPing, deadMs - silentMs)));
  }

  /** Nobody could hear what came meanwhile, so the silence says nothing yet. */
  #wokeUp(idleMs: number): void {
    this.#arm(idleMs);
    this.probe(this.#limits.busyDeadMs - this.#limits.busyIdleMs);
  }
}

import { TrunklineError, type Runtime } from '@trunkline/protocol';
import type { ClientLimits } from '../connection/client-limits.js';
import { DeadlineTimer } from './deadline-timer.js';
import type { PendingCall } from './pending-call.js';
import { sizeOf } from '../value/value.js';

const NEVER = Number.POSITIVE_INFINITY;

/** All calls that are not settled, in the order of their start, and those of them that wait. */
export class CallQueue {
  readonly #limits: ClientLimits;
  readonly #deadlines: DeadlineTimer;
  readonly #expired: (call: PendingCall) => void;
  readonly #open = new Set<PendingCall>();
  #waiting = new Set<PendingCall>();
  #waitingBytes = 0;

  /** `expired` is told of each call whose deadline has passed, and must settle it. */
  constructor(runtime: Runtime, limits: ClientLimits, expired: (call: PendingCall) => void) {
    this.#limits = limits;
    this.#expired = expired;
    this.#deadlines = new DeadlineTimer(runtime, (now) => this.#expire(now));
  }

  get size(): number {
    return this.#open.size;
  }

  /** Calls that wait to be sent. It may be changed while it is walked. */
  get waiting(): Iterable<PendingCall> {
    return this.#waiting;
  }

  /** Why no further call is taken, or `undefined`; `queuedBytes` are those in the outbox. */
  refusal(bytes: number, queuedBytes: number): TrunklineError | undefined {
    const { pendingCalls, outboxBytes } = this.#limits;
    if (this.#open.size >= pendingCalls) {
      const message = `${pendingCalls} calls are pending: no more are taken`;
      return new TrunklineError('BACKPRESSURE', message, { executed: 'no' });
    }
    const waiting = this.#waitingBytes + queuedBytes;
    // One that is larger than all of it may go alone, up to what the server takes.
    if (waiting === 0 || waiting + bytes <= outboxBytes) return undefined;
    const message = `more than ${outboxBytes} bytes would wait to be written`;
    return new TrunklineError('BACKPRESSURE', message, { executed: 'no' });
  }

  /** Takes a new call, which waits. */
  add(call: PendingCall): void {
    this.#open.add(call);
    const { deadlineAt } = call.request;
    if (deadlineAt !== undefined) this.#deadlines.watch(deadlineAt);
    this.wait(call);
  }

  /** Puts a call behind those that wait. */
  wait(call: PendingCall): void {
    call.state = 'waiting';
    call.entry = undefined;
    call.session = undefined;
    this.#waiting.add(call);
    this.#waitingBytes += sizeOf(call.request.payload);
  }

  /** Puts calls back among those that wait, where they stood by their start. */
  waitAgain(...calls: readonly PendingCall[]): void {
    if (calls.length === 0) return;
    for (const call of calls) {
      call.isUntimed = false;
      this.wait(call);
    }
    this.#waiting = new Set([...this.#open].filter((one) => this.#waiting.has(one)));
  }

  /** Takes a call from those that wait. */
  take(call: PendingCall): void {
    if (this.#waiting.delete(call)) this.#waitingBytes -= sizeOf(call.request.payload);
  }

  settle(call: PendingCall): void {
    call.state = 'settled';
    call.timer?.cancel();
    this.#open.delete(call);
    this.take(call);
  }

  /** Ends all timers and gives every call that was open, for its owner to settle. */
  stop(): PendingCall[] {
    this.#deadlines.stop();
    return [...this.#open];
  }

  #expire(now: number): number {
    let next = NEVER;
    for (const call of this.#open) {
      const { deadlineAt = NEVER } = call.request;
      if (deadlineAt > now) next = Math.min(next, deadlineAt);
      // One that was due may have been settled by what another one's caller did.
      else if (call.state !== 'settled') this.#expired(call);
    }
    return next;
  }
}

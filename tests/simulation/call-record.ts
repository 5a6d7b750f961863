import type { TrunklineError } from '@trunkline/client';
import type { Trace } from './trace.js';

/** What became of a call at its caller. */
export type Outcome = { readonly value: unknown } | { readonly error: TrunklineError };

/** One call or stream: what its caller did and got, and what its handler saw. */
export class CallRecord {
  starts = 0;
  running = 0;
  outcome: Outcome | undefined;
  /** Its user has left it in the middle, so that it settles for nobody. */
  isLeft = false;
  settledAt = Number.NaN;
  cancelledAt: number | undefined;
  /** Whether its client has been live since then. */
  isLiveSince: (time: number) => boolean = () => false;
  /** Whether its input travels in chunks, and its deadline begins with the first of them. */
  isLarge = false;
  /** When the server must have ended it, by what it was told; with its last start. */
  dueAt = Number.POSITIVE_INFINITY;
  signalledAt: number | undefined;
  startedAt = Number.NaN;
  /** Items that the producer made and that the consumer took; on a two-way stream, those upward. */
  produced = 0;
  taken = 0;

  constructor(
    readonly id: string,
    readonly kind: 'work' | 'down' | 'up' | 'both' | 'publish' | 'ask' | 'once',
    readonly madeAt: number,
    /** What its caller gave it; streams have none by themselves. */
    readonly deadlineMs: number | undefined,
  ) {}

  /** What its caller was told about whether the handler ran. */
  get executed(): 'yes' | 'no' | 'unknown' | undefined {
    if (this.outcome === undefined) return undefined;
    if (this.isLeft) return 'unknown';
    return 'value' in this.outcome ? 'yes' : (this.outcome.error.executed ?? 'unknown');
  }

  /** The promise has settled. */
  settle(outcome: Outcome, now: number, trace: Trace): void {
    trace.check(this.outcome === undefined, () => `${this.id} settled twice`);
    this.outcome = outcome;
    this.settledAt = now;
    const what = 'value' in outcome ? 'done' : `${outcome.error.code} ${outcome.error.executed}`;
    trace.note(`${this.id} ${what}`);
  }

  /** The equations of a call, at the very end of a run. */
  judge(trace: Trace): void {
    const { id, starts, executed } = this;
    trace.check(executed !== undefined, () => `${id} never settled`);
    // Of those, the key counts.
    if (this.kind === 'once') return;
    trace.check(starts <= 1, () => `${id} was started ${starts} times`);
    if (executed === 'no') trace.check(starts === 0, () => `${id} ran, executed is "no"`);
    if (executed === 'yes') trace.check(starts === 1, () => `${id} did not run, executed is "yes"`);
    trace.check(this.running === 0, () => `the handler of ${id} still runs`);
  }
}

/** Windows of items grow to this, and not before their consumer has taken any. */
const WIDEST_WINDOW = 1_024;

/** Gives how many items may be made ahead of those that were taken, the one being made not counted. */
export function windowOf({ taken }: CallRecord, start: number): number {
  return taken === 0 ? start : WIDEST_WINDOW;
}

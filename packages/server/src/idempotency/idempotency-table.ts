import type { Runtime, Timer } from '@trunkline/protocol';
import { isPromise } from '../chain.js';
import type { SessionInfo } from '../routes/context.js';
import { ownError } from '../failure.js';
import type { FinalMessage } from '../final-message.js';
import type { ServerLimits } from '../limits/limits.js';
import type { RequestContext } from '../request-context.js';

/** A call with an idempotency key: one of perhaps many with the same. */
export interface Attempt {
  readonly procedure: string;
  readonly key: Uint8Array;
  /** Of its input, decoded. */
  readonly digest: string;
  readonly context: RequestContext;
}

/** Runs the handler. Never throws and never rejects. */
export type Run = () => FinalMessage | Promise<FinalMessage>;

/** How many keys a session has brought that are remembered. */
interface Owner {
  keys: number;
}

interface Entry {
  readonly name: string;
  readonly digest: string;
  readonly owner: Owner;
  /** On the runtime's clock. */
  expiresAt: number;
  state: 'running' | 'done' | 'forgotten';
  /** Of what runs. */
  promise: Promise<FinalMessage> | undefined;
  running: Running | undefined;
  /** Of what is done; `undefined` where it is too large to be kept. */
  outcome: FinalMessage | undefined;
}

/** What runs and has to be told of its deadline. */
interface Running {
  readonly context: RequestContext;
  /** Whoever calls again, it ends then. */
  readonly latestAt: number;
  timer: Timer | undefined;
}

/** How often, within the time that a key is remembered, those that are not any more are freed. */
const SWEEPS = 8;

/**
 * The idempotency keys of a node. The handler of a key starts at most once until some time after
 * the last use of the key, and everybody who calls with it gets the outcome of that one run. The run
 * is nobody's: it goes on when its caller withdraws or its session ends, up to the last deadline of
 * those who called while it ran.
 */
export class IdempotencyTable {
  readonly #runtime: Runtime;
  readonly #limits: ServerLimits;
  readonly #entries = new Map<string, Entry>();
  /** Those that may expire, in the order of their last use: the first ones expire first. */
  readonly #done = new Set<Entry>();
  readonly #owners = new WeakMap<SessionInfo, Owner>();
  readonly #running = new Set<Running>();
  #bytes = 0;
  #sweep: Timer | undefined;
  #isClosed = false;

  constructor(runtime: Runtime, limits: ServerLimits) {
    this.#runtime = runtime;
    this.#limits = limits;
  }

  /** How many keys are remembered, and the bytes of their outcomes. */
  get counts(): { readonly keys: number; readonly bytes: number } {
    return { keys: this.#entries.size, bytes: this.#bytes };
  }

  /**
   * Gives what the one run of a key has come to, and runs it if nobody did. Throws, or rejects with,
   * BUSY and IDEMPOTENCY_MISMATCH, executed no, and RESULT_GONE; rejects when the caller leaves.
   */
  outcome(attempt: Attempt, run: Run): FinalMessage | Promise<FinalMessage> {
    this.#forgetOld();
    const name = nameOf(attempt);
    const entry = this.#entries.get(name);
    if (entry === undefined) return this.#runFirst(name, attempt, run);
    if (entry.digest !== attempt.digest) throw mismatch();
    attempt.context.watch?.shares(entry.promise === undefined ? 'kept' : 'joined');
    // From here on nobody can say that the handler did not run.
    attempt.context.isStarted = true;
    this.#touch(entry);
    if (entry.running !== undefined) this.#extend(entry.running, attempt.context.deadlineAt);
    if (entry.promise !== undefined) return this.#wait(entry, entry.promise, { attempt, run });
    if (entry.outcome === undefined) throw gone();
    return entry.outcome;
  }

  /** Fires the signals of what runs for a principal: nobody else waits for what comes of it. */
  revoke(principal: string): void {
    for (const { context } of this.#running) {
      if (context.principal !== principal) continue;
      context.end(ownError('SESSION_LOST', 'the session has ended', { executed: 'unknown' }));
    }
  }

  /** The server stops: fires the signals of what runs, and forgets all. */
  close(): void {
    this.#isClosed = true;
    this.#sweep?.cancel();
    for (const { timer, context } of this.#running) {
      timer?.cancel();
      context.end(ownError('SESSION_LOST', 'the server stops', { executed: 'unknown' }));
    }
    this.#entries.clear();
    this.#done.clear();
    this.#bytes = 0;
  }

  #runFirst(name: string, attempt: Attempt, run: Run): FinalMessage | Promise<FinalMessage> {
    const { context, digest } = attempt;
    const owner = this.#ownerOf(context.session);
    this.#assertRoom(owner);
    context.watch?.shares('ran');
    const entry: Entry = {
      name,
      digest,
      owner,
      expiresAt: Infinity,
      state: 'running',
      promise: undefined,
      running: undefined,
      outcome: undefined,
    };
    owner.keys++;
    this.#entries.set(name, entry);
    const final = run();
    if (!isPromise(final)) return this.#settle(entry, context, final);
    const latestAt = this.#runtime.now() + this.#limits.maxDeadlineMs;
    const running: Running = { context, latestAt, timer: this.#watchDeadline(context) };
    this.#running.add(running);
    entry.running = running;
    entry.promise = final.then((late) => {
      running.timer?.cancel();
      this.#running.delete(running);
      return this.#settle(entry, context, late);
    });
    return entry.promise;
  }

  async #wait(
    entry: Entry,
    promise: Promise<FinalMessage>,
    { attempt, run }: { readonly attempt: Attempt; readonly run: Run },
  ): Promise<FinalMessage> {
    const final = await unlessLeft(promise, attempt.context.signal);
    if (entry.state === 'done') return final;
    // The first one was refused, which may be its own fault: its handler has not run.
    attempt.context.isStarted = false;
    return this.outcome(attempt, run);
  }

  /** Keeps what has come of a run; of one that did not start, nothing is remembered. */
  #settle(entry: Entry, context: RequestContext, final: FinalMessage): FinalMessage {
    entry.promise = undefined;
    entry.running = undefined;
    if (!context.isStarted) {
      this.#forget(entry);
      return final;
    }
    entry.state = 'done';
    if (this.#isClosed) return final;
    const { outcomeBytes, outcomeNodeBytes } = this.#limits;
    const bytes = final.bytes.length;
    if (bytes <= outcomeBytes && this.#bytes + bytes <= outcomeNodeBytes) {
      entry.outcome = { ...final, bytes: owned(final.bytes) };
      this.#bytes += bytes;
    }
    this.#touch(entry);
    return final;
  }

  /** Who waits for a run has a deadline of its own, which may be a later one. */
  #extend(running: Running, deadlineAt: number | undefined): void {
    const { context, latestAt } = running;
    const until = Math.min(deadlineAt ?? Infinity, latestAt);
    if (until <= (context.deadlineAt ?? Infinity) || context.isAborted) return;
    context.deadlineAt = until;
    running.timer?.cancel();
    running.timer = this.#watchDeadline(context);
  }

  #watchDeadline(context: RequestContext): Timer | undefined {
    const { remainingMs } = context;
    if (remainingMs === undefined) return undefined;
    return this.#runtime.startTimer(remainingMs, () =>
      context.end(ownError('DEADLINE', 'the deadline has passed', { executed: 'unknown' })),
    );
  }

  #ownerOf(session: SessionInfo): Owner {
    let owner = this.#owners.get(session);
    if (owner === undefined) this.#owners.set(session, (owner = { keys: 0 }));
    return owner;
  }

  #assertRoom(owner: Owner): void {
    const { idempotencyKeys, sessionIdempotencyKeys } = this.#limits;
    if (owner.keys < sessionIdempotencyKeys && this.#entries.size < idempotencyKeys) return;
    const limit =
      owner.keys < sessionIdempotencyKeys ? 'idempotencyKeys' : 'sessionIdempotencyKeys';
    throw ownError('BUSY', 'too many idempotency keys are remembered', { executed: 'no', limit });
  }

  #touch(entry: Entry): void {
    if (entry.state !== 'done') return;
    this.#done.delete(entry);
    this.#done.add(entry);
    entry.expiresAt = this.#runtime.now() + this.#limits.idempotencyMs;
    this.#startSweep();
  }

  #forget(entry: Entry): void {
    entry.state = 'forgotten';
    entry.owner.keys--;
    this.#bytes -= entry.outcome?.bytes.length ?? 0;
    this.#entries.delete(entry.name);
    this.#done.delete(entry);
  }

  #forgetOld(): void {
    const now = this.#runtime.now();
    for (const entry of this.#done) {
      if (entry.expiresAt > now) return;
      this.#forget(entry);
    }
  }

  /** Runs only while something is remembered. */
  #startSweep(): void {
    if (this.#isClosed) return;
    this.#sweep ??= this.#runtime.startTimer(this.#limits.idempotencyMs / SWEEPS, () => {
      this.#sweep = undefined;
      this.#forgetOld();
      if (this.#done.size > 0) this.#startSweep();
    });
  }
}

/** Who is not signed in shares one scope with all such clients: their keys are random. */
function nameOf({ key, procedure, context: { principal } }: Attempt): string {
  const who = principal === undefined ? 'anonymous' : `principal ${principal}`;
  return `${Buffer.from(key).toString('hex')} ${procedure} ${who}`;
}

function mismatch(): Error {
  const text = 'the idempotency key was used with another input';
  return ownError('IDEMPOTENCY_MISMATCH', text, { executed: 'no' });
}

function gone(): Error {
  const text = 'the call has run, and its result is no longer held';
  return ownError('RESULT_GONE', text, { executed: 'yes' });
}

/** A view would keep all of the memory that it is a part of. */
function owned(bytes: Uint8Array): Uint8Array {
  return bytes.length === bytes.buffer.byteLength ? bytes : bytes.slice();
}

function unlessLeft<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const left = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', left, { once: true });
    void promise.then((value) => {
      signal.removeEventListener('abort', left);
      resolve(value);
    });
  });
}

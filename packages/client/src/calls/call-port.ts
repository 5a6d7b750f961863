import { TrunklineError, type Runtime, type Tracer } from '@trunkline/protocol';
import type { CallOptions } from './call-method.js';
import type { CallTable } from './call-table.js';
import type { ErrorHook } from '../connection/error-hook.js';
import { refuseUnknown } from '../connection/refuse-unknown.js';
import type { WatchSource } from './source-watch.js';
import type { SuperjsonLoader } from '../value/superjson.js';

/** What calls, streams and topics are made with. */
export interface CallPort {
  readonly runtime: Runtime;
  readonly calls: CallTable;
  readonly superjson: SuperjsonLoader;
  readonly onError: ErrorHook;
  /** The deadline of a call whose caller names none; `undefined` for none. */
  readonly deadlineMs: number | undefined;
  /** Whether that is the application's own word, which servers are told. */
  readonly hasOwnDeadline: boolean;
  /** Watches sources of items that do not end; `undefined` where nobody wants that. */
  readonly watchSource?: WatchSource | undefined;
  /** Gives calls their spans; `undefined` where nobody traces. */
  readonly tracer?: Tracer | undefined;
}

/** Gives the deadline of a call on the runtime's clock. Throws a TypeError for a senseless one. */
export function deadlineAt(
  { runtime }: CallPort,
  { deadlineMs }: CallOptions,
  fallbackMs: number | undefined,
): number | undefined {
  const ms = deadlineMs === undefined ? fallbackMs : checkDeadlineMs(deadlineMs);
  return ms === undefined ? undefined : runtime.now() + ms;
}

/** Throws a TypeError for an option of a stream or publish that does not exist. */
export function checkCallOptions(name: string, options: CallOptions | undefined): void {
  if (options !== undefined) refuseUnknown(`${name}: unknown option`, options, CALL_OPTIONS);
}

const CALL_OPTIONS: readonly (keyof CallOptions)[] = ['signal', 'deadlineMs'];

/** Reads a `deadlineMs` option: `undefined` for none. Throws a TypeError for a senseless one. */
export function checkDeadlineMs(deadlineMs: number | null): number | undefined {
  if (deadlineMs === null || deadlineMs === Number.POSITIVE_INFINITY) return undefined;
  if (typeof deadlineMs === 'number' && deadlineMs >= 0) return deadlineMs;
  throw new TypeError(
    `option "deadlineMs" must be milliseconds from 0, or null for none, not "${deadlineMs}"`,
  );
}

/** The error of what its own caller has withdrawn. */
export function cancelledError(executed: 'no' | 'unknown' | 'yes', cause: unknown): TrunklineError {
  return new TrunklineError('CANCELLED', 'the caller withdrew', { executed, cause });
}

/** Calls back when the signal fires; gives the function that ends listening. */
export function onAbort(signal: AbortSignal | undefined, aborted: () => void): () => void {
  if (signal === undefined) return () => {};
  const waiting = WAITING.get(signal) ?? listen(signal);
  // A function of its own, since the same one may be given twice.
  const entry = (): void => aborted();
  waiting.calls.add(entry);
  return () => {
    if (!waiting.calls.delete(entry) || waiting.calls.size > 0) return;
    waiting.stop();
    WAITING.delete(signal);
  };
}

interface Waiting {
  readonly calls: Set<() => void>;
  stop(): void;
}

// One listener for each signal: Node warns of a leak where many calls share one.
const WAITING = new WeakMap<AbortSignal, Waiting>();

function listen(signal: AbortSignal): Waiting {
  const calls = new Set<() => void>();
  const aborted = (): void => {
    for (const call of calls) call();
  };
  signal.addEventListener('abort', aborted);
  const waiting = { calls, stop: () => signal.removeEventListener('abort', aborted) };
  WAITING.set(signal, waiting);
  return waiting;
}

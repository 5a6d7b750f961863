import type { Runtime, TrunklineError } from '@trunkline/protocol';

/** A source of items that was told to end and has not. */
export interface SourceLeak {
  /** `contract.procedure` of the stream that it was given to. */
  readonly procedure: string;
  /** Code of what has ended it. */
  readonly ended: string;
  /** How long ago that was, in milliseconds. */
  readonly forMs: number;
}

/** How sources that go on after their end are reported. */
export interface SourceLeakOptions {
  /** How long one may go on, in milliseconds; 5 s unless given. */
  readonly afterMs?: number;
  /** Told once of each; prints a line unless given. */
  readonly report?: (leak: SourceLeak) => void;
}

/** Watches a source that was ended just now; what it gives is called when the source has ended. */
export type WatchSource = (procedure: string, reason: TrunklineError) => () => void;

/** Makes what watches sources, for development; `undefined` where nobody wants it. */
export function watchSources(
  runtime: Runtime,
  options: true | SourceLeakOptions | undefined,
): WatchSource | undefined {
  if (options === undefined) return undefined;
  const { afterMs = 5_000, report = printLeak } = options === true ? {} : options;
  return (procedure, { code: ended }) => {
    const timer = runtime.startTimer(afterMs, () => report({ procedure, ended, forMs: afterMs }));
    return () => timer.cancel();
  };
}

/** What this file takes from its surroundings; it may be missing. */
interface Surroundings {
  console?: { warn(text: string): void };
}

function printLeak({ procedure, ended, forMs }: SourceLeak): void {
  const text =
    `trunkline: ${procedure}: the source of its items still runs ${forMs / 1_000} s after ` +
    `${ended}: give a function as items, and end it when its signal fires`;
  (globalThis as Surroundings).console?.warn(text);
}

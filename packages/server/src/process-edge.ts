import type { ServerFailure } from './failure.js';
import type { Leak } from './leak-watch.js';

/** Writes a failure to stderr, where a server without `onError` must not keep it to itself. */
export function printFailure({ error, where, id }: ServerFailure): void {
  const name = id === undefined ? where : `${where} (${id})`;
  process.stderr.write(`trunkline: ${name}: ${textOf(error)}\n`);
}

/** Writes to stderr what goes on after its end, and how to mend it. */
export function printLeak({ procedure, part, ended, forMs }: Leak): void {
  const what = part === 'handler' ? 'its handler' : 'a guard, interceptor or schema before it';
  const mend =
    part === 'handler' ? 'let it end when context.signal fires, and pass the signal on' : 'mend it';
  process.stderr.write(
    `trunkline: ${procedure}: ${what} still runs ${forMs / 1_000} s after ${ended}: ${mend}\n`,
  );
}

/** What is only a warning has no stack to look at. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'Warning') return `warning: ${error.message}`;
  const { cause, stack: text = error.message } = error;
  // What a handler threw says where, if it is told of in the framework's own words.
  return cause instanceof Error ? `${text}\n  caused by ${cause.stack ?? cause.message}` : text;
}

/** Calls back for each of these signals, which do not end the process then; gives the undoing. */
export function onSignals(
  signals: readonly NodeJS.Signals[],
  listener: (signal: NodeJS.Signals) => void,
): () => void {
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}

/** Ends the process. */
export function exitProcess(code: number): void {
  process.exit(code);
}

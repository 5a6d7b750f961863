import type { ServerFailure } from './failure.js';

/** Writes a failure to stderr, where a server without `onError` must not keep it to itself. */
export function printFailure({ error, where, id }: ServerFailure): void {
  const name = id === undefined ? where : `${where} (${id})`;
  process.stderr.write(`trunkline: ${name}: ${textOf(error)}\n`);
}

/** What is only a warning has no stack to look at. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === 'Warning' ? `warning: ${error.message}` : (error.stack ?? error.message);
}

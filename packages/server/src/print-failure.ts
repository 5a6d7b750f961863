import type { ServerFailure } from './failure.js';

/** Writes a failure to stderr, where a server without `onError` must not keep it to itself. */
export function printFailure({ error, where, id }: ServerFailure): void {
  const name = id === undefined ? where : `${where} (${id})`;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`trunkline: ${name}: ${text}\n`);
}

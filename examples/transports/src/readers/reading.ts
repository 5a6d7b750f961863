import type { Tick } from '../generated/ticker.client.js';
import type { Timing } from '../timing.js';
import type { TransportName } from '../transports.js';

/** What a reader is given, whatever its transport. */
export interface Reading {
  /** Where the server is, such as `http://localhost:8080`. */
  readonly base: string;
  /** Whose requests these are, so that the server counts them apart. */
  readonly run: string;
  /** The last tick that the reader has; `undefined` to begin with the next one. */
  readonly after: number | undefined;
  readonly timing: Timing;
  /** Takes what comes, as it comes. */
  readonly read: (tick: Tick) => void;
  /** Called when the transport works for the first time, and perhaps again. */
  readonly opened: () => void;
}

/** Starts to read over one transport; gives the function that ends it. */
export type StartReading = (reading: Reading) => () => void;

/** Gives the address at which a transport has the ticks after a number. */
export function addressOf(
  transport: TransportName,
  { base, run }: Reading,
  after: number | undefined,
): string {
  const address = new URL(`/ticks/${transport}`, base);
  if (after !== undefined) address.searchParams.set('after', String(after));
  address.searchParams.set('run', run);
  return address.href;
}

import type { Tick } from '../generated/ticker.client.js';

/** For browsers, which else let a request wait for an earlier one of the same address. */
const UNCACHED = { cache: 'no-store' } as const;

/** Asks for ticks once. Throws when there is no answer, or another one than ticks. */
export async function fetchTicks(address: string, signal: AbortSignal): Promise<readonly Tick[]> {
  const response = await fetch(address, { signal, ...UNCACHED });
  if (!response.ok) throw new Error(`the server answered with status "${response.status}"`);
  return (await response.json()) as readonly Tick[];
}

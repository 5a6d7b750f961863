import { TrunklineError, type Client } from '@trunkline/client';
import type { ProbeClient } from './generated/probe.client.js';

/** A client of the contract `probe`. */
export type Probe = Client<{ probe: typeof ProbeClient }>;

/** Prints one outcome. */
export function print(line: object): void {
  console.log(JSON.stringify(line));
}

/** Says an error as README.md says. */
export function failure(error: unknown): object {
  if (!(error instanceof TrunklineError)) throw error;
  const { code, executed, data } = error;
  return { error: { code, executed, ...(data === undefined ? {} : { data }) } };
}

/** Writes a part of `probe.kinds` as README.md says. */
export function inJson([name, part]: [string, unknown]): [string, unknown] {
  if (typeof part === 'bigint') return [name, String(part)];
  if (part instanceof Uint8Array) return [name, Buffer.from(part).toString('hex')];
  if (part instanceof Set || part instanceof Map) return [name, [...part]];
  if (part instanceof Date) return [name, part.toISOString()];
  return [name, part ?? null];
}

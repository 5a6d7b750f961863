import { TrunklineError, type InvalidInput } from '../trunkline-error.js';

/** A value, or why there is none. */
export type Decoded = { readonly value: unknown } | { readonly fault: string };

/** Why a value cannot be written, with the keys and indexes from the value down. */
export interface Fault {
  readonly fault: string;
  readonly path?: readonly (string | number)[];
}

/** Bytes, or why there are none. */
export type Encoded = { readonly bytes: Uint8Array } | Fault;

const MOST_PATH = 256;

/** Quotes a path for people: keys may have any letters, and any number of them. */
export function placeOf(path: readonly (string | number)[]): string {
  return path.length === 0
    ? 'the value itself'
    : JSON.stringify(path.join('.').slice(0, MOST_PATH));
}

/** Makes the error for a value that cannot be written, with the issue where its place is known. */
export function uncarried({ fault, path = [] }: Fault): TrunklineError<string, InvalidInput> {
  const data = { issues: [{ path, message: fault, code: 'not_carried' }] };
  return new TrunklineError('INVALID_INPUT', fault, { executed: 'no', data });
}

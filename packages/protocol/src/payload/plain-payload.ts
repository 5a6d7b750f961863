import { ENCODING, type Payload } from '../encoding.js';
import type { Decoded } from './fault.js';

const NOTHING: Payload = { encoding: ENCODING.NONE, bytes: new Uint8Array(0) };

/**
 * Turns nothing, or bytes alone, into a payload; `undefined` for any other value. Bytes are not
 * copied.
 */
export function encodePlain(value: unknown): Payload | undefined {
  if (value === undefined) return NOTHING;
  return value instanceof Uint8Array ? { encoding: ENCODING.BYTES, bytes: value } : undefined;
}

/** Reads a payload that is nothing or bytes alone; `undefined` for any other one. */
export function decodePlain({ encoding, bytes, isOwned }: Payload): Decoded | undefined {
  if (encoding === ENCODING.NONE) return { value: undefined };
  if (encoding !== ENCODING.BYTES) return undefined;
  // `slice` of a Buffer would be a view.
  return { value: isOwned ? bytes : new Uint8Array(bytes) };
}

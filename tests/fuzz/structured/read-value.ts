import { isDeepStrictEqual } from 'node:util';
import type { Decoded, Encoded } from '@trunkline/protocol';
import { findLive } from '../inert.js';

/** One form in which values travel. */
export interface Form {
  decode(bytes: Uint8Array): Decoded;
  encode(value: unknown): Encoded;
}

/** What a reader made of some bytes: a word for it. */
export interface ReadValue {
  readonly value: unknown;
  readonly fault: string | undefined;
  /** Whether it was written again and read as the same. */
  readonly isRewritten: boolean;
}

/**
 * Reads a payload, and throws when anything but inert data or a fault comes of it, when it is larger
 * than its bytes, or when it is not the same after it was written and read again.
 */
export function readValue(form: Form, bytes: Uint8Array): ReadValue {
  const decoded = form.decode(bytes);
  if ('fault' in decoded) {
    if (!/^[a-z]/.test(decoded.fault)) throw new Error('a fault without words');
    return { value: undefined, fault: decoded.fault, isRewritten: false };
  }
  const { value } = decoded;
  const live = findLive(value);
  if (live !== undefined) throw new Error(live);
  const weight = weigh(value);
  if (weight > 64 + 8 * bytes.length) throw new Error(`weighs ${weight} of ${bytes.length} bytes`);
  const encoded = form.encode(value);
  if ('fault' in encoded) return { value, fault: undefined, isRewritten: false };
  // What is written is of a buffer that is used again.
  const written = encoded.bytes.slice();
  const again = form.decode(written);
  if (!('value' in again) || !isDeepStrictEqual(again.value, value)) {
    throw new Error(`is another value when it is read again: ${hex(written)}`);
  }
  const more = form.encode(again.value);
  if (!('bytes' in more) || Buffer.compare(more.bytes, written) !== 0) {
    throw new Error(`is written in two ways: ${hex(written)}`);
  }
  return { value, fault: undefined, isRewritten: true };
}

/** Counts the parts of a value, the characters of its texts and the bytes of its binaries. */
function weigh(value: unknown): number {
  if (typeof value === 'string') return 1 + value.length;
  if (typeof value === 'bigint') return 1 + value.toString(16).length;
  if (typeof value !== 'object' || value === null) return 1;
  if (value instanceof Uint8Array) return 1 + value.length;
  if (value instanceof Map) return weighAll([...value].flat());
  if (value instanceof Set) return weighAll([...value]);
  return weighAll(Object.values(value));
}

function weighAll(values: readonly unknown[]): number {
  return values.reduce((sum: number, value) => sum + weigh(value), 1);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

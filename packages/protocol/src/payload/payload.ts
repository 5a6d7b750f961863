import type { DecodeLimits } from '../limits.js';
import { ENCODING, type Payload } from '../message.js';
import { TrunklineError } from '../trunkline-error.js';
import { decodeSuperjson, encodeSuperjson, type Decoded } from './superjson.js';

const NOTHING: Payload = { encoding: ENCODING.NONE, bytes: new Uint8Array(0) };

/**
 * Turns a value into a payload. Throws a TrunklineError `INVALID_INPUT`, executed no, that names
 * the path of what cannot be carried. Binary values are not copied: do not change them before they
 * are sent.
 */
export function encodePayload(value: unknown, limits: DecodeLimits): Payload {
  if (value === undefined) return NOTHING;
  if (value instanceof Uint8Array) return { encoding: ENCODING.BYTES, bytes: value };
  const encoded = encodeSuperjson(value, limits);
  if ('fault' in encoded) {
    throw new TrunklineError('INVALID_INPUT', encoded.fault, { executed: 'no' });
  }
  return { encoding: ENCODING.SUPERJSON, bytes: encoded.bytes };
}

/**
 * Turns an untrusted payload into a value, or says why not. Never throws; copies what it keeps
 * of bytes that are not owned.
 */
export function decodePayload(payload: Payload, limits: DecodeLimits): Decoded {
  switch (payload.encoding) {
    case ENCODING.NONE:
      return { value: undefined };
    case ENCODING.BYTES:
      // `slice` of a Buffer would be a view.
      return { value: payload.isOwned ? payload.bytes : new Uint8Array(payload.bytes) };
    case ENCODING.SUPERJSON:
      return decodeSuperjson(payload.bytes, limits);
    case ENCODING.PACKED:
      return { fault: 'it is packed, and its layout is not known here' };
  }
}

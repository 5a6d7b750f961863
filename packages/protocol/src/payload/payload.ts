import type { DecodeLimits } from '../limits.js';
import { ENCODING, type Payload } from '../encoding.js';
import { uncarried, type Decoded } from './fault.js';
import { decodePlain, encodePlain } from './plain-payload.js';
import { decodeSuperjson, encodeSuperjson } from './superjson.js';

/**
 * Turns a value into a payload. Throws a TrunklineError `INVALID_INPUT`, executed no, that names
 * the path of what cannot be carried. Binary values are not copied: do not change them before they
 * are sent.
 */
export function encodePayload(value: unknown, limits: DecodeLimits): Payload {
  const plain = encodePlain(value);
  if (plain !== undefined) return plain;
  const encoded = encodeSuperjson(value, limits);
  if ('fault' in encoded) throw uncarried(encoded);
  return { encoding: ENCODING.SUPERJSON, bytes: encoded.bytes };
}

/**
 * Turns an untrusted payload into a value, or says why not. Never throws; copies what it keeps
 * of bytes that are not owned.
 */
export function decodePayload(payload: Payload, limits: DecodeLimits): Decoded {
  if (payload.encoding === ENCODING.SUPERJSON) return decodeSuperjson(payload.bytes, limits);
  return decodePlain(payload) ?? { fault: 'it is packed, and its layout is not known here' };
}

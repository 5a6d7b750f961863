import type { Schema } from '@trunkline/contract';
import type { SchemaCodec } from '@trunkline/contract/codecs';
import { CLIENT_DECODE_LIMITS, ENCODING, TrunklineError, type Payload } from '@trunkline/protocol';
import { encodePayload } from '@trunkline/protocol/superjson';

/**
 * Writes a parsed value for a client, packed where there is a codec. Throws a TypeError for what
 * cannot be carried.
 */
export function encodeFor(codec: SchemaCodec<Schema> | undefined, value: unknown): Payload {
  if (codec !== undefined && codec.part !== 'bytes') {
    const encoded = codec.encode(value, CLIENT_DECODE_LIMITS);
    if ('bytes' in encoded) return { encoding: ENCODING.PACKED, bytes: encoded.bytes };
    throw new TypeError(encoded.fault);
  }
  // What is bytes alone is sent by reference, and a handler may fill its buffer again at once.
  const own = value instanceof Uint8Array ? new Uint8Array(value) : value;
  try {
    return encodePayload(own, CLIENT_DECODE_LIMITS);
  } catch (error) {
    // It was the server's value: the client is not told what was in it.
    throw error instanceof TrunklineError ? new TypeError(error.message, { cause: error }) : error;
  }
}

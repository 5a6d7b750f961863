import {
  CLIENT_DECODE_LIMITS,
  decodePayload,
  encodePayload,
  ENCODING,
  packValue,
  SERVER_DECODE_LIMITS,
  TrunklineError,
  unpackValue,
  WIRE_LIMITS,
  type Decoded,
  type Part,
  type Payload,
} from '@trunkline/protocol';

/** Bytes that a batch needs beside the payload of its one message: head, ids, extensions. */
const ENVELOPE_BYTES = 256;

/** The most bytes of a payload that one batch can carry, for a server that takes no chunks. */
export const MAX_PAYLOAD_BYTES = WIRE_LIMITS.batchBytes.value - ENVELOPE_BYTES;

/**
 * Turns a value of the user into a payload that is theirs no more, packed where its layout is
 * known. Throws a TrunklineError `INVALID_INPUT` that names the path of what cannot be carried.
 */
export function encodeValue(value: unknown, part: Part | undefined): Payload {
  if (part === undefined || (part === 'bytes' && value instanceof Uint8Array)) {
    return owned(encodePayload(value, SERVER_DECODE_LIMITS));
  }
  const encoded =
    part === 'bytes'
      ? { fault: 'cannot carry what is not a Uint8Array at the value itself' }
      : packValue(part.write, value, SERVER_DECODE_LIMITS);
  if ('bytes' in encoded) return { encoding: ENCODING.PACKED, bytes: encoded.bytes };
  throw new TrunklineError('INVALID_INPUT', encoded.fault, { executed: 'no' });
}

/** Turns a packed payload into the superjson of the same value, for a server of other layouts. */
export function asSuperjson(payload: Payload, part: Part | undefined): Payload {
  if (payload.encoding !== ENCODING.PACKED || part === undefined || part === 'bytes') {
    return payload;
  }
  const decoded = unpackValue(part.read, payload.bytes, SERVER_DECODE_LIMITS);
  // It was packed by this layout and within these limits.
  if ('fault' in decoded) throw new TypeError(decoded.fault);
  return encodePayload(decoded.value, SERVER_DECODE_LIMITS);
}

/** Plain binary is not copied by the encoder, and a buffer is often filled again at once. */
function owned(payload: Payload): Payload {
  if (payload.encoding !== ENCODING.BYTES) return payload;
  return { encoding: ENCODING.BYTES, bytes: new Uint8Array(payload.bytes) };
}

/** Gives the error of a payload that is over a limit. */
export function sizeError({ bytes }: Payload, maxBytes: number): TrunklineError | undefined {
  if (bytes.length <= maxBytes) return undefined;
  const message = `the value has ${bytes.length} bytes: at most ${maxBytes} can be sent`;
  return new TrunklineError('TOO_LARGE', message, { executed: 'no' });
}

/** Turns a payload of the server into a value, or says why not. */
export function decodeValue(payload: Payload, part: Part<'read'> | undefined): Decoded {
  if (payload.encoding !== ENCODING.PACKED) return decodePayload(payload, CLIENT_DECODE_LIMITS);
  if (part === undefined || part === 'bytes') return { fault: 'no layout was agreed for it' };
  return unpackValue(part.read, payload.bytes, CLIENT_DECODE_LIMITS);
}

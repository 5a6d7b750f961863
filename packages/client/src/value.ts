import {
  CLIENT_DECODE_LIMITS,
  decodePayload,
  encodePayload,
  ENCODING,
  SERVER_DECODE_LIMITS,
  TrunklineError,
  WIRE_LIMITS,
  type Decoded,
  type Payload,
} from '@trunkline/protocol';

/** Bytes that a batch needs beside the payload of its one message: head, ids, extensions. */
const ENVELOPE_BYTES = 256;

/** The most bytes of a payload that one batch can carry, for a server that takes no chunks. */
export const MAX_PAYLOAD_BYTES = WIRE_LIMITS.batchBytes.value - ENVELOPE_BYTES;

/**
 * Turns a value of the user into a payload that is theirs no more. Throws a TrunklineError
 * `INVALID_INPUT` for what cannot be carried, and `TOO_LARGE` above `maxBytes`.
 */
export function encodeValue(value: unknown, maxBytes = Number.MAX_SAFE_INTEGER): Payload {
  const payload = encodePayload(value, SERVER_DECODE_LIMITS);
  const tooLarge = sizeError(payload, maxBytes);
  if (tooLarge !== undefined) throw tooLarge;
  // Plain binary is not copied by the encoder, and a buffer is often filled again at once.
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
export function decodeValue(payload: Payload): Decoded {
  return decodePayload(payload, CLIENT_DECODE_LIMITS);
}

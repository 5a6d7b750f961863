import {
  CLIENT_DECODE_LIMITS,
  decodePlain,
  encodePlain,
  ENCODING,
  packValue,
  SERVER_DECODE_LIMITS,
  TrunklineError,
  uncarried,
  unpackValue,
  WIRE_DEFAULTS,
  type Decoded,
  type Part,
  type Payload,
} from '@trunkline/protocol';
import { Snapshot } from './snapshot.js';
import type { SuperjsonCode } from './superjson.js';

/** Bytes that a batch needs beside the payload of its one message: head, ids, extensions. */
const ENVELOPE_BYTES = 256;

/** The most bytes of a payload that one batch can carry, for a server that takes no chunks. */
export const MAX_PAYLOAD_BYTES = WIRE_DEFAULTS.batchBytes - ENVELOPE_BYTES;

/** A value of the user that is theirs no more. */
export type Unsent = Payload | Snapshot;

/**
 * Takes a value of the user, packed where its layout is known. Else it becomes superjson, or a copy
 * when the code for that is not loaded. Throws a TrunklineError `INVALID_INPUT` that names the path of
 * what cannot be carried.
 */
export function encodeValue(
  value: unknown,
  part: Part<'write'> | undefined,
  code: SuperjsonCode | undefined,
): Unsent {
  if (part === undefined || (part === 'bytes' && value instanceof Uint8Array)) {
    return (
      encodeUnpacked(value) ??
      code?.encodePayload(value, SERVER_DECODE_LIMITS) ??
      new Snapshot(value)
    );
  }
  const encoded =
    part === 'bytes'
      ? { fault: 'cannot carry what is not a Uint8Array at the value itself', path: [] }
      : packValue(part.write, value, SERVER_DECODE_LIMITS);
  if ('bytes' in encoded) return { encoding: ENCODING.PACKED, bytes: encoded.bytes };
  throw uncarried(encoded);
}

/** Whether a value must be written as superjson before a server that takes none packed gets it. */
export function needsSuperjson(value: Unsent): boolean {
  return value instanceof Snapshot || value.encoding === ENCODING.PACKED;
}

/**
 * Turns what was packed or copied into superjson, for a server of other layouts. Throws a
 * TrunklineError `INVALID_INPUT` for a copy that cannot be carried.
 */
export function asSuperjson(
  value: Unsent,
  part: Part | undefined,
  code: SuperjsonCode | undefined,
): Payload {
  if (!(value instanceof Snapshot) && value.encoding !== ENCODING.PACKED) return value;
  // Calls wait for it, and items for their call.
  if (code === undefined) throw new TypeError('the code for superjson is not loaded');
  return code.encodePayload(valueOf(value, part), SERVER_DECODE_LIMITS);
}

function valueOf(value: Unsent, part: Part | undefined): unknown {
  if (value instanceof Snapshot) return value.value;
  if (part === undefined || part === 'bytes') throw new TypeError('it was packed by no layout');
  const decoded = unpackValue(part.read, value.bytes, SERVER_DECODE_LIMITS);
  // It was packed by this layout and within these limits.
  if ('fault' in decoded) throw new TypeError(decoded.fault);
  return decoded.value;
}

/** Plain binary is not copied by the encoder, and a buffer is often filled again at once. */
function encodeUnpacked(value: unknown): Payload | undefined {
  return encodePlain(value instanceof Uint8Array ? new Uint8Array(value) : value);
}

/** Gives how many bytes a value has that waits, or about as many. */
export function sizeOf({ bytes }: Unsent): number {
  return typeof bytes === 'number' ? bytes : bytes.length;
}

/**
 * Gives the error of a payload that is over the limit of the server, or over the one that is named.
 * What has no bytes yet is measured later.
 */
export function sizeError(
  value: Unsent,
  maxBytes: number,
  limit = 'limit "valueInBytes" of the server',
): TrunklineError | undefined {
  if (value instanceof Snapshot) return undefined;
  const { bytes } = value;
  if (bytes.length <= maxBytes) return undefined;
  const message = `the value has ${bytes.length} bytes: at most ${maxBytes} can be sent, ${limit}`;
  return new TrunklineError('TOO_LARGE', message, { executed: 'no' });
}

/** Turns a payload of the server into a value, or says why not. */
export function decodeValue(
  payload: Payload,
  part: Part<'read'> | undefined,
  code: SuperjsonCode | undefined,
): Decoded {
  const plain = decodePlain(payload);
  if (plain !== undefined) return plain;
  if (payload.encoding === ENCODING.SUPERJSON) {
    const fault = 'the code for superjson could not be loaded in time';
    return code === undefined ? { fault } : code.decodePayload(payload, CLIENT_DECODE_LIMITS);
  }
  if (part === undefined || part === 'bytes') return { fault: 'no layout was agreed for it' };
  return unpackValue(part.read, payload.bytes, CLIENT_DECODE_LIMITS);
}

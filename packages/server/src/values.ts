import { validate, type Issues, type Schema } from '@trunkline/contract';
import { type Packed, type SchemaCodec } from '@trunkline/contract/codecs';
import {
  CLIENT_DECODE_LIMITS,
  ENCODING,
  type TrunklineError,
  type DecodeLimits,
  type Executed,
  type Payload,
} from '@trunkline/protocol';
import { decodePayload } from '@trunkline/protocol/superjson';
import { chain, isPromise } from './chain.js';
import { encodeFor } from './encode-for.js';
import { ownError } from './failure.js';
import { firstIssue } from './first-issue.js';

/** A place of a procedure: its schema, and its codec where the client has the same layout. */
export interface Position {
  readonly schema: Schema | undefined;
  readonly codec: SchemaCodec<Schema> | undefined;
}

/** Reads a client's payload: structure only, no schema yet. Throws INVALID_INPUT. */
export function readValue(
  payload: Payload,
  limits: DecodeLimits,
  codec?: SchemaCodec<Schema>,
): unknown {
  const decoded =
    payload.encoding === ENCODING.PACKED && codec !== undefined
      ? codec.decode(payload.bytes, limits)
      : decodePayload(payload, limits);
  if ('fault' in decoded) throw malformed(decoded.fault, 'no');
  return decoded.value;
}

/** Reads the input of a call without its schema, which parses it later. Throws INVALID_INPUT. */
export function readStructure(
  payload: Payload,
  limits: DecodeLimits,
  codec: SchemaCodec<Schema> | undefined,
): unknown {
  return readValue(payload, limits, codec?.part === 'bytes' ? undefined : codec);
}

/** Parses what a client gave. Throws, or rejects with, INVALID_INPUT and the issues. */
export function parseInput(schema: Schema | undefined, value: unknown): unknown {
  if (schema === undefined) {
    if (value === undefined) return undefined;
    throw ownError('INVALID_INPUT', 'no input is expected', { executed: 'no' });
  }
  return parse(schema, value, 'no');
}

/** Reads and parses the input of a call. Throws, or rejects with, INVALID_INPUT. */
export function readInput(
  { schema, codec }: Position,
  payload: Payload,
  limits: DecodeLimits,
): unknown {
  if (payload.encoding === ENCODING.PACKED && codec !== undefined && codec.part !== 'bytes') {
    return unpack(codec, payload.bytes, { limits, executed: 'no' });
  }
  return parseInput(schema, readValue(payload, limits));
}

/** Reads and parses an item of a caller, whose handler runs. Fails as `readInput` does. */
export function readItem(
  { schema, codec }: Position,
  item: Payload,
  limits: DecodeLimits,
): unknown {
  if (item.encoding === ENCODING.PACKED && codec !== undefined && codec.part !== 'bytes') {
    return unpack(codec, item.bytes, { limits, executed: 'yes' });
  }
  const decoded = decodePayload(item, limits);
  if ('fault' in decoded) throw malformed(decoded.fault, 'yes');
  return parse(schema as Schema, decoded.value, 'yes');
}

function unpack(
  codec: SchemaCodec<Schema>,
  bytes: Uint8Array,
  { limits, executed }: { readonly limits: DecodeLimits; readonly executed: Executed },
): unknown {
  const unpacked = codec.parse(bytes, limits);
  if (isPromise(unpacked)) return unpacked.then((late) => unpackedValue(late, executed));
  return unpackedValue(unpacked, executed);
}

type Unpacked = Awaited<ReturnType<SchemaCodec<Schema>['parse']>>;

function unpackedValue(unpacked: Unpacked, executed: Executed): unknown {
  if (unpacked.ok) return unpacked.value;
  if ('fault' in unpacked) throw malformed(unpacked.fault, executed);
  throw misfit(whatIs(executed), unpacked, executed);
}

function parse(schema: Schema, value: unknown, executed: Executed): unknown {
  return chain(validate(schema, value), (parsed) => {
    if (parsed.ok) return parsed.value;
    throw misfit(whatIs(executed), parsed, executed);
  });
}

/** An input is refused before its handler runs, an item while it does. */
function whatIs(executed: Executed): string {
  return executed === 'no' ? 'input' : 'item';
}

function malformed(fault: string, executed: Executed): TrunklineError {
  return ownError('INVALID_INPUT', `malformed payload: ${fault}`, { executed });
}

/** Makes the error for what does not fit its schema. */
export function misfit(
  what: string,
  { issues, truncated }: Issues,
  executed: Executed = 'no',
): TrunklineError {
  return ownError('INVALID_INPUT', `the ${what} does not fit its schema${firstIssue(issues)}`, {
    data: truncated ? { issues, truncated } : { issues },
    executed,
  });
}

/**
 * Parses what a handler gave and writes it for the client, packed where the client has the layout.
 * Throws, or rejects with, TOO_LARGE, and a TypeError for what does not fit or cannot be carried:
 * that is the server's own fault.
 */
export function writeOutput(
  { schema, codec }: Position,
  value: unknown,
  maxBytes: number,
): Payload | Promise<Payload> {
  if (schema === undefined) return NOTHING;
  const written =
    codec === undefined || codec.part === 'bytes'
      ? chain(validate(schema, value), encodePlain)
      : chain(codec.serialize(value, CLIENT_DECODE_LIMITS), packedPayload);
  return chain(written, (payload) => bounded(payload, maxBytes));
}

const NOTHING: Payload = { encoding: ENCODING.NONE, bytes: new Uint8Array(0) };

function packedPayload(packed: Packed): Payload {
  if ('bytes' in packed) return { encoding: ENCODING.PACKED, bytes: packed.bytes };
  throw 'fault' in packed ? new TypeError(packed.fault) : unfit(packed.issues);
}

function encodePlain(parsed: Awaited<ReturnType<typeof validate>>): Payload {
  if (!parsed.ok) throw unfit(parsed.issues);
  return encodeFor(undefined, parsed.value);
}

function unfit(issues: Issues['issues']): TypeError {
  return new TypeError(`the handler's value does not fit its schema${firstIssue(issues)}`);
}

/** Gives a payload that a client takes. Throws TOO_LARGE, executed yes, for a larger one. */
export function bounded(payload: Payload, maxBytes: number): Payload {
  if (payload.bytes.length <= maxBytes) return payload;
  const { length } = payload.bytes;
  const text = `the value has ${length} bytes: at most ${maxBytes} are sent, limit "valueOutBytes" or "maxOutputBytes"`;
  throw ownError('TOO_LARGE', text, { executed: 'yes' });
}

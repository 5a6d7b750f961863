import { validate, type ClientCallDefinition, type Schema } from '@trunkline/contract';
import type { ClientCallCodecs, SchemaCodec } from '@trunkline/contract/codecs';
import {
  CLIENT_DECODE_LIMITS,
  ENCODING,
  isErrorCode,
  type DecodeLimits,
  type ErrorMessage,
  type Executed,
  type Payload,
  type TrunklineError,
} from '@trunkline/protocol';
import { decodePayload } from '@trunkline/protocol/superjson';
import { chain } from '../chain.js';
import { encodeFor } from '../encode-for.js';
import { localError } from '../failure.js';

/** A call that a client answers, by its name on the wire. */
export interface CalledProcedure {
  /** `contract.procedure`. */
  readonly name: string;
  readonly definition: ClientCallDefinition;
}

const NOTHING: Payload = { encoding: ENCODING.NONE, bytes: new Uint8Array(0) };

/**
 * Parses and writes the input of a call, packed where there are codecs. Throws, or rejects with, an
 * INVALID_INPUT that never crosses: the value is the server's own.
 */
export function writeInput(
  { name, definition: { input: schema } }: CalledProcedure,
  codec: SchemaCodec<Schema> | undefined,
  value: unknown,
): Payload | Promise<Payload> {
  if (schema === undefined) {
    if (value === undefined) return NOTHING;
    throw localError('INVALID_INPUT', `"${name}" takes no input`, { executed: 'no' });
  }
  if (codec !== undefined && codec.part !== 'bytes') {
    return chain(codec.serialize(value, CLIENT_DECODE_LIMITS), (packed) => {
      if ('bytes' in packed) return { encoding: ENCODING.PACKED, bytes: packed.bytes };
      throw unfit(name, 'fault' in packed ? { fault: packed.fault } : packed);
    });
  }
  return chain(validate(schema, value), (parsed) => {
    if (!parsed.ok) throw unfit(name, parsed);
    try {
      return encodeFor(undefined, parsed.value);
    } catch (error) {
      throw unfit(name, { fault: (error as Error).message });
    }
  });
}

/** Writes what was packed in the form that every client reads. */
export function asSuperjson(payload: Payload, codec: SchemaCodec<Schema> | undefined): Payload {
  if (payload.encoding !== ENCODING.PACKED || codec === undefined) return payload;
  const decoded = codec.decode(payload.bytes, CLIENT_DECODE_LIMITS);
  // It was packed by this codec and within these limits.
  if ('fault' in decoded) throw new TypeError(decoded.fault);
  return encodeFor(undefined, decoded.value);
}

/** How the answers of a client are read. */
export interface ReadingTerms {
  readonly codecs: ClientCallCodecs | undefined;
  readonly limits: DecodeLimits;
}

/** Reads and parses what a client answered. Throws, or rejects, when it does not fit. */
export function readOutput(
  { name, definition }: CalledProcedure,
  payload: Payload,
  { codecs, limits }: ReadingTerms,
): unknown {
  if (definition.output === undefined) return undefined;
  const terms = { schema: definition.output, codec: codecs?.output, limits };
  return parseAnswer(payload, terms, (fault) => foreignFault(`the output of "${name}"`, fault));
}

/** Turns the ERROR of a client into an error that no other client is told of. */
export function readError(
  { name, definition }: CalledProcedure,
  message: ErrorMessage,
  { codecs, limits }: ReadingTerms,
): TrunklineError | Promise<TrunklineError> {
  const { code, executed, retryAfterMs } = message;
  const options = { executed, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  const errors = definition.errors;
  const schema = isErrorCode(code) || !Object.hasOwn(errors, code) ? undefined : errors[code];
  if (schema === undefined) return localError(code, message.message, options);
  const terms = { schema, codec: codecs?.errors[code], limits };
  const misfit = (fault: string): TrunklineError =>
    foreignFault(`the data of "${code}" of "${name}"`, fault, executed);
  try {
    const data = parseAnswer(message, terms, misfit);
    return chain(data, (value) => localError(code, message.message, { ...options, data: value }));
  } catch (error) {
    return error as TrunklineError;
  }
}

interface AnswerTerms {
  readonly schema: Schema;
  readonly codec: SchemaCodec<Schema> | undefined;
  readonly limits: DecodeLimits;
}

/** Whatever comes of a client is parsed as an input is. */
function parseAnswer(
  { encoding, bytes }: Payload,
  { schema, codec, limits }: AnswerTerms,
  misfit: (fault: string) => TrunklineError,
): unknown {
  if (encoding === ENCODING.PACKED) {
    if (codec === undefined) throw misfit('it is packed by no layout that was agreed');
    return chain(codec.parse(bytes, limits), (unpacked) => {
      if (unpacked.ok) return unpacked.value;
      throw misfit('fault' in unpacked ? unpacked.fault : firstOf(unpacked.issues));
    });
  }
  const decoded = decodePayload({ encoding, bytes }, limits);
  if ('fault' in decoded) throw misfit(decoded.fault);
  return chain(validate(schema, decoded.value), (parsed) => {
    if (parsed.ok) return parsed.value;
    throw misfit(firstOf(parsed.issues));
  });
}

function foreignFault(what: string, fault: string, executed: Executed = 'yes'): TrunklineError {
  return localError('INTERNAL', `${what}, as the client gave it, does not fit: ${fault}`, {
    executed,
  });
}

type Unfit = { readonly fault: string } | { readonly issues: readonly Issue[] };
type Issue = { readonly path: readonly (string | number)[]; readonly message: string };

function unfit(name: string, given: Unfit): TrunklineError {
  const fault = 'fault' in given ? given.fault : firstOf(given.issues);
  const data = 'issues' in given ? { issues: given.issues } : undefined;
  return localError('INVALID_INPUT', `the input of "${name}" does not fit: ${fault}`, {
    data,
    executed: 'no',
  });
}

/** Names the place and the fault of the first issue. */
function firstOf(issues: readonly Issue[]): string {
  const [first] = issues;
  return first === undefined ? 'its schema' : `at "${first.path.join('.')}": ${first.message}`;
}

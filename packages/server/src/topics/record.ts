import { validate, type TopicDefinition, type Validation } from '@trunkline/contract';
import { topicCodecs, type Packed } from '@trunkline/contract/codecs';
import {
  CLIENT_DECODE_LIMITS,
  ENCODING,
  NO_LAYOUT,
  uncarried,
  WIRE_DEFAULTS,
  type BrokerRecord,
  type KeepPolicy,
  type Payload,
  type PublishId,
} from '@trunkline/protocol';
import { encodePayload } from '@trunkline/protocol/superjson';
import { chain } from '../chain.js';
import { ownError } from '../failure.js';
import type { ServerLimits } from '../limits/limits.js';
import { misfit } from '../values.js';

/** What a MESSAGE adds to its payload at most, its batch's head included. */
const ENVELOPE_BYTES = 64;
/** The most bytes of a topic message: it travels in one batch. */
export const MAX_RECORD_BYTES = WIRE_DEFAULTS.batchBytes - ENVELOPE_BYTES;

/**
 * Parses a topic message and encodes it for all of its subscribers. Ready at once, unless the schema
 * waits for something. Throws or rejects with `INVALID_INPUT` and the issues, or with `TOO_LARGE`.
 */
export function prepareRecord(
  definition: TopicDefinition,
  message: unknown,
  publishId: PublishId | undefined,
): BrokerRecord | Promise<BrokerRecord> {
  const { receive, message: codec } = topicCodecs(definition);
  if (codec.part === 'bytes') {
    const parsed = validate(definition.message, message);
    return chain(parsed, (value) => recordOf(plainPayload(value), NO_LAYOUT, publishId));
  }
  const packed = codec.serialize(message, CLIENT_DECODE_LIMITS);
  if (packed instanceof Promise) {
    return packed.then((value) => recordOf(packedPayload(value), receive, publishId));
  }
  return recordOf(packedPayload(packed), receive, publishId);
}

function plainPayload(parsed: Validation<unknown>): Payload {
  if (!parsed.ok) throw misfit('topic message', parsed);
  return encodePayload(parsed.value, CLIENT_DECODE_LIMITS);
}

function packedPayload(packed: Packed): Payload {
  if ('bytes' in packed) return { encoding: ENCODING.PACKED, bytes: packed.bytes };
  if ('issues' in packed) throw misfit('topic message', packed);
  throw uncarried(packed);
}

function recordOf(
  { encoding, bytes }: Payload,
  layoutHash: string,
  publishId: PublishId | undefined,
): BrokerRecord {
  if (bytes.length <= MAX_RECORD_BYTES) return { publishId, encoding, layoutHash, bytes };
  throw ownError(
    'TOO_LARGE',
    `the topic message has ${bytes.length} bytes; allowed are ${MAX_RECORD_BYTES}, what fits in one batch`,
    { executed: 'no' },
  );
}

/** Gives what is kept of a topic: what its contract says, and the server's limits for the rest. */
export function keepOf(
  { keep }: TopicDefinition,
  limits: Pick<ServerLimits, 'keepCount' | 'keepAgeMs' | 'keepBytes'>,
): KeepPolicy | undefined {
  if (keep === undefined) return undefined;
  return {
    count: keep.count ?? limits.keepCount,
    ageMs: keep.ageMs ?? limits.keepAgeMs,
    bytes: keep.bytes ?? limits.keepBytes,
  };
}

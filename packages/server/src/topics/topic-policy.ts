import type { TopicDefinition } from '@trunkline/contract';
import { deliveryOf, topicCodecs } from '@trunkline/contract/codecs';
import { CLIENT_DECODE_LIMITS, ENCODING, type BrokerRecord } from '@trunkline/protocol';
import { decodePayload } from '@trunkline/protocol/superjson';
import type { KeyOf } from './latest-records.js';

/** How the records of a topic reach its subscribers on this node. */
export interface TopicPolicy {
  /** What becomes of a subscriber that is too slow. */
  readonly slow: 'gap' | 'conflate' | 'close';
  /** Gives the keys of records, where they have any. */
  readonly keyOf: KeyOf | undefined;
  /** There where only the newest of each key is delivered. */
  readonly latest: { readonly intervalMs: number | undefined } | undefined;
}

/** Every record is delivered, and what a slow subscriber misses is reported. */
export const EVERY_RECORD: TopicPolicy = { slow: 'gap', keyOf: undefined, latest: undefined };

/** Gives how a topic of a contract is delivered. */
export function policyOf(definition: TopicDefinition): TopicPolicy {
  const { key, isLatest, maxPerSecond, slow } = deliveryOf(definition);
  if (key === undefined) return slow === 'gap' ? EVERY_RECORD : { ...EVERY_RECORD, slow };
  const intervalMs = maxPerSecond === undefined ? undefined : 1_000 / maxPerSecond;
  const latest = isLatest ? { intervalMs } : undefined;
  return { slow, keyOf: keyOf(definition, key), latest };
}

function keyOf(definition: TopicDefinition, fields: readonly string[]): KeyOf {
  if (fields.length === 0) return () => '';
  return (record) => {
    const message = messageIn(definition, record);
    if (message === undefined) return undefined;
    return JSON.stringify(fields.map((field) => keyPart(message[field])));
  };
}

/** Numbers and texts of the same look are not the same. */
function keyPart(value: unknown): unknown {
  if (typeof value === 'bigint') return { bigint: String(value) };
  return value === undefined ? {} : value;
}

/** What a record says; `undefined` where it is packed in a way not known here. */
function messageIn(
  definition: TopicDefinition,
  { encoding, layoutHash, bytes }: BrokerRecord,
): Readonly<Record<string, unknown>> | undefined {
  const { receive, message } = topicCodecs(definition);
  const isPacked = encoding === ENCODING.PACKED;
  if (isPacked && layoutHash !== receive) return undefined;
  const decoded = isPacked
    ? message.decode(bytes, CLIENT_DECODE_LIMITS)
    : decodePayload({ encoding, bytes }, CLIENT_DECODE_LIMITS);
  if ('fault' in decoded || typeof decoded.value !== 'object') return undefined;
  return (decoded.value ?? undefined) as Readonly<Record<string, unknown>> | undefined;
}

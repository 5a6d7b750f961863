import type { TopicDefinition } from '@trunkline/contract';
import { topicCodecs } from '@trunkline/contract/codecs';
import {
  CLIENT_DECODE_LIMITS,
  ENCODING,
  NO_LAYOUT,
  type BrokerRecord,
  type Payload,
} from '@trunkline/protocol';
import { encodePayload } from '@trunkline/protocol/superjson';
import { MAX_RECORD_BYTES } from './record.js';

/** How records go out to those who subscribe alike. */
export interface RecordForm {
  /** Tells forms of one topic apart. */
  readonly name: 'packed' | 'plain';
  /** Gives the payload of a record; `undefined` when it is packed in a way not known here. */
  payloadOf(record: BrokerRecord): Payload | undefined;
}

/** Chooses the form for a subscriber who has the layout with this hash. */
export function formOf(definition: TopicDefinition, payloadHash: string): RecordForm {
  const isPacked = payloadHash !== NO_LAYOUT && topicCodecs(definition).receive === payloadHash;
  return isPacked ? packedForm(payloadHash) : plainForm(definition);
}

function packedForm(hash: string): RecordForm {
  const isReadable = ({ encoding, layoutHash }: BrokerRecord): boolean =>
    encoding !== ENCODING.PACKED || layoutHash === hash;
  return { name: 'packed', payloadOf: (record) => (isReadable(record) ? record : undefined) };
}

function plainForm(definition: TopicDefinition): RecordForm {
  return {
    name: 'plain',
    payloadOf: (record) => {
      if (record.encoding !== ENCODING.PACKED) return record;
      const { receive, message } = topicCodecs(definition);
      if (record.layoutHash !== receive) return undefined;
      const decoded = message.decode(record.bytes, CLIENT_DECODE_LIMITS);
      return 'fault' in decoded ? undefined : plainPayload(decoded.value);
    },
  };
}

/** Superjson has more limits, and more bytes: what it cannot carry is a gap for who reads it. */
function plainPayload(value: unknown): Payload | undefined {
  try {
    const payload = encodePayload(value, CLIENT_DECODE_LIMITS);
    return payload.bytes.length <= MAX_RECORD_BYTES ? payload : undefined;
  } catch {
    return undefined;
  }
}

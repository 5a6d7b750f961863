import type { Payload, PlacedRecord, TopicMessage } from '@trunkline/protocol';
import { MAX_RECORD_BYTES } from './record.js';

/** Gives a record as the message that its subscribers get, with the payload in their form. */
export function messageOf(
  topic: number,
  record: PlacedRecord,
  { encoding, bytes }: Payload,
): TopicMessage {
  return {
    kind: 'MESSAGE',
    topic,
    offset: record.offset,
    skipped: record.offset - record.previous - 1,
    encoding,
    bytes,
  };
}

/** Adds where its publish stands in a trace, if that is known and there is room for it. */
export function tracedMessage(message: TopicMessage, { trace }: PlacedRecord): TopicMessage {
  const hasRoom = message.bytes.length <= MAX_RECORD_BYTES - MAX_TRACE_BYTES;
  return trace !== undefined && hasRoom ? { ...message, ...trace } : message;
}

/** What both tags of a trace have at most, with the head of the ext. */
const MAX_TRACE_BYTES = 600;

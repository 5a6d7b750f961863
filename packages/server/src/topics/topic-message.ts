import type { PlacedRecord, TopicMessage } from '@trunkline/protocol';

/** Gives a record as the message that its subscribers get. */
export function messageOf(topic: number, record: PlacedRecord): TopicMessage {
  return {
    kind: 'MESSAGE',
    topic,
    offset: record.offset,
    skipped: record.offset - record.previous - 1,
    encoding: record.encoding,
    bytes: record.bytes,
  };
}

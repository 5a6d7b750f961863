import type { Payload, PlacedRecord, TopicMessage } from '@trunkline/protocol';

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

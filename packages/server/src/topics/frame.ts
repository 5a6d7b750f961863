import { encodeBatch, Writer, type PlacedRecord } from '@trunkline/protocol';

/** One for all frames: what it gives away it does not write again. */
const writer = new Writer();

/** Writes a topic message as a batch of its own: the same bytes for every subscriber. */
export function frameOf(topic: number, record: PlacedRecord): Uint8Array {
  return encodeBatch(writer, {}, [
    {
      kind: 'MESSAGE',
      topic,
      offset: record.offset,
      skipped: record.offset - record.previous - 1,
      encoding: record.encoding,
      bytes: record.bytes,
    },
  ]);
}

import { encodeBatch, Writer } from '@trunkline/protocol';
import type { PlacedRecord } from '../broker.js';

/** Writes a topic message as a batch of its own: the same bytes for every subscriber. */
export function frameOf(topic: number, record: PlacedRecord): Uint8Array {
  return encodeBatch(new Writer(), {}, [
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

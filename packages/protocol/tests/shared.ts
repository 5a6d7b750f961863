import type { TopicMessage } from '../src/message.js';
import { SharedBatch } from '../src/session/shared-batch.js';

/** A topic message. */
export const NEWS: TopicMessage = {
  kind: 'MESSAGE',
  topic: 1,
  offset: 1,
  skipped: 0,
  encoding: 3,
  bytes: Uint8Array.of(1),
};

/** Makes a shared batch of messages. */
export function shared(...messages: TopicMessage[]): SharedBatch {
  const batch = new SharedBatch();
  for (const message of messages) batch.add(message);
  return batch;
}

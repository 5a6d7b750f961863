import type { Message } from '../src/message.js';
import { SharedBatch } from '../src/session/shared-batch.js';

/** Makes a shared batch of messages. */
export function shared(...messages: Message[]): SharedBatch {
  const batch = new SharedBatch();
  for (const message of messages) batch.add(message);
  return batch;
}

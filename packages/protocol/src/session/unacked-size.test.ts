import { expect, test } from 'vitest';
import { encodeBatch } from '../full-codec.js';
import { Writer } from '../bytes/writer.js';
import { WIRE_DEFAULTS } from '../limit-values.js';
import type { Message } from '../message.js';
import { Unacked } from './unacked.js';

test('sends no batch again that is larger than a peer takes', () => {
  const unacked = new Unacked();
  for (let id = 0; id < 512; id += 2) {
    const message: Message = {
      kind: 'ERROR',
      id,
      code: 'UNAVAILABLE',
      message: 'x'.repeat(1_024),
      executed: 'yes',
      encoding: 0,
      bytes: new Uint8Array(0),
    };
    unacked.push(message);
  }
  const { batchCloseBytes: bytes, batchBytes } = WIRE_DEFAULTS;
  const messages = unacked.from(0, { bytes, bulkBytes: 0, chunks: 0 });
  const batch = encodeBatch(new Writer(), { seq: 1 }, messages);
  expect(batch.length).toBeLessThan(batchBytes);
});

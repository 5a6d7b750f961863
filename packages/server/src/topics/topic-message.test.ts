import { ENCODING, SharedBatch, WIRE_DEFAULTS, type PlacedRecord } from '@trunkline/protocol';
import { expect, it } from 'vitest';
import { MAX_RECORD_BYTES } from './record.js';
import { messageOf, tracedMessage } from './topic-message.js';

const TRACE = { traceParent: 'p'.repeat(64), traceState: 's'.repeat(512) };

function recordOf(bytes: number): PlacedRecord {
  return {
    publishId: undefined,
    encoding: ENCODING.BYTES,
    layoutHash: '0'.repeat(16),
    bytes: new Uint8Array(bytes),
    epoch: '00000000000000aa',
    offset: Number.MAX_SAFE_INTEGER,
    previous: 0,
  };
}

it('tells of the trace of a publish, and of none where nobody traced it', () => {
  const record = recordOf(3);
  const message = messageOf(7, record, record);
  expect(tracedMessage(message, { ...record, trace: TRACE })).toEqual({ ...message, ...TRACE });
  expect(tracedMessage(message, record)).toBe(message);
});

it('leaves the trace out of what would not fit into a batch with it', () => {
  const traced = [0, 1, 599, 600, 601].map((rest) => {
    const record = { ...recordOf(MAX_RECORD_BYTES - rest), trace: TRACE };
    const message = tracedMessage(messageOf(2 ** 32, record, record), record);
    const batch = new SharedBatch();
    batch.add(message);
    expect(batch.size).toBeLessThanOrEqual(WIRE_DEFAULTS.batchBytes);
    batch.seal();
    return message.traceParent !== undefined;
  });
  expect(traced).toEqual([false, false, false, true, true]);
});

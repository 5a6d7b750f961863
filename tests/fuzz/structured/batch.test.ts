import { describe, expect, it } from 'vitest';
import { KINDS } from '@trunkline/protocol';
import { batchTarget } from './batch-target.js';
import { expectAll, fuzz, FUZZ_TIMEOUT_MS } from './fuzz-options.js';

const BROKEN = [
  'TRUNCATED',
  'TRAILING',
  'BAD_HEAD',
  'EMPTY_BATCH',
  'BAD_VARINT',
  'BAD_TEXT',
  'BAD_FIELD',
  'BAD_FLAGS',
  'BAD_EXT',
  'UNKNOWN_KIND',
  'BAD_OFFSET',
];

describe('readBatch', { timeout: FUZZ_TIMEOUT_MS }, () => {
  it('makes an inert batch or a violation of what is almost a batch', () => {
    const { accepted, refused, acceptedCount, refusedCount } = fuzz(batchTarget, 0.4);
    expect(Math.min(acceptedCount, refusedCount)).toBeGreaterThan(0);
    expectAll(accepted, [...Object.keys(KINDS), 'SKIPPED', 'acknowledgement']);
    expectAll(refused, BROKEN);
  });
});

import { describe, expect, it } from 'vitest';
import { chunkTarget } from './chunk-target.js';
import { expectAll, fuzz, FUZZ_TIMEOUT_MS } from './fuzz-options.js';

describe('chunks', { timeout: FUZZ_TIMEOUT_MS }, () => {
  it('make what their message is in one piece, or a violation', () => {
    const { accepted, refused, acceptedCount, refusedCount } = fuzz(chunkTarget, 0.1);
    expect(Math.min(acceptedCount, refusedCount)).toBeGreaterThan(0);
    expectAll(accepted, ['CALL', 'RESULT', 'ERROR', 'ITEM', 'END', 'REFUSED CANCELLED']);
    expectAll(refused, ['BAD_CHUNK', 'TRUNCATED']);
  });
});

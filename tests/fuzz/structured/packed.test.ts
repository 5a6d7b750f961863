import { describe, expect, it } from 'vitest';
import { expectAll, fuzz, FUZZ_TIMEOUT_MS } from './fuzz-options.js';
import { PackedTarget } from './value-targets.js';

const KINDS = [
  'null',
  'undefined',
  'boolean',
  'number',
  'string',
  'bigint',
  'Date',
  'URL',
  'Uint8Array',
  'Array',
  'Object',
  'Map',
  'Set',
];

describe('packed codecs', { timeout: FUZZ_TIMEOUT_MS }, () => {
  it('make an inert value or a fault of what is almost of their layout', () => {
    const { accepted, refused, acceptedCount, refusedCount } = fuzz(new PackedTarget(), 0.25);
    expect(Math.min(acceptedCount, refusedCount)).toBeGreaterThan(0);
    expectAll(accepted, KINDS);
    expectAll(refused, ['truncated', 'bad key', 'a key twice', 'cut text', 'trailing bytes']);
  });
});

import { describe, expect, it } from 'vitest';
import { expectAll, fuzz, FUZZ_TIMEOUT_MS } from './fuzz-options.js';
import { superjsonTarget } from './value-targets.js';

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

describe('decodeSuperjson', { timeout: FUZZ_TIMEOUT_MS }, () => {
  it('makes an inert value or a fault of what is almost a document', () => {
    const { accepted, refused, acceptedCount, refusedCount } = fuzz(superjsonTarget, 0.25);
    expect(Math.min(acceptedCount, refusedCount)).toBeGreaterThan(0);
    expectAll(accepted, KINDS);
    expectAll(refused, ['a key that is refused', 'a path to nowhere', 'malformed payload']);
  });
});

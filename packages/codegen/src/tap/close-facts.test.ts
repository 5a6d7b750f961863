import { describe, expect, it } from 'vitest';
import { isQuiet } from './close-facts.js';

describe('isQuiet', () => {
  it.each([1000, 1001, 1005, 4412])('takes %i for an end that is no trouble', (code) => {
    expect(isQuiet(code)).toBe(true);
  });

  it.each([1006, 1009, 4400, 4401, 4408, 4429, 4503, 4508])('takes %i for a trouble', (code) => {
    expect(isQuiet(code)).toBe(false);
  });
});

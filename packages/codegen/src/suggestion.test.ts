import { describe, expect, it } from 'vitest';
import { suggestion } from './suggestion.js';

describe('suggestion', () => {
  const words = ['contracts', 'server', 'client'];

  it('finds a word with a wrong, missing, added or swapped letter', () => {
    expect(suggestion('contract', words)).toBe('contracts');
    expect(suggestion('servers', words)).toBe('server');
    expect(suggestion('cleint', words)).toBe('client');
    expect(suggestion('Sarver', words)).toBe('server');
  });

  it('finds nothing in a word that is far from all', () => {
    expect(suggestion('watch', words)).toBeUndefined();
    expect(suggestion('', words)).toBeUndefined();
  });
});

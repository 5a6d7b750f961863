import { describe, expect, it } from 'vitest';
import { pieceOf } from './read-run.js';

describe('pieceOf', () => {
  it.each([
    ['a short run', 'abcdefghijklmnopqrstuvwxyz'],
    ['a large run', 'abcdefghijklmnopqrstuvwxyz'.repeat(1_000)],
    ['a large run beyond ASCII', 'ä😀bcdefghijklmnopqrstuvwxyz€'.repeat(1_000)],
  ])('gives the texts of %s as they are', (_what, run) => {
    for (const [from, to] of [
      [0, 0],
      [0, 12],
      [3, 26],
      [5, run.length],
      [0, run.length],
    ] as const) {
      expect(pieceOf(run, from, to)).toBe(run.slice(from, to));
    }
  });
});

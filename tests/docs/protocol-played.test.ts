import { describe, expect, it } from 'vitest';
import { readPlayed, readReactions } from './reactions.js';

const PLAYED = readPlayed();

describe('each reaction of PROTOCOL.md', () => {
  it.each(readReactions())('of $title is played by a test, when $when', ({ title, when }) => {
    const plays = PLAYED.filter((one) => one.title === title && one.when.test(when));
    expect(plays).not.toEqual([]);
  });
});

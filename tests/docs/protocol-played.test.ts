import { describe, expect, it } from 'vitest';
import { readPlayed, readReactions } from './reactions.js';

const PLAYED = readPlayed();

/** Both of our peers set these features, so that nobody of ours can be sent what it did not set. */
const NOT_OURS = ['it did not set GOAWAY', 'it did not set CHUNK'];

describe('each reaction of PROTOCOL.md', () => {
  it.each(readReactions().filter(({ when }) => !NOT_OURS.includes(when)))(
    'of $title is played by a test, when $when',
    ({ title, when }) => {
      const plays = PLAYED.filter((one) => one.title === title && one.when.test(when));
      expect(plays).not.toEqual([]);
    },
  );
});

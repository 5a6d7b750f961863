import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readConversations } from './conversation.js';
import { ruleOf, SECTIONS } from './rule-of.js';

const DOCUMENT = readFileSync(new URL('../../../PROTOCOL.md', import.meta.url), 'utf8');
const HEADINGS = new Set([...DOCUMENT.matchAll(/^#+ (.+)$/gm)].map(([, title]) => title));
const ALL = readConversations();

describe('ruleOf', () => {
  it('names sections that PROTOCOL.md has', () => {
    expect(SECTIONS.map(([, section]) => section).filter((one) => !HEADINGS.has(one))).toEqual([]);
  });

  it('names a section of PROTOCOL.md for each step of each conversation', () => {
    const strange = ALL.flatMap((conversation) =>
      conversation.steps.map(({ says }) => ruleOf(conversation, `it is odd\nat: ${says}`)),
    ).filter((section) => !HEADINGS.has(section));
    expect(strange).toEqual([]);
  });

  it.each([
    ['expected RESULT, and nothing came in time', 'RESULT'],
    ['RESULT: id is 2, expected 0', 'RESULT'],
    ['the peer sent item 16 of id 0 without credit', 'CREDIT'],
    ['expected close 4400, got 1006 ', 'Close codes'],
    ['the program printed nothing, expected {"welcome":true}', '2. A call'],
  ])('knows what is broken by "%s"', (fault, section) => {
    const [, call] = ALL;
    expect(call && ruleOf(call, `${fault}\nat: RESULT of 0, with an acknowledgement of 2`)).toBe(
      section,
    );
  });
});

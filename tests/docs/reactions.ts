import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { readDocument, rowsOf, sectionsOf } from './markdown.js';

/** What the receiver of a message does in a case. */
export interface Reaction {
  readonly title: string;
  readonly when: string;
  readonly reaction: string;
}

const SECTIONS = sectionsOf(readDocument('PROTOCOL.md'));

/** The section of what holds for every message. */
export const COMMON = 'What holds for every message';

/** All reactions of PROTOCOL.md, those that hold for every message first. */
export function readReactions(): Reaction[] {
  const titles = SECTIONS.filter(({ text }) => text.includes('| when | reaction |'));
  return titles.flatMap(({ title, text }) =>
    rowsOf(text, 'when', 'reaction').map(([when = '', reaction = '']) => ({
      title,
      when,
      reaction,
    })),
  );
}

/** What PROTOCOL.md says of one case of a message; there must be just one. */
export function reactionTo(title: string, when: RegExp): string {
  const rows = readReactions().filter((row) => row.title === title && when.test(row.when));
  expect([title, when, rows.length]).toEqual([title, when, 1]);
  return rows[0]?.reaction ?? '';
}

/** Holds what happened against the reaction that PROTOCOL.md states: each word must be said. */
export function expectSaid(reaction: string, outcome: string): void {
  const [verb = '', ...words] = outcome.split(/\W+/);
  const said = reaction.split(/\W+/);
  expect(said).toEqual(expect.arrayContaining(words));
  expect(['answers', said[0]]).toContain(verb);
}

/** The cases that the tests beside this file play: `'TITLE', /when/` in their texts. */
export function readPlayed(): { title: string; when: RegExp }[] {
  const folder = new URL('.', import.meta.url);
  const files = readdirSync(folder).filter((name) => PLAYS.test(name));
  return files.flatMap((name) => {
    const text = readFileSync(new URL(name, folder), 'utf8');
    const cases = [...text.matchAll(/(?:'([A-Z]+)'|(COMMON)),\s*\/((?:\\.|[^/\n])+)\//g)];
    const resumes = [...text.matchAll(/(?:^\s+\[|reactionTo\()\/((?:\\.|[^/\n])+)\/[,)]/gm)];
    return [
      ...cases.map(([, title = COMMON, , when = '']) => ({ title, when: new RegExp(when) })),
      ...(name.includes('-resume.') ? resumes : []).map(([, when = '']) => {
        return { title: 'RESUME', when: new RegExp(when) };
      }),
    ];
  });
}

const PLAYS = /^protocol-(server|client|calls|session|outcomes|goaway|layout|resumed?)\.test\.ts$/;

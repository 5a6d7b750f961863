import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readDocument, rowsOf, sectionsOf } from './markdown.js';

const DOCUMENT = readDocument('docs/delivery.md');
const ROWS = rowsOf(DOCUMENT, 'kind', 'what fails', 'what you get', 'test');

function titlesOf(file: string): string[] {
  const source = readFileSync(new URL(`../e2e/${file}`, import.meta.url), 'utf8');
  return [...source.matchAll(/(?:\bit|\btest|\)|\])\(\s*'((?:[^'\\]|\\.)+)'/g)].map(
    ([, title = '']) => title,
  );
}

describe('docs/delivery.md', () => {
  it.each(ROWS)('has a test for %s: %s', (_kind, _failure, outcome, test = '') => {
    expect(outcome).not.toBe('');
    const [, file = '', title = ''] = /^([a-z-]+\.test\.ts): (.+)$/.exec(test) ?? [];
    expect(titlesOf(file)).toContain(title);
  });

  it('has each kind of failure once for each kind', () => {
    const pairs = ROWS.map(([kind, failure]) => `${kind}: ${failure}`);
    expect(new Set(pairs).size).toBe(pairs.length);
  });

  it('says how all of it is proved, by commands that there are', () => {
    const { scripts } = JSON.parse(readDocument('package.json')) as { scripts: object };
    const proof = sectionsOf(DOCUMENT).find(({ title }) => title === 'How it is proved');
    const commands = rowsOf(proof?.text ?? '', 'command', 'what it does').map(
      ([cell = '']) => cell,
    );
    const names = commands.map((command) => /npm (?:run )?(\w+)/.exec(command)?.[1]);
    for (const name of names) expect(Object.keys(scripts)).toContain(name);
  });
});

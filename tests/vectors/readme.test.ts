import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readDocument, sectionsOf } from '../docs/markdown.js';

const SECTIONS = sectionsOf(readDocument('tests/vectors/README.md'));

type Entry = Readonly<Record<string, unknown>>;

function read(file: string): Entry[] {
  return JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as Entry[];
}

function keysOf(entries: readonly Entry[]): string[] {
  return [...new Set(entries.flatMap((entry) => Object.keys(entry)))];
}

/** The keys that the README says nothing of, though they stand in the file. */
function unsaid(file: string, keys: readonly string[]): string[] {
  const text = SECTIONS.find(({ title }) => title === file)?.text ?? '';
  // `name` is that of every file, `hex` and `head` are "as above".
  return keys.filter((key) => key !== 'name' && !text.includes(`\`${key}\``));
}

describe('the README of the vectors', () => {
  it.each(['messages.json', 'batches.json', 'hostile.json', 'values.json', 'packed.json'])(
    'says what each key of %s means',
    (file) => {
      expect(unsaid(file, keysOf(read(file)))).toEqual([]);
    },
  );

  it('says what each key of layouts.json and conversations.json means', () => {
    expect(unsaid('layouts.json', keysOf(read('layouts.json')))).toEqual([]);
    const conversations = read('conversations.json');
    const steps = conversations.flatMap(({ steps: own }) => own as Entry[]);
    expect(unsaid('conversations.json', keysOf([...conversations, ...steps]))).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { ToolTerminal } from '../support/tool-terminal.js';
import { readDocument } from './markdown.js';

const guide = readDocument('docs/guides/tools.md');

/** The part of the guide about one command. */
function partOf(command: string): string {
  return guide.split(`\n## ${command}\n`)[1]?.split('\n## ')[0] ?? '';
}

/** Names of flags in a text. */
function flagsIn(text: string): string[] {
  return [...new Set(text.match(/(?<![-\w])--[a-z]+/g))].filter((flag) => flag !== '--help').sort();
}

describe('docs/guides/tools.md', () => {
  it.each(['tap', 'doctor'])('names every flag of %s, and no other', async (command) => {
    const terminal = new ToolTerminal();
    expect(await terminal.run(command, '--help')).toBe(0);
    expect(flagsIn(partOf(command))).toEqual(flagsIn(terminal.text));
  });
});

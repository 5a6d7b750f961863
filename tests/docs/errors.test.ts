import { CLOSE_CODES, ERROR_CODES } from '@trunkline/protocol';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

const FILE = new URL('../../docs/errors.md', import.meta.url);

/** The first cells of the rows of the table under a heading. */
async function rowsUnder(heading: string): Promise<string[][]> {
  const text = await readFile(FILE, 'utf8');
  const section = text.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| '));
  return rows.slice(1).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe('docs/errors.md', () => {
  it('has a row for each error code, and no other', async () => {
    const codes = (await rowsUnder('Error codes')).map(([code]) => code?.replaceAll('`', ''));
    expect(codes).toEqual(Object.keys(ERROR_CODES));
  });

  it('has a row for each close code, and no other', async () => {
    const codes = (await rowsUnder('Close codes')).map(([code, name]) => [Number(code), name]);
    expect(codes).toEqual(Object.entries(CLOSE_CODES).map(([name, { code }]) => [code, name]));
  });

  it('says of each close code what a client does', async () => {
    const words = {
      retry: /connects again$/,
      'retry-after': /connects again after/,
      'new-token': /asks `auth` again/,
      stop: /^stops/,
    };
    for (const [code, , , reaction] of await rowsUnder('Close codes')) {
      const entry = Object.values(CLOSE_CODES).find((one) => one.code === Number(code));
      expect(reaction, code).toMatch(words[entry?.reaction ?? 'stop']);
    }
  });
});

import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TempProject } from '../tests/temp-project.js';
import { findFiles, parseGlob } from './path-glob.js';

describe('parseGlob', () => {
  const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['src/*.contract.ts', ['src/a.contract.ts'], ['src/a.ts', 'src/b/a.contract.ts']],
    ['src/**/*.ts', ['src/a.ts', 'src/b/c/a.ts'], ['a.ts', 'src/a.js', 'src/.hidden/a.ts']],
    ['**/*.contract.ts', ['a.contract.ts', 'x/y/a.contract.ts'], ['a.contract.tsx']],
    ['src/**', ['src/a.ts', 'src/b/c.js'], ['srcs/a.ts']],
    ['src/*.{ts,mts}', ['src/a.ts', 'src/a.mts'], ['src/a.cts', 'src/a.{ts,mts}']],
    ['./src/a.ts', ['src/a.ts'], ['src/b.ts', 'src/axts']],
    ['../other/*.ts', ['../other/a.ts'], ['other/a.ts']],
    ['src/(group)/[id]/*.ts', ['src/(group)/[id]/a.ts'], ['src/group/i/a.ts']],
    ['src/*', ['src/a'], ['src/.a', 'src']],
  ];

  it.each(cases)('reads "%s"', (pattern, matching, others) => {
    const glob = parseGlob('/project/app', pattern);
    const matches = (path: string) => glob.matches(resolve('/project/app', path));
    expect(matching.filter(matches)).toEqual(matching);
    expect(others.filter(matches)).toEqual([]);
  });

  it('knows the deepest folder that all matches are in', () => {
    expect(parseGlob('/project', 'a/b/*.ts')).toMatchObject({
      base: '/project/a/b',
      isRecursive: false,
    });
    expect(parseGlob('/project', 'a/**/*.ts')).toMatchObject({
      base: '/project/a',
      isRecursive: true,
    });
    expect(parseGlob('/project', 'a/*/b.ts')).toMatchObject({
      base: '/project/a',
      isRecursive: true,
    });
    expect(parseGlob('/project', '../x.ts')).toMatchObject({ base: '/', isRecursive: false });
    expect(parseGlob('/project', '/y/*.ts')).toMatchObject({ base: '/y', isRecursive: false });
    expect(parseGlob('/project', '!a/b.ts')).toMatchObject({
      base: '/project/a',
      isNegative: true,
    });
  });
});

describe('findFiles', () => {
  it('finds what matches, sorted, and looks into no packages and hidden folders', async () => {
    await using project = await TempProject.create({
      'src/b.ts': '',
      'src/a.ts': '',
      'src/deep/c.ts': '',
      'src/node_modules/d/d.ts': '',
      'src/.cache/e.ts': '',
    });
    const find = async (pattern: string) =>
      (await findFiles(parseGlob(project.folder, pattern))).map((path) =>
        path.slice(project.folder.length + 1),
      );
    expect(await find('src/*.ts')).toEqual(['src/a.ts', 'src/b.ts']);
    expect(await find('**/*.ts')).toEqual(['src/a.ts', 'src/b.ts', 'src/deep/c.ts']);
    expect(await find('missing/*.ts')).toEqual([]);
  });
});

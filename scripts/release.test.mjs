import { describe, expect, it } from 'vitest';
import { findObstacles, findVersionFaults } from './release-state.mjs';
import { parseCommand } from './release.mjs';

/** @type {import('./release-state.mjs').ReleaseState} */
const STATE = {
  branch: 'main',
  dirty: [],
  changesets: ['one.md'],
  manifests: [
    { folder: 'packages/a', name: '@trunkline/a', version: '1.0.0', ranges: {} },
    {
      folder: 'packages/b',
      name: '@trunkline/b',
      version: '1.0.0',
      ranges: { '@trunkline/a': '1.0.0' },
    },
  ],
  fixed: ['@trunkline/a', '@trunkline/b'],
};

describe('parseCommand', () => {
  it('rehearses unless it is told to publish', () => {
    expect(parseCommand([])).toEqual({ isPublish: false, isHelp: false });
    expect(parseCommand(['--dry-run'])).toEqual({ isPublish: false, isHelp: false });
    expect(parseCommand(['--publish']).isPublish).toBe(true);
  });

  it('refuses both at once, and what it does not know', () => {
    expect(() => parseCommand(['--dry-run', '--publish'])).toThrow('exclude each other');
    expect(() => parseCommand(['--pubish'])).toThrow("Unknown option '--pubish'");
  });
});

describe('findObstacles', () => {
  it('finds none on a clean main with changesets, to be rehearsed', () => {
    expect(findObstacles(STATE, { isPublish: false })).toEqual([]);
    expect(findObstacles({ ...STATE, changesets: [] }, { isPublish: true })).toEqual([]);
  });

  it('tells of another branch, of files that are not committed and of no changesets', () => {
    const state = { ...STATE, branch: 'w', dirty: [' M a.ts', '?? b.ts'], changesets: [] };
    expect(findObstacles(state, { isPublish: false })).toEqual([
      'the branch is "w": releases are made on "main"',
      '2 files are not committed, the first is "a.ts"',
      'there is no changeset to release',
    ]);
  });

  it('publishes no changesets that are not applied', () => {
    expect(findObstacles(STATE, { isPublish: true })).toEqual([
      expect.stringMatching(/^1 changesets are not applied: run "npx changeset version"/),
    ]);
  });
});

describe('findVersionFaults', () => {
  it('accepts packages of one version that ask for each other exactly', () => {
    expect(findVersionFaults(STATE)).toEqual([]);
  });

  it('tells of several versions, of loose ranges, and of packages that nothing holds together', () => {
    const [a, b] = STATE.manifests;
    if (a === undefined || b === undefined) throw new Error('there are two');
    const manifests = [a, { ...b, version: '1.1.0', ranges: { '@trunkline/a': '^1.0.0' } }];
    expect(findVersionFaults({ ...STATE, manifests, fixed: ['@trunkline/a'] })).toEqual([
      expect.stringContaining('several versions: @trunkline/a 1.0.0, @trunkline/b 1.1.0'),
      expect.stringContaining('"@trunkline/b" is not in "fixed"'),
      'packages/b: "@trunkline/a" is "^1.0.0", expected exactly "1.0.0"',
    ]);
  });
});

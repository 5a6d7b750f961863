import { describe, expect, it } from 'vitest';
import { findStrayFiles, findTarballFaults, findWeight, pathsOf } from './check-tarballs.mjs';

const DOCUMENTS = ['LICENSE', 'README.md', 'package.json'];

describe('findTarballFaults', () => {
  it('accepts documents, doors and sources', () => {
    const files = [...DOCUMENTS, 'dist/index.js', 'src/index.ts'];
    expect(findTarballFaults('client', files, ['dist/index.js', 'src/index.ts'])).toEqual([]);
  });

  it('misses documents and doors', () => {
    expect(findTarballFaults('protocol', DOCUMENTS, ['dist/index.js'])).toEqual([
      expect.stringContaining('has no "PROTOCOL.md"'),
      expect.stringContaining('has no "dist/index.js"'),
    ]);
    expect(findTarballFaults('client', ['README.md'], [])).toEqual([
      expect.stringContaining('has no "LICENSE"'),
    ]);
  });

  it.each(['src/a.test.ts', 'src/a.test-d.ts', 'dist/.tsbuildinfo', 'tests/a.ts', 'tsconfig.json'])(
    'refuses %s',
    (file) => {
      expect(findTarballFaults('client', [...DOCUMENTS, file], [])).toEqual([
        expect.stringContaining(`has "${file}"`),
      ]);
    },
  );
});

describe('pathsOf', () => {
  it('follows conditions to their files', () => {
    const exports = { '.': { types: './dist/index.d.ts', default: './dist/index.js' } };
    expect(pathsOf([exports, undefined, { '#a': { node: { default: './dist/a.js' } } }])).toEqual([
      'dist/index.d.ts',
      'dist/index.js',
      'dist/a.js',
    ]);
  });
});

describe('findStrayFiles', () => {
  const files = ['dist/a.js', 'dist/a.js.map', 'dist/a.d.ts', 'dist/a.d.ts.map', 'src/a.ts'];
  const read = () => JSON.stringify({ sources: ['../src/a.ts'] });

  it('accepts what is built from sources that are there, with maps to them', () => {
    expect(findStrayFiles('client', files, read)).toEqual([]);
  });

  it('refuses what was built from a source that is gone', () => {
    const left = files.filter((file) => file !== 'src/a.ts');
    expect(findStrayFiles('client', left, read)).toEqual([
      expect.stringContaining('"dist/a.js", whose source is gone'),
      expect.stringContaining('"dist/a.d.ts", whose source is gone'),
      expect.stringContaining('which leads to "src/a.ts"'),
      expect.stringContaining('which leads to "src/a.ts"'),
    ]);
  });

  it('misses maps', () => {
    const bare = files.filter((file) => !file.endsWith('.map'));
    expect(findStrayFiles('client', bare, read)).toHaveLength(2);
  });
});

describe('findWeight', () => {
  it('tells of a tarball that has grown too large, packed or unpacked', () => {
    expect(findWeight('client', { size: 100, unpackedSize: 100 })).toEqual([]);
    expect(findWeight('client', { size: 1e9, unpackedSize: 1e9 })).toHaveLength(2);
  });
});

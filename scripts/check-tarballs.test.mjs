import { describe, expect, it } from 'vitest';
import { findTarballFaults, pathsOf } from './check-tarballs.mjs';

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

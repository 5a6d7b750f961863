import { describe, expect, it } from 'vitest';
import type { GenerateResult } from './generate.js';
import type { GeneratedFile } from './output.js';
import { checkReport, generateReport } from './report.js';

const files: readonly GeneratedFile[] = [
  { path: 'a.ts', status: 'added', before: undefined, after: 'new\n' },
  {
    path: 'b.ts',
    status: 'changed',
    before: 'one\r\ntwo\r\nthree\r\nfour\r\n',
    after: 'one\n2\nthree\nfour\n',
  },
  { path: 'c.ts', status: 'removed', before: 'old\n', after: undefined },
  { path: 'd.ts', status: 'unchanged', before: 'x', after: 'x' },
];

function result(
  some: readonly GeneratedFile[],
  emptyFiles: readonly string[] = [],
): GenerateResult {
  return { files: some, isCurrent: false, emptyFiles };
}

describe('generateReport', () => {
  it('names what was touched and counts the rest', () => {
    expect(generateReport(result(files, ['src/x.ts']), 12.4)).toBe(
      [
        'no contract in src/x.ts',
        'written: a.ts',
        'written: b.ts',
        'removed: c.ts (no contract makes it any more)',
        '2 written, 1 removed, 1 unchanged in 12 ms',
      ].join('\n'),
    );
  });
});

describe('checkReport', () => {
  it('shows the difference of each file that is not as it should be', () => {
    expect(checkReport(result(files), 3)).toBe(
      [
        'missing: a.ts',
        '--- /dev/null\ton disk',
        '+++ a.ts\tgenerated',
        '@@ -0,0 +1,1 @@',
        '+new',
        '',
        'stale: b.ts',
        '--- b.ts\ton disk',
        '+++ b.ts\tgenerated',
        '@@ -1,4 +1,4 @@',
        ' one',
        '-two',
        '+2',
        ' three',
        ' four',
        '',
        'left over: c.ts',
        '--- c.ts\ton disk',
        '+++ /dev/null\tgenerated',
        '@@ -1,1 +0,0 @@',
        '-old',
        '',
        '1 missing, 1 stale, 1 left over, 1 up to date (3 ms)',
      ].join('\n'),
    );
  });

  it('cuts a long difference and says so', () => {
    const after = Array.from({ length: 200 }, (_, index) => `${index}\n`).join('');
    const long: GeneratedFile = { path: 'a.ts', status: 'added', before: undefined, after };
    const lines = checkReport(result([long]), 1).split('\n');
    expect(lines.slice(80)).toEqual(['+76', '… 123 more lines', '', '1 missing (1 ms)']);
  });

  it('is short when all is well', () => {
    expect(checkReport(result(files.slice(3)), 3)).toBe('1 up to date (3 ms)');
    expect(generateReport(result([]), 3)).toBe('no files in 3 ms');
  });
});

import { createTwoFilesPatch } from 'diff';
import type { GenerateResult } from './generate.js';
import type { FileStatus, GeneratedFile } from './output.js';

/** More of a file than this is not read on a terminal. */
const DIFF_MAX_LINES = 80;

const DONE: Readonly<Record<FileStatus, string>> = {
  added: 'written',
  changed: 'written',
  removed: 'removed',
  unchanged: 'unchanged',
};

const NEEDED: Readonly<Record<FileStatus, string>> = {
  added: 'missing',
  changed: 'stale',
  removed: 'left over',
  unchanged: 'up to date',
};

/** Says what was generated: a line for each file that was touched, and a summary. */
export function generateReport({ files, emptyFiles }: GenerateResult, elapsedMs: number): string {
  const touched = files
    .filter(({ status }) => status !== 'unchanged')
    .map(({ status, path }) => {
      const why = status === 'removed' ? ' (no contract makes it any more)' : '';
      return `${DONE[status]}: ${path}${why}`;
    });
  const summary = `${counts(files, DONE)} in ${Math.round(elapsedMs)} ms`;
  return [...emptyLines(emptyFiles), ...touched, summary].join('\n');
}

/** Says what a check found: the difference of each file that is not as it should be. */
export function checkReport({ files, emptyFiles }: GenerateResult, elapsedMs: number): string {
  const differences = files.filter(({ status }) => status !== 'unchanged').map(difference);
  const summary = `${counts(files, NEEDED)} (${Math.round(elapsedMs)} ms)`;
  return [...emptyLines(emptyFiles), ...differences, summary].join('\n');
}

function difference({ path, status, before = '', after = '' }: GeneratedFile): string {
  const [from, to] = [
    status === 'added' ? '/dev/null' : path,
    status === 'removed' ? '/dev/null' : path,
  ];
  const text = createTwoFilesPatch(
    from,
    to,
    before.replaceAll('\r\n', '\n'),
    after,
    'on disk',
    'generated',
    {
      context: 2,
      headerOptions: { includeIndex: false, includeUnderline: false, includeFileHeaders: true },
    },
  );
  const lines = text.trimEnd().split('\n');
  const cut = lines.length - DIFF_MAX_LINES;
  const shown = cut > 1 ? [...lines.slice(0, DIFF_MAX_LINES), `… ${cut} more lines`] : lines;
  return `${NEEDED[status]}: ${path}\n${shown.join('\n')}\n`;
}

function emptyLines(emptyFiles: readonly string[]): string[] {
  return emptyFiles.map((path) => `no contract in ${path}`);
}

function counts(files: readonly GeneratedFile[], words: typeof DONE): string {
  const numbers = new Map<string, number>();
  for (const { status } of files) {
    numbers.set(words[status], (numbers.get(words[status]) ?? 0) + 1);
  }
  return [...numbers].map(([word, number]) => `${number} ${word}`).join(', ') || 'no files';
}

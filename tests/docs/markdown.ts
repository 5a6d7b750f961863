import { readFileSync } from 'node:fs';

/** A heading with what stands below it, up to the next heading of any level. */
export interface Section {
  readonly title: string;
  readonly level: number;
  readonly text: string;
}

/** A fenced block: what stands behind its fence, and its lines. */
export interface Fence {
  readonly info: string;
  readonly text: string;
}

/** Reads a document at the root of the project. */
export function readDocument(name: string): string {
  return readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
}

/** Splits a document at its headings; what looks like one within a fence is none. */
export function sectionsOf(document: string): Section[] {
  const sections: Section[] = [];
  let lines: string[] = [];
  let heading: { title: string; level: number } | undefined;
  let isFenced = false;
  const close = (): void => {
    if (heading !== undefined) sections.push({ ...heading, text: lines.join('\n') });
    lines = [];
  };
  for (const line of document.split('\n')) {
    if (line.startsWith('```')) isFenced = !isFenced;
    const match = isFenced ? null : /^(#+) (.*)$/.exec(line);
    if (match === null) lines.push(line);
    else {
      close();
      heading = { level: (match[1] as string).length, title: match[2] as string };
    }
  }
  close();
  return sections;
}

/** Finds the fenced blocks of a text. */
export function fencesOf(text: string): Fence[] {
  const matches = text.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm);
  return [...matches].map(([, info = '', body = '']) => ({ info, text: body }));
}

/** Reads the rows of the tables in a text that have the given words at their head. */
export function rowsOf(text: string, ...head: string[]): string[][] {
  const rows: string[][] = [];
  let isInside = false;
  for (const line of text.split('\n')) {
    const cells = line.startsWith('|') ? cellsOf(line) : undefined;
    if (cells === undefined) isInside = false;
    else if (head.every((word, index) => cells[index] === word)) isInside = true;
    else if (isInside && !/^-*$/.test(cells[0] ?? '')) rows.push(cells);
  }
  if (rows.length === 0) throw new RangeError(`no table with the head "${head.join(' | ')}"`);
  return rows;
}

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll('`', ''));
}

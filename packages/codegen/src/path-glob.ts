import { readdir } from 'node:fs/promises';
import { isAbsolute, join, resolve, sep } from 'node:path';

/** A pattern of paths: `*` and `{a,b}` within a name, `**` for any folders, `!` to leave out. */
export interface PathGlob {
  readonly pattern: string;
  /** The deepest folder that all matches are in, absolute. */
  readonly base: string;
  readonly isRecursive: boolean;
  readonly isNegative: boolean;
  /** Takes an absolute path. */
  matches(path: string): boolean;
}

const MAGIC = /[*{]/;

/** Reads a pattern that is relative to a folder. */
export function parseGlob(root: string, pattern: string): PathGlob {
  const isNegative = pattern.startsWith('!');
  const text = toPosix(isNegative ? pattern.slice(1) : pattern);
  const segments = text.split('/').filter((segment, index) => segment !== '' || index === 0);
  const firstMagic = segments.findIndex((segment) => MAGIC.test(segment));
  const fixed = segments.slice(0, firstMagic === -1 ? segments.length - 1 : firstMagic);
  const rest = segments.slice(fixed.length);
  const base = isAbsolute(text) ? resolve('/', ...fixed) : resolve(root, ...fixed);
  const folder = escape(toPosix(base).replace(/\/$/, ''));
  const expression = new RegExp(`^${folder}/${rest.map(segmentExpression).join('')}$`);
  return {
    pattern,
    base,
    isRecursive: rest.length > 1,
    isNegative,
    matches: (path) => expression.test(toPosix(path)),
  };
}

/** Finds the files that a pattern matches, sorted. Folders of packages and hidden ones are left out. */
export async function findFiles(glob: PathGlob): Promise<string[]> {
  const found = await listFolder(glob.base, glob.isRecursive);
  return found.filter((path) => glob.matches(path)).sort();
}

async function listFolder(folder: string, isRecursive: boolean): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const lists = entries.map(async (entry) => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return [path];
    return isRecursive && isSearched(entry.name) ? listFolder(path, true) : [];
  });
  return (await Promise.all(lists)).flat();
}

/** Tells whether folders of this name are looked into. */
export function isSearched(name: string): boolean {
  return name !== 'node_modules' && !name.startsWith('.');
}

/** Writes a path with `/` between its parts, as generated text and patterns have them. */
export function toPosix(path: string): string {
  return sep === '/' ? path : path.replaceAll(sep, '/');
}

function segmentExpression(segment: string, index: number, all: readonly string[]): string {
  const isLast = index === all.length - 1;
  if (segment === '**') return isLast ? '(?:(?!\\.)[^/]+/)*(?!\\.)[^/]+' : '(?:(?!\\.)[^/]+/)*';
  const hidden = segment.startsWith('.') ? '' : '(?!\\.)';
  const body = segment.replace(/\{([^{}]*)\}|\*+|[^{*]+|\{/g, (part, words?: string) => {
    if (words !== undefined) return `(?:${words.split(',').map(wordExpression).join('|')})`;
    return wordExpression(part);
  });
  return `${hidden}${body}${isLast ? '' : '/'}`;
}

function wordExpression(word: string): string {
  return word.split(/\*+/).map(escape).join('[^/]*');
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

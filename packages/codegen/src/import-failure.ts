import type { ContractProblem } from '@trunkline/contract';
import { relative } from 'node:path';
import { toPosix } from './path-glob.js';

/** Which module failed, and what people know it by. */
export interface FailedImport {
  readonly file: string;
  /** Paths are told relative to this folder. */
  readonly cwd: string;
  /** Files that were run, to find the user's line among those of packages. */
  readonly files: ReadonlySet<string>;
}

/** Says why a module could not be run: a line for each problem, each with its file. */
export function importProblems(error: unknown, at: FailedImport): string[] {
  const file = told(at.file, at);
  if (!(error instanceof Error)) return [`${file}: threw ${String(error)}`];
  if (isContractError(error)) {
    const line = userLine(error, at) ?? file;
    return error.problems.map(({ path, message }) => `${line}: ${path}: ${message}`);
  }
  if (error.name === 'ImportTimeout') return [`${file}: ${error.message}`];
  return [syntaxProblem(error, at) ?? missingProblem(error, at) ?? thrownProblem(error, at)];
}

/** The contract package of the user may be another copy than ours. */
function isContractError(
  error: Error,
): error is Error & { readonly problems: readonly ContractProblem[] } {
  return error.name === 'ContractError' && 'problems' in error && Array.isArray(error.problems);
}

function syntaxProblem(error: Error, at: FailedImport): string | undefined {
  const [, text = '', path = '', line = ''] =
    /^ParseError: (.*?)\s*\n\s*(.+?):(\d+:\d+)$/s.exec(error.message) ?? [];
  if (path === '') return undefined;
  const place = `${told(path, at)}:${line}`;
  return path === at.file
    ? `${place}: syntax error: ${text}`
    : `${told(at.file, at)}: syntax error in ${place}: ${text}`;
}

function missingProblem(error: Error, at: FailedImport): string | undefined {
  const code = 'code' in error ? error.code : undefined;
  if (code !== 'MODULE_NOT_FOUND' && code !== 'ERR_MODULE_NOT_FOUND') return undefined;
  const wanted = /Cannot find (?:module|package) '([^']*)'/.exec(error.message)?.[1];
  const importer =
    'requireStack' in error && Array.isArray(error.requireStack)
      ? String(error.requireStack[0])
      : /imported from (\S+)/.exec(error.message)?.[1];
  if (wanted === undefined) return undefined;
  const by =
    importer === undefined || importer === at.file ? '' : `, imported by ${told(importer, at)}`;
  return `${told(at.file, at)}: cannot find module "${told(wanted, at)}"${by}`;
}

function thrownProblem(error: Error, at: FailedImport): string {
  const line = userLine(error, at);
  const place = line === undefined ? '' : ` (at ${line})`;
  return `${told(at.file, at)}: ${error.name}: ${told(error.message, at)}${place}`;
}

/** The innermost line of the stack that is the user's own: `src/chat.contract.ts:7`. */
function userLine(error: Error, at: FailedImport): string | undefined {
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? [];
  // A contract package in the same workspace is run like files of the user.
  const built = frames.findLastIndex((frame) => /^\s+at (?:\w+\.)?contract \(/.test(frame));
  for (const frame of frames.slice(built + 1)) {
    // Columns are those of the code that really ran, not of the source.
    const [, path = '', line = ''] =
      /(?:\(|at |file:\/\/)([^()]+?):(\d+):\d+\)?$/.exec(frame) ?? [];
    if (at.files.has(path)) return `${told(path, at)}:${line}`;
  }
  return undefined;
}

function told(text: string, { cwd }: FailedImport): string {
  if (text.includes('\n') || !text.startsWith(cwd)) return text.replaceAll(`${cwd}/`, '');
  return toPosix(relative(cwd, text));
}

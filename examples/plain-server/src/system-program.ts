import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** A program of the system, and how to get it. */
export interface SystemProgram {
  readonly name: string;
  readonly mend: string;
}

/** Where Debian and others keep programs of administrators, beside the folders of PATH. */
const FURTHER_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin'];

/** Finds a program; `undefined` when it is not installed. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...FURTHER_FOLDERS];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** Finds a program; throws an error that says how to get it. */
export function needProgram({ name, mend }: SystemProgram): string {
  const path = findProgram(name);
  if (path === undefined) throw new Error(`program "${name}" was not found: ${mend}`);
  return path;
}

/** Runs a program to its end in a folder; rejects with what it said. */
export async function runProgram(path: string, args: string[], cwd: string): Promise<void> {
  try {
    await execute(path, args, { cwd });
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    throw new Error(`"${path} ${args.join(' ')}" failed: ${stderr.trim()}`, { cause: error });
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

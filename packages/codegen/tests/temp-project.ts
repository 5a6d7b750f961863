import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = fileURLToPath(new URL('../../../node_modules', import.meta.url));

/** A folder of its own with the packages of this repository, as a user's project has them. */
export class TempProject implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes one with these files. */
  static async create(files: Readonly<Record<string, string>>): Promise<TempProject> {
    const project = new TempProject(await mkdtemp(join(tmpdir(), 'trunkline-codegen-')));
    await symlink(packages, join(project.folder, 'node_modules'));
    for (const [path, text] of Object.entries(files)) await project.write(path, text);
    return project;
  }

  /** Gives the absolute path of a file. */
  path(path: string): string {
    return resolve(this.folder, path);
  }

  async write(path: string, text: string): Promise<void> {
    await mkdir(dirname(this.path(path)), { recursive: true });
    await writeFile(this.path(path), text);
  }

  read(path: string): Promise<string> {
    return readFile(this.path(path), 'utf8');
  }

  async remove(path: string): Promise<void> {
    await rm(this.path(path), { recursive: true });
  }

  has(path: string): boolean {
    return existsSync(this.path(path));
  }

  /** Lists the files of a folder and of those in it, sorted. */
  async list(folder: string): Promise<string[]> {
    const entries = await readdir(this.path(folder), { withFileTypes: true, recursive: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(this.path(folder), join(entry.parentPath, entry.name)))
      .sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Writes the file of a contract with these members, in the words of the contract language. */
export function contractText(name: string, members = 'one: call()', before = ''): string {
  const variable = name.replaceAll('.', '');
  return [
    `import { call, contract, stream, topic } from '@trunkline/contract';`,
    `import * as z from 'zod';`,
    before,
    `export const ${variable} = contract('${name}', { ${members} });`,
    `void [call, stream, topic, z];`,
    '',
  ].join('\n');
}

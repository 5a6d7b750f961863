import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url));
const run = promisify(execFile);

/** Builds the pages of all examples, once and before any test: several files look at the same page. */
export default async function buildPages(): Promise<void> {
  const names = await readdir(EXAMPLES);
  const folders = names.map((name) => join(EXAMPLES, name));
  await Promise.all(folders.filter((folder) => existsSync(join(folder, 'page'))).map(buildPage));
}

/** Builds in a process of its own, since Vite looks at NODE_ENV, which is `test` in this one. */
async function buildPage(folder: string): Promise<void> {
  const require = createRequire(join(folder, 'package.json'));
  const vite = join(dirname(require.resolve('vite/package.json')), 'bin/vite.js');
  const env = { ...process.env };
  delete env['NODE_ENV'];
  await run(process.execPath, [vite, 'build', 'page'], { cwd: folder, env });
}

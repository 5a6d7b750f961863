import { readFile, stat } from 'node:fs/promises';
import { extname, relative, resolve } from 'node:path';
import { resolveConfig, type ResolvedConfig } from './config.js';
import { GenerateError } from './generate-error.js';
import { importProblems } from './import-failure.js';
import type { ModuleLoader } from './module-loader.js';
import { toPosix } from './path-glob.js';

const EXTENSIONS = ['.ts', '.mts', '.js', '.mjs', '.json'];
const NAMES = EXTENSIONS.map((extension) => `trunkline.config${extension}`);

/** Finds the config file, absolute: the named one, or the one that lies in the folder. */
export async function findConfig(cwd: string, named: string | undefined): Promise<string> {
  if (!(await exists(cwd))) throw new GenerateError('config', [`no such folder: "${cwd}"`]);
  if (named !== undefined) {
    if (await exists(resolve(cwd, named))) return resolve(cwd, named);
    throw new GenerateError('config', [`no such config file: "${named}"`]);
  }
  const there = await Promise.all(NAMES.map((name) => exists(resolve(cwd, name))));
  const [first, second] = NAMES.filter((_, index) => there[index]);
  if (first === undefined) {
    throw new GenerateError('config', [
      `no config file here: expected one of ${NAMES.join(', ')}, or --config <file>`,
    ]);
  }
  if (second !== undefined) {
    throw new GenerateError('config', [`both "${first}" and "${second}" are here; keep one`]);
  }
  return resolve(cwd, first);
}

/** Reads a config file. Throws a `GenerateError` that names the file and all that is wrong. */
export async function loadConfig(
  file: string,
  cwd: string,
  loader: ModuleLoader,
): Promise<ResolvedConfig> {
  const place = toPosix(relative(cwd, file));
  if (!EXTENSIONS.includes(extname(file))) {
    const problem = `${place}: expected a file that ends with ${EXTENSIONS.join(', ')}`;
    throw new GenerateError('config', [problem]);
  }
  const isJson = extname(file) === '.json';
  const value = isJson ? await readJson(file, place) : await runConfig(file, cwd, loader);
  return resolveConfig(value, place);
}

async function runConfig(file: string, cwd: string, loader: ModuleLoader): Promise<unknown> {
  const place = toPosix(relative(cwd, file));
  const module = await loader.load(file).catch((error: unknown) => {
    const problems = importProblems(error, { file, cwd, files: loader.files });
    throw new GenerateError('config', problems);
  });
  // A module without one gives itself when it is asked.
  if (Object.keys(module).includes('default')) return module['default'];
  const mend = 'write export default defineConfig({ contracts: […], client: … })';
  throw new GenerateError('config', [`${place}: has no default export; ${mend}`]);
}

async function readJson(file: string, place: string): Promise<unknown> {
  const text = await readFile(file, 'utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new GenerateError('config', [`${place}: is not JSON: ${reason}`]);
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** The packages in the order in which they may depend on each other. */
export const PACKAGES = ['protocol', 'contract', 'server', 'client', 'codegen', 'observe'];

/**
 * Lists the TypeScript files of a package below `src`, tests left out, as sorted posix paths.
 * @param {string} root
 * @param {string} packageName
 */
export function listSourceFiles(root, packageName) {
  const folder = join(root, 'packages', packageName, 'src');
  return listFiles(folder)
    .filter((file) => file.endsWith('.ts') && !/\.test(-d)?\.ts$/.test(file))
    .sort();
}

/**
 * Lists all files below a folder as posix paths relative to it; none when it does not exist.
 * @param {string} folder
 * @returns {string[]}
 */
function listFiles(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => statSync(join(folder, file)).isFile())
    .map((file) => file.split(sep).join('/'));
}

/**
 * Lists the projects whose generated code is in the repository, by their generator's config. The
 * generator's own fixtures are left to its tests.
 * @param {string} root
 */
export function listGeneratorConfigs(root) {
  const folders = ['examples', 'tests'].flatMap((folder) => {
    return readdirSync(join(root, folder)).map((name) => `${folder}/${name}`);
  });
  return [...folders, 'bench']
    .flatMap((folder) => ['ts', 'json'].map((end) => `${folder}/trunkline.config.${end}`))
    .filter((path) => existsSync(join(root, path)));
}

/**
 * Gives the file that a relative specifier of a file names, both relative to the same folder.
 * @param {string} file
 * @param {string} specifier
 */
export function resolveRelative(file, specifier) {
  const target = relative('/', resolve('/', dirname(file), specifier))
    .split(sep)
    .join('/');
  const outside = relative('', join(dirname(file), specifier)).startsWith('..');
  return { target: target.replace(/\.js$/, '.ts'), outside };
}

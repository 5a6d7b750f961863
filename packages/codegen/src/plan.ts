import { basename, dirname, join, relative, resolve } from 'node:path';
import type { ImportExtension, ResolvedConfig } from './config.js';
import { emitClient } from './emit-client.js';
import { emitServer } from './emit-server.js';
import { GenerateError } from './generate-error.js';
import type { LoadedContract } from './load-contracts.js';
import { kebabCase } from './names.js';
import { toPosix } from './path-glob.js';
import { sourceText } from './source-file.js';

/** A file that is to be there. */
export interface PlannedFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
}

/** Where files of a config stand: paths in it are relative to `root`, and told relative to `cwd`. */
export interface Place {
  readonly root: string;
  readonly cwd: string;
}

/** A folder that a config generates into, and which files. */
export interface OutputFolder {
  /** Absolute. */
  readonly folder: string;
  readonly kind: 'server' | 'client';
}

/** Lists the folders that a config generates into. */
export function outputFolders(config: ResolvedConfig, root: string): OutputFolder[] {
  return (['server', 'client'] as const).flatMap((kind) =>
    [...new Set(config[kind].map((folder) => resolve(root, folder)))].map((folder) => ({
      folder,
      kind,
    })),
  );
}

/**
 * Writes all files of a config in memory. The text of each depends on its contract and on where
 * both stand. Throws a `GenerateError` for contracts that cannot be written.
 */
export async function planFiles(
  config: ResolvedConfig,
  contracts: readonly LoadedContract[],
  { root, cwd }: Place,
): Promise<PlannedFile[]> {
  const problems: string[] = [];
  const files = contracts.flatMap((contract) => {
    const name = kebabCase(contract.description.name);
    const write = (body: () => string) => {
      try {
        return body();
      } catch (error) {
        if (!(error instanceof GenerateError)) throw error;
        const file = toPosix(relative(cwd, contract.file));
        problems.push(...error.problems.map((problem) => `${file}: ${problem}`));
        return '';
      }
    };
    return outputFolders(config, root).map(({ folder, kind }) => {
      const source = {
        from: contractSpecifier(config, contract.file, folder),
        exportName: contract.exportName,
      };
      const body = write(() =>
        kind === 'client'
          ? emitClient(contract.description)
          : emitServer(contract.description, source),
      );
      return { path: join(folder, `${name}.${kind}.ts`), body, contractFile: contract.file };
    });
  });
  if (problems.length > 0) throw new GenerateError('contract', [...new Set(problems)]);
  return Promise.all(
    files.map(async (file) => ({ path: file.path, text: await sourceText(file) })),
  );
}

function contractSpecifier(config: ResolvedConfig, file: string, folder: string): string {
  const { contractImport, importExtension } = config;
  const name = basename(file).replace(/\.[cm]?[jt]sx?$/, '');
  if (contractImport !== undefined) return contractImport.replaceAll('*', name);
  const imported = join(dirname(file), importedName(basename(file), importExtension));
  const path = toPosix(relative(folder, imported));
  return path.startsWith('.') ? path : `./${path}`;
}

/** How a module is named that imports a file: `.ts` becomes `.js` and `.mts` becomes `.mjs`. */
function importedName(file: string, extension: ImportExtension): string {
  if (extension === '.ts') return file;
  const compiled = file.replace(/\.([cm]?)tsx?$/, '.$1js');
  return extension === '' ? compiled.replace(/\.js$/, '') : compiled;
}

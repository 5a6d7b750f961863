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
  const files = contracts.flatMap((contract) =>
    outputFolders(config, root).flatMap((output) => {
      const name = `${kebabCase(contract.description.name)}.${output.kind}.ts`;
      try {
        const body = bodyOf(contract, output, config);
        return [{ path: join(output.folder, name), body, contractFile: contract.file }];
      } catch (error) {
        if (!(error instanceof GenerateError)) throw error;
        const file = toPosix(relative(cwd, contract.file));
        problems.push(...error.problems.map((problem) => `${file}: ${problem}`));
        return [];
      }
    }),
  );
  if (problems.length > 0) throw new GenerateError('contract', [...new Set(problems)]);
  return Promise.all(
    files.map(async (file) => ({ path: file.path, text: await sourceText(file) })),
  );
}

function bodyOf(contract: LoadedContract, output: OutputFolder, config: ResolvedConfig): string {
  const { description, exportName, file } = contract;
  if (output.kind === 'client') return emitClient(description);
  return emitServer(description, {
    from: contractSpecifier(config, file, output.folder),
    exportName,
  });
}

function contractSpecifier(config: ResolvedConfig, file: string, folder: string): string {
  const { contractImport, importExtension } = config;
  const name = basename(file).replace(/\.[cm]?[jt]sx?$/, '');
  if (contractImport !== undefined) return contractImport.replaceAll('*', name);
  const imported = join(dirname(file), importedName(basename(file), importExtension));
  const path = toPosix(relative(folder, imported));
  return path.startsWith('../') ? path : `./${path}`;
}

/** How a module is named that imports a file: `.ts` becomes `.js` and `.mts` becomes `.mjs`. */
function importedName(file: string, extension: ImportExtension): string {
  if (extension === '.ts') return file;
  const compiled = file.replace(/\.([cm]?)tsx?$/, '.$1js');
  return extension === '' ? compiled.replace(/\.js$/, '') : compiled;
}

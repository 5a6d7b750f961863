import type { ContractDescription } from '@trunkline/contract';
import type { Runtime } from '@trunkline/protocol';
import { dirname, resolve } from 'node:path';
import { GenerateError } from './generate-error.js';
import { findConfig, loadConfig } from './load-config.js';
import { contractGlobs, loadContracts } from './load-contracts.js';
import { createModuleLoader } from './module-loader.js';

/**
 * Runs the contracts of a config and describes them. There are none where there is no config and
 * none is named. Rejects with a `GenerateError` that lists all problems.
 */
export async function findDescriptions(
  folder: string,
  configFile: string | undefined,
  runtime: Runtime,
): Promise<readonly ContractDescription[]> {
  const loader = createModuleLoader(runtime);
  try {
    const cwd = resolve(folder);
    const file = await findConfig(cwd, configFile).catch((error: unknown) => {
      if (configFile === undefined && error instanceof GenerateError) return undefined;
      throw error;
    });
    if (file === undefined) return [];
    const root = dirname(file);
    const globs = contractGlobs(root, await loadConfig(file, cwd, loader));
    const { contracts } = await loadContracts({ root, cwd, globs, loader });
    return contracts.map(({ description }) => description);
  } finally {
    loader.close();
  }
}

import { systemRuntime, type Runtime } from '@trunkline/protocol';
import { dirname, resolve } from 'node:path';
import { resolveConfig, type TrunklineConfig } from './config.js';
import { GenerateError } from './generate-error.js';
import { findConfig, loadConfig } from './load-config.js';
import { contractGlobs, loadContracts } from './load-contracts.js';
import { createModuleLoader, type ModuleLoader } from './module-loader.js';
import { compareOutput, writeOutput, type GeneratedFile } from './output.js';
import type { PathGlob } from './path-glob.js';
import { outputFolders, planFiles } from './plan.js';
import { Sources } from './sources.js';

/** What is to be generated. */
export interface GenerateOptions {
  /** The working folder, absolute; the config file is looked for here. */
  readonly cwd: string;
  /** Another config file, relative to `cwd`. */
  readonly configFile?: string;
  /** A config instead of a file; its paths are relative to `cwd`. */
  readonly config?: TrunklineConfig;
  /** Writes nothing, and says what would be written. */
  readonly check?: boolean;
  readonly runtime?: Runtime;
}

/** What was generated, or in a check would be. */
export interface GenerateResult {
  /** Sorted by path. */
  readonly files: readonly GeneratedFile[];
  /** Whether the disk had all of it already. */
  readonly isCurrent: boolean;
  /** Files that the patterns match and that export no contract. */
  readonly emptyFiles: readonly string[];
}

/** The end of a run, and what it was made from. */
export interface GenerateRun {
  readonly outcome: GenerateResult | GenerateError;
  readonly sources: Sources;
}

/**
 * Runs the contracts of a config and writes their servers and clients. Files that are as they
 * should be are not touched. Rejects with a `GenerateError` that lists all problems, and has then
 * written nothing.
 */
export async function generate(options: GenerateOptions): Promise<GenerateResult> {
  const { outcome } = await runGenerate(options);
  if (outcome instanceof GenerateError) throw outcome;
  return outcome;
}

/** Does what `generate` does and gives problems as a value, for who tries again later. */
export async function runGenerate(options: GenerateOptions): Promise<GenerateRun> {
  const loader = createModuleLoader(options.runtime ?? systemRuntime);
  const used: Used = { files: new Set(), globs: [] };
  try {
    const outcome = await generateWith(loader, options, used);
    return { outcome, sources: new Sources([...used.files, ...loader.files], used.globs, false) };
  } catch (error) {
    const outcome = error instanceof GenerateError ? error : diskProblem(error);
    if (outcome === undefined) throw error;
    const sources = new Sources([...used.files, ...loader.files], used.globs, true);
    return { outcome, sources };
  } finally {
    loader.close();
  }
}

/** What a run has looked at so far, also when it fails. */
interface Used {
  readonly files: Set<string>;
  globs: readonly PathGlob[];
}

async function generateWith(
  loader: ModuleLoader,
  options: GenerateOptions,
  used: Used,
): Promise<GenerateResult> {
  const cwd = resolve(options.cwd);
  const { config, root } = await readConfig(loader, { ...options, cwd }, used);
  const globs = contractGlobs(root, config);
  used.globs = globs;
  const { contracts, emptyFiles } = await loadContracts({ root, cwd, globs, loader });
  const planned = await planFiles(config, contracts, { root, cwd });
  const files = await compareOutput({
    root,
    cwd,
    files: planned,
    folders: outputFolders(config, root),
    isContractFile: (path) =>
      globs.some((glob) => glob.matches(path) && !glob.isNegative) &&
      !globs.some((glob) => glob.matches(path) && glob.isNegative),
  });
  if (options.check !== true) await writeOutput(files, cwd);
  return { files, isCurrent: files.every(({ status }) => status === 'unchanged'), emptyFiles };
}

async function readConfig(loader: ModuleLoader, options: GenerateOptions, used: Used) {
  const { cwd, configFile, config } = options;
  if (config !== undefined) return { config: resolveConfig(config, 'config'), root: cwd };
  const file = await findConfig(cwd, configFile);
  used.files.add(file);
  return { config: await loadConfig(file, cwd, loader), root: dirname(file) };
}

/** A folder that may not be written to is no fault of ours; anything else would be. */
function diskProblem(error: unknown): GenerateError | undefined {
  const isOfSystem = error instanceof Error && 'code' in error && 'syscall' in error;
  return isOfSystem
    ? new GenerateError('config', [`the disk refused: ${error.message}`])
    : undefined;
}

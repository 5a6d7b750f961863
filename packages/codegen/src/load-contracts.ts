import { describe, type Contract, type ContractDescription } from '@trunkline/contract';
import { relative } from 'node:path';
import type { ResolvedConfig } from './config.js';
import { GenerateError } from './generate-error.js';
import { importProblems } from './import-failure.js';
import type { ModuleLoader } from './module-loader.js';
import { kebabCase } from './names.js';
import { findFiles, parseGlob, toPosix, type PathGlob } from './path-glob.js';

/** A contract that a module exports. */
export interface LoadedContract {
  readonly description: ContractDescription;
  /** File of the module, absolute. */
  readonly file: string;
  /** Under which name the module exports it; `default` for its default export. */
  readonly exportName: string;
}

/** Where contracts are looked for, and who runs their modules. */
export interface ContractSearch {
  /** Folder of the config, to which patterns are relative. */
  readonly root: string;
  /** Paths are told relative to this folder. */
  readonly cwd: string;
  readonly globs: readonly PathGlob[];
  readonly loader: ModuleLoader;
}

/** What was found: contracts by name, and files that export none. */
export interface FoundContracts {
  readonly contracts: readonly LoadedContract[];
  readonly emptyFiles: readonly string[];
}

/** Reads the patterns of a config. */
export function contractGlobs(root: string, config: ResolvedConfig): PathGlob[] {
  return config.contracts.map((pattern) => parseGlob(root, pattern));
}

/**
 * Runs the files that the patterns match and takes every contract that they export. Throws a
 * `GenerateError` with all problems: patterns without files, modules that fail, equal names.
 */
export async function loadContracts(search: ContractSearch): Promise<FoundContracts> {
  const files = await findContractFiles(search);
  const problems: string[] = [];
  const found: LoadedContract[] = [];
  const owners = new Map<unknown, LoadedContract>();
  const emptyFiles: string[] = [];
  // One after the other, so that what modules print keeps its order.
  for (const file of files) {
    try {
      const contracts = exportedContracts(await search.loader.load(file));
      if (contracts.length === 0) emptyFiles.push(told(file, search));
      for (const { exportName, contract } of contracts) {
        if (owners.has(contract)) continue;
        const loaded = { description: describe(contract), file, exportName };
        owners.set(contract, loaded);
        found.push(loaded);
      }
    } catch (error) {
      problems.push(
        ...importProblems(error, { file, cwd: search.cwd, files: search.loader.files }),
      );
    }
  }
  problems.push(...nameProblems(found, search));
  if (found.length === 0 && problems.length === 0) {
    problems.push(`no file exports a contract: looked into ${emptyFiles.join(', ')}`);
  }
  if (problems.length > 0) throw new GenerateError('contract', problems);
  return { contracts: found.sort(byName), emptyFiles };
}

async function findContractFiles({ globs, cwd, root }: ContractSearch): Promise<string[]> {
  const negative = globs.filter(({ isNegative }) => isNegative);
  const files = new Set<string>();
  const problems: string[] = [];
  for (const glob of globs.filter(({ isNegative }) => !isNegative)) {
    const matches = (await findFiles(glob)).filter(
      (file) => !/\.d\.[cm]?ts$/.test(file) && !negative.some((one) => one.matches(file)),
    );
    for (const file of matches) files.add(file);
    if (matches.length > 0) continue;
    const where = told(root, { cwd }) || '.';
    problems.push(`option "contracts": "${glob.pattern}" matches no file below "${where}"`);
  }
  if (problems.length > 0) throw new GenerateError('config', problems);
  return [...files].sort();
}

interface ExportedContract {
  readonly exportName: string;
  readonly contract: Contract;
}

/** One contract under two names is taken once: by its own name, else by the first, else as default. */
function exportedContracts(module: Readonly<Record<string, unknown>>): ExportedContract[] {
  const exported = Object.keys(module)
    .sort()
    .flatMap((exportName) => {
      const contract = module[exportName];
      return isContract(contract) ? [{ exportName, contract }] : [];
    });
  const best = new Map<Contract, ExportedContract>();
  for (const one of exported) {
    const other = best.get(one.contract);
    if (other === undefined || rank(one) < rank(other)) best.set(one.contract, one);
  }
  return [...best.values()];
}

function rank({ exportName, contract }: ExportedContract): number {
  if (exportName === contract.name) return 0;
  return exportName === 'default' ? 2 : 1;
}

/** Known by what it has, since the user's contract package may be another copy than ours. */
function isContract(value: unknown): value is Contract {
  // A namespace shows what its default export has, and does not have it as its own.
  if (!isObject(value) || !Object.keys(value).includes('members')) return false;
  const { name, revision, members } = value;
  return (
    isObject(members) &&
    typeof name === 'string' &&
    typeof revision === 'string' &&
    Object.values(members).every((member) => isObject(member) && member['~definition'] === true)
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function nameProblems(found: readonly LoadedContract[], search: ContractSearch): string[] {
  const owners = new Map<string, LoadedContract>();
  return found.flatMap((one) => {
    const { name } = one.description;
    const owner = owners.get(kebabCase(name));
    if (owner === undefined) {
      owners.set(kebabCase(name), one);
      return [];
    }
    const [first, second] = [told(owner.file, search), told(one.file, search)];
    const other = owner.description.name;
    return name === other
      ? [`two contracts have the name "${name}": in ${first} and in ${second}; rename one`]
      : [
          `contracts "${other}" in ${first} and "${name}" in ${second} would share the file ` +
            `"${kebabCase(name)}"; rename one`,
        ];
  });
}

function byName(a: LoadedContract, b: LoadedContract): number {
  return a.description.name < b.description.name ? -1 : 1;
}

function told(path: string, { cwd }: { readonly cwd: string }): string {
  return toPosix(relative(cwd, path));
}

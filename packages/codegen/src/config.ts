import { GenerateError } from './generate-error.js';
import { suggestion } from './suggestion.js';

/** How generated code ends the paths that it imports. */
export type ImportExtension = '.js' | '.ts' | '';

/** What is generated from which contracts. Paths are relative to the config file. */
export interface TrunklineConfig {
  /**
   * Files of contracts. `*` and `{a,b}` stand within a name, `**` for any folders, and `!` in front
   * leaves files out.
   */
  readonly contracts: string | readonly string[];
  /** Folders for `<contract>.server.ts`. */
  readonly server?: string | readonly string[];
  /** Folders for `<contract>.client.ts`. */
  readonly client?: string | readonly string[];
  /** The end of imported paths: `'.js'`, the default; `'.ts'`; `''` for bundlers without either. */
  readonly importExtension?: ImportExtension;
  /**
   * Where the server's code imports contracts from, when not by a relative path:
   * `'@acme/contracts'`, or `'@acme/contracts/*'` with the name of the contract's file.
   */
  readonly contractImport?: string;
}

/** A config with its defaults, checked. */
export interface ResolvedConfig {
  readonly contracts: readonly string[];
  readonly server: readonly string[];
  readonly client: readonly string[];
  readonly importExtension: ImportExtension;
  readonly contractImport: string | undefined;
}

/** Gives a config its type. What is wrong with it shows when something is generated. */
export function defineConfig(config: TrunklineConfig): TrunklineConfig {
  return config;
}

const OPTIONS = ['contracts', 'server', 'client', 'importExtension', 'contractImport'];
const EXTENSIONS: readonly unknown[] = ['.js', '.ts', ''];

/** Fills in defaults. Throws a `GenerateError` with all that is wrong, each under `place`. */
export function resolveConfig(value: unknown, place: string): ResolvedConfig {
  const problems = isRecord(value)
    ? faultsOf(value)
    : [`expected an object such as { contracts: […], client: '…' }, got ${kindOf(value)}`];
  if (problems.length > 0) {
    throw new GenerateError(
      'config',
      problems.map((problem) => `${place}: ${problem}`),
    );
  }
  const config = value as TrunklineConfig;
  return {
    contracts: listOf(config.contracts),
    server: listOf(config.server),
    client: listOf(config.client),
    importExtension: config.importExtension ?? '.js',
    contractImport: config.contractImport,
  };
}

function faultsOf(config: Readonly<Record<string, unknown>>): string[] {
  const { contracts, server, client, importExtension, contractImport } = config;
  const problems = Object.keys(config).flatMap((name) => unknownFault(name) ?? []);
  if (contracts === undefined) {
    problems.push(`option "contracts" is missing; set it to patterns such as 'src/*.contract.ts'`);
  }
  for (const [name, paths] of Object.entries({ contracts, server, client })) {
    if (paths !== undefined) problems.push(...pathFaults(name, paths));
  }
  if (server === undefined && client === undefined) {
    problems.push(`nothing would be generated; set "server", "client" or both to a folder`);
  }
  if (importExtension !== undefined && !EXTENSIONS.includes(importExtension)) {
    const got = JSON.stringify(importExtension);
    problems.push(`option "importExtension": expected ".js", ".ts" or "", got ${got}`);
  }
  if (contractImport !== undefined && !isText(contractImport)) {
    const got = kindOf(contractImport);
    problems.push(`option "contractImport": expected a text such as '@acme/contracts', got ${got}`);
  }
  return problems;
}

function unknownFault(name: string): string | undefined {
  // JSON configs name their schema for editors.
  if (OPTIONS.includes(name) || name === '$schema') return undefined;
  const meant = suggestion(name, OPTIONS);
  const hint = meant === undefined ? '' : `did you mean "${meant}"? `;
  return `unknown option "${name}": ${hint}expected ${OPTIONS.join(', ')}`;
}

function pathFaults(name: string, paths: unknown): string[] {
  const all: readonly unknown[] = Array.isArray(paths) ? paths : [paths];
  if (all.length === 0) return [`option "${name}": the list is empty; leave it out or fill it`];
  return all
    .filter((path) => !isText(path))
    .map((path) => `option "${name}": expected a path or a list of paths, got ${kindOf(path)}`);
}

function listOf(paths: string | readonly string[] = []): readonly string[] {
  return typeof paths === 'string' ? [paths] : [...new Set(paths)];
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}

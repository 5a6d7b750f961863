import { describe, expect, it } from 'vitest';
import { defineConfig, resolveConfig } from './config.js';
import { GenerateError } from './generate-error.js';

const right = { contracts: 'src/*.contract.ts', client: 'out' };

function problemsOf(config: unknown): readonly string[] {
  try {
    resolveConfig(config, 'trunkline.config.ts');
    return [];
  } catch (error) {
    if (error instanceof GenerateError && error.fault === 'config') return error.problems;
    throw error;
  }
}

describe('resolveConfig', () => {
  it('fills in defaults and makes lists of single paths', () => {
    expect(resolveConfig(defineConfig({ contracts: 'a.ts', server: ['x', 'x', 'y'] }), '')).toEqual(
      {
        contracts: ['a.ts'],
        server: ['x', 'y'],
        client: [],
        importExtension: '.js',
        contractImport: undefined,
      },
    );
  });

  it('lets a JSON config name its schema', () => {
    expect(problemsOf({ ...right, $schema: 'x' })).toEqual([]);
  });

  const mistakes: readonly (readonly [string, unknown, string])[] = [
    ['no object', 'src', 'expected an object such as { contracts: […], client: \'…\' }, got "src"'],
    [
      'nothing',
      undefined,
      "expected an object such as { contracts: […], client: '…' }, got undefined",
    ],
    ['a list', [right], "expected an object such as { contracts: […], client: '…' }, got a list"],
    [
      'an option with a wrong letter',
      { ...right, clients: 'x' },
      'unknown option "clients": did you mean "client"? ' +
        'expected contracts, server, client, importExtension, contractImport',
    ],
    [
      'an option that is like none',
      { ...right, minify: true },
      'unknown option "minify": expected contracts, server, client, importExtension, contractImport',
    ],
    [
      'no contracts',
      { client: 'out' },
      'option "contracts" is missing; set it to patterns such as \'src/*.contract.ts\'',
    ],
    [
      'an empty list',
      { ...right, contracts: [] },
      'option "contracts": the list is empty; leave it out or fill it',
    ],
    [
      'an empty path',
      { ...right, server: ' ' },
      'option "server": expected a path or a list of paths, got " "',
    ],
    [
      'a number',
      { ...right, client: ['a', 1] },
      'option "client": expected a path or a list of paths, got 1',
    ],
    [
      'no output',
      { contracts: 'a' },
      'nothing would be generated; set "server", "client" or both to a folder',
    ],
    [
      'another extension',
      { ...right, importExtension: 'js' },
      'option "importExtension": expected ".js", ".ts" or "", got "js"',
    ],
    [
      'a contract import that is no text',
      { ...right, contractImport: {} },
      'option "contractImport": expected a text such as \'@acme/contracts\', got an object',
    ],
  ];

  it.each(mistakes)('refuses %s', (_, config, problem) => {
    expect(problemsOf(config)).toEqual([`trunkline.config.ts: ${problem}`]);
  });

  it('lists all mistakes at once', () => {
    expect(problemsOf({ contract: 'x', importExtension: 1 })).toHaveLength(4);
  });
});

import { describe, expect, it } from 'vitest';
import { findDoorFaults, printDoors } from './check-doors.mjs';
import { createTree } from './fixture-tree.mjs';

/** @type {(name: string, files: Record<string, string>) => Record<string, string>} */
function packageOf(name, files) {
  const manifest = { exports: { '.': { '@trunkline/source': './src/index.ts' } } };
  const sources = Object.entries(files).map(([file, text]) => {
    return [`packages/${name}/src/${file}`, text];
  });
  return {
    [`packages/${name}/package.json`]: JSON.stringify(manifest),
    ...Object.fromEntries(sources),
  };
}

describe('printDoors', () => {
  it('lists each name with its kind, followed through re-exports and sister packages', () => {
    const root = createTree({
      ...packageOf('protocol', {
        'index.ts': "export { Code as ErrorCode } from './code.js';",
        'code.ts': 'export enum Code {}',
      }),
      ...packageOf('client', {
        'index.ts':
          "import { connect } from './connect.js';\nexport { connect, type Options } from './connect.js';\n" +
          "export { ErrorCode } from '@trunkline/protocol';\nexport { connect as dial };",
        'connect.ts': 'export interface Options {}\nexport function connect() {}',
      }),
    });
    expect(printDoors(root, 'client')).toBe(
      '@trunkline/client\n  enum ErrorCode\n  type Options\n  function connect\n  function dial\n',
    );
  });
});

describe('findDoorFaults', () => {
  it('accepts documented names that are on the list', () => {
    const root = createTree({
      ...packageOf('client', { 'index.ts': '/** Says hello. */\nexport const hello = 1;' }),
      'docs/api/client.txt': '@trunkline/client\n  const hello\n',
    });
    expect(findDoorFaults(root)).toEqual([]);
  });

  it('tells what came and what went', () => {
    const root = createTree({
      ...packageOf('client', { 'index.ts': '/** Says hello. */\nexport const hello = 1;' }),
      'docs/api/client.txt': '@trunkline/client\n  const bye\n',
    });
    expect(findDoorFaults(root)).toEqual([
      expect.stringContaining('the doors have changed: -  const bye +  const hello;'),
    ]);
  });

  it('refuses a door with more than 40 names, but for the protocol', () => {
    const names = Array.from({ length: 41 }, (_, index) => `n${index + 10}`);
    const text = names.map((name) => `/** A number. */\nexport const ${name} = 1;`).join('\n');
    const root = createTree({
      ...packageOf('client', { 'index.ts': text }),
      ...packageOf('protocol', { 'index.ts': text }),
      'docs/api/client.txt': `@trunkline/client\n${names.map((name) => `  const ${name}\n`).join('')}`,
      'docs/api/protocol.txt': `@trunkline/protocol\n${names.map((name) => `  const ${name}\n`).join('')}`,
    });
    expect(findDoorFaults(root)).toEqual([
      '@trunkline/client: 41 names; a door for users has at most 40',
    ]);
  });

  it('counts no names that only generated code imports', () => {
    const names = Array.from({ length: 41 }, (_, index) => `n${index + 10}`);
    const text = names.map((name) => `/** A number. */\nexport const ${name} = 1;`).join('\n');
    const root = createTree({
      ...packageOf('client', { 'index.ts': text }),
      'docs/api/client.txt': `@trunkline/client\n${names.map((name) => `  const ${name}\n`).join('')}`,
      'packages/codegen/fixtures/generated/chat.client.ts':
        "import { n10, n20 } from '@trunkline/client';\nimport { n11 } from '@trunkline/server';",
    });
    expect(findDoorFaults(root, { client: { names: ['n10'], reason: 'generated' } })).toEqual([]);
    expect(findDoorFaults(root, { client: { names: ['n10', 'n11'], reason: '' } })).toEqual([
      expect.stringContaining('imports "n11" from @trunkline/client; take it out'),
    ]);
  });

  it.each([
    ['without a comment', 'export const a = 1;', 'exported without a doc comment'],
    ['behind a line comment', '// Why.\nexport const a = 1;', 'exported without a doc comment'],
    [
      'behind the comment of another',
      '/** B. */\nconst b = 1;\nexport const a = b;',
      '"a" is exported without',
    ],
    [
      'with a long first sentence',
      `/** ${'a'.repeat(120)}. */\nexport const a = 1;`,
      'keep it below 100',
    ],
  ])('refuses an export %s', (_case, text, message) => {
    const root = createTree({
      ...packageOf('client', { 'index.ts': text }),
      'docs/api/client.txt': '@trunkline/client\n  const a\n',
    });
    expect(findDoorFaults(root)).toEqual([expect.stringContaining(message)]);
  });

  it('accepts a comment before decorators and on the first overload', () => {
    const root = createTree({
      ...packageOf('client', {
        'index.ts':
          '/** A class. */\n@mark()\nexport class A {}\n/** Overloaded. */\nexport function b(x: 1): 1;\n' +
          'export function b(x: 2): 2;\nexport function b(x: 1 | 2) {\n  return x;\n}',
      }),
      'docs/api/client.txt': '@trunkline/client\n  class A\n  function b\n',
    });
    expect(findDoorFaults(root)).toEqual([]);
  });

  it('refuses "export *", a name that leads nowhere and a door without a file', () => {
    const root = createTree({
      ...packageOf('client', {
        'index.ts': "export * from './a.js';\nexport { b } from './b.js';",
      }),
      ...packageOf('server', {}),
      'docs/api/client.txt': '@trunkline/client\n',
      'docs/api/server.txt': '@trunkline/server\n',
    });
    expect(findDoorFaults(root)).toEqual([
      expect.stringContaining('server/src/index.ts: is a door in package.json and does not exist'),
      expect.stringContaining('client/src/index.ts:1: "export *" hides what the door offers'),
      expect.stringContaining('"b" leads to no declaration'),
    ]);
  });
});

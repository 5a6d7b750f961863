import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { TempProject, contractText } from '../tests/temp-project.js';
import type { TrunklineConfig } from './config.js';
import { generate } from './generate.js';

const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url));
const everything = { contracts: '*.contract.ts', server: 'generated', client: 'generated' };

async function textsOf(cwd: string, config: TrunklineConfig): Promise<Record<string, string>> {
  const { files } = await generate({ cwd, config, check: true });
  return Object.fromEntries(files.map(({ path, after }) => [path, after ?? '']));
}

describe('generated files', () => {
  let texts: Record<string, string>;

  beforeAll(async () => {
    texts = await textsOf(fixtures, everything);
  });

  it('are those that lie in the fixtures, which people have read', async () => {
    expect(Object.keys(texts).sort()).toEqual(
      readdirSync(`${fixtures}/generated`)
        .map((name) => `generated/${name}`)
        .sort(),
    );
    for (const [path, text] of Object.entries(texts)) {
      await expect(text).toMatchFileSnapshot(`${fixtures}/${path}`);
    }
  });

  it('are the same in each run and whatever is loaded before', async () => {
    const reversed = ['everything', 'chat', 'admin-users'].map((name) => `${name}.contract.ts`);
    expect(await textsOf(fixtures, { ...everything, contracts: reversed })).toEqual(texts);
    const alone = await textsOf(fixtures, { ...everything, contracts: 'chat.contract.ts' });
    expect(alone['generated/chat.client.ts']).toBe(texts['generated/chat.client.ts']);
    expect(alone['generated/chat.server.ts']).toBe(texts['generated/chat.server.ts']);
  });

  it('have no "any", no zod and no path of the machine in them', () => {
    expect(Object.keys(texts)).toHaveLength(6);
    for (const text of Object.values(texts)) {
      expect(text).not.toMatch(/\bany\b|\bzod\b|\bz\./);
      expect(text).not.toContain(fixtures);
    }
  });

  const imports: readonly (readonly [string, string, Partial<TrunklineConfig>, string])[] = [
    ['by the default', 'src/chat.contract.ts', {}, '../src/chat.contract.js'],
    ['of .mts', 'src/chat.contract.mts', {}, '../src/chat.contract.mjs'],
    ['beside it', 'out/chat.contract.ts', {}, './chat.contract.js'],
    ['with ".ts"', 'src/chat.contract.ts', { importExtension: '.ts' }, '../src/chat.contract.ts'],
    ['without end', 'src/chat.contract.ts', { importExtension: '' }, '../src/chat.contract'],
    [
      'of .mts without end',
      'src/chat.contract.mts',
      { importExtension: '' },
      '../src/chat.contract.mjs',
    ],
    [
      'from a package',
      'src/chat.contract.ts',
      { contractImport: '@acme/contracts' },
      '@acme/contracts',
    ],
    [
      'from a package by file',
      'src/chat.contract.ts',
      { contractImport: '@acme/c/*' },
      '@acme/c/chat.contract',
    ],
  ];

  it.each(imports)('import their contract %s', async (...row) => {
    const [, file, options, specifier] = row;
    await using project = await TempProject.create({ [file]: contractText('chat') });
    const written = await textsOf(project.folder, { contracts: file, server: 'out', ...options });
    expect(written['out/chat.server.ts']).toContain(`import { chat } from '${specifier}';`);
  });

  const exports: readonly (readonly [string, string, string])[] = [
    ['its own name', 'export { c as chat }; export default c;', 'import { chat } from'],
    ['another name', 'export { c as other }; export default c;', 'import { other } from'],
    ['no name', 'export default c;', 'import chatContract from'],
    [
      'a name of the file',
      'export { c as ChatService };',
      'import { ChatService as chatContract } from',
    ],
    ['a word of the language', 'export { c as class };', 'import { "class" as chatContract } from'],
  ];

  it.each(exports)('import a contract that is exported under %s', async (_, exported, line) => {
    const source = `import { contract, call } from '@trunkline/contract';
      const c = contract('chat', { one: call() }); ${exported}`;
    await using project = await TempProject.create({ 'chat.ts': source });
    const written = await textsOf(project.folder, { contracts: 'chat.ts', server: 'out' });
    expect(written['out/chat.server.ts']?.replaceAll("'", '"')).toContain(line);
  });
});

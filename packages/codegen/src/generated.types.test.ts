import { describe as describeContract, type Contract } from '@trunkline/contract';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { format } from 'oxfmt';
import { describe, expect, it } from 'vitest';
import adminUsers from '../fixtures/admin-users.contract.js';
import { chat } from '../fixtures/chat.contract.js';
import { everything } from '../fixtures/everything.contract.js';
import { memberParts, partTypeName } from './member-part.js';
import { kebabCase, pascalCase } from './names.js';

const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url));
const root = fileURLToPath(new URL('../../..', import.meta.url));
const tsc = `${root}/node_modules/typescript/bin/tsc`;

// The side of a schema that the client has, and the side that the handler has.
const SIDES = {
  input: ['input', 'output'],
  up: ['input', 'output'],
  down: ['output', 'input'],
  output: ['output', 'input'],
  params: ['input', 'output'],
  message: ['output', 'input'],
} as const;

/** Writes a module that compiles only if generated types are those that zod infers. */
function equalityText(contract: Contract, imported: string): string {
  const { name, members, client = [] } = describeContract(contract);
  const hasCalls = client.length > 0;
  const file = kebabCase(name);
  const lines = [
    `import type { ${hasCalls ? 'ClientHandlersOf, ' : ''}ClientOf } from '@trunkline/client';`,
    `import type * as z from 'zod';`,
    `import type ${imported} from '../${file}.contract.js';`,
    `import type * as client from '../generated/${file}.client.js';`,
    `import type * as server from '../generated/${file}.server.js';`,
    '',
    `type Members = (typeof contract)['members'];`,
    ...(hasCalls ? [`type Calls = NonNullable<(typeof contract)['client']>;`] : []),
    'type Equal<A, B> =',
    '  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;',
    'type Alike<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;',
    '',
    'export const equal: readonly true[] = [];',
  ];
  const check = (text: string) => lines.push(`equal satisfies readonly ${text}[];`);
  const equal = (a: string, b: string) => check(`Equal<${a}, ${b}>`);
  for (const member of members) {
    for (const { part } of memberParts(member)) {
      const type = partTypeName(member.name, part);
      const schema = `Members['${member.name}']['${part === 'publishInput' ? 'message' : part}']`;
      if (part === 'publishInput') {
        equal(`client.${type}`, `z.input<${schema}>`);
      } else if (part === 'errors') {
        const codes = `{ [Code in keyof ${schema}]: z.output<${schema}[Code]> }`;
        equal(`client.${type}`, codes);
      } else {
        const [clientSide, serverSide] = SIDES[part];
        equal(`client.${type}`, `z.${clientSide}<${schema}>`);
        equal(`server.${type}`, `z.${serverSide}<${schema}>`);
      }
    }
  }
  for (const call of client) {
    for (const { part } of memberParts(call)) {
      const type = partTypeName(call.name, part);
      const schema = `Calls['${call.name}']['${part}']`;
      if (part === 'errors') {
        const codes = `{ [Code in keyof ${schema}]: z.input<${schema}[Code]> }`;
        equal(`client.${type}`, codes);
      } else if (part === 'input' || part === 'output') {
        const [serverSide, clientSide] = SIDES[part];
        equal(`client.${type}`, `z.${clientSide}<${schema}>`);
        equal(`server.${type}`, `z.${serverSide}<${schema}>`);
      }
    }
  }
  if (hasCalls) {
    const handlers = `${pascalCase(name)}ClientHandlers`;
    check(`Alike<client.${handlers}, ClientHandlersOf<typeof contract>>`);
  }
  check(`Alike<client.${pascalCase(name)}Client, ClientOf<typeof contract>>`);
  return `${lines.join('\n')}\n`;
}

async function compile(): Promise<string[]> {
  const run = promisify(execFile);
  const said = await run(process.execPath, [tsc, '-p', fixtures], { cwd: root }).then(
    ({ stdout }) => stdout,
    (error: { stdout: string }) => error.stdout,
  );
  // Other packages are compiled from their sources here, and answer for them elsewhere.
  return said.split('\n').filter((line) => line.includes('codegen/'));
}

describe('generated types', () => {
  const contracts: readonly (readonly [Contract, string])[] = [
    [chat as unknown as Contract, '{ chat as contract }'],
    [everything as unknown as Contract, '{ everything as contract }'],
    [adminUsers as unknown as Contract, 'contract'],
  ];

  it.each(contracts)('are compared with those that zod infers: %#', async (contract, imported) => {
    const path = `${fixtures}/types/${kebabCase(contract.name)}.equality.ts`;
    const { code } = await format(path, equalityText(contract, imported), {
      printWidth: 100,
      singleQuote: true,
    });
    await expect(code).toMatchFileSnapshot(path);
  });

  it('compile in all that the fixtures do with them, and are equal', async () => {
    expect(await compile()).toEqual([]);
  }, 60_000);
});

import { VirtualRuntime } from '@trunkline/protocol/testing';
import { describe, expect, it } from 'vitest';
import { contractText, TempProject } from '../tests/temp-project.js';
import { GenerateError, type Fault } from './generate-error.js';
import { generate, type GenerateOptions } from './generate.js';

const config = { contracts: 'src/*.contract.ts', client: 'out', server: 'out' };

async function failureOf(options: GenerateOptions): Promise<GenerateError> {
  const error: unknown = await generate(options).catch((thrown: unknown) => thrown);
  if (error instanceof GenerateError) return error;
  throw new Error('expected a GenerateError', { cause: error });
}

const oneWay = `one: call({ output: z.object({ at: z.string().transform(Number) }) })`;
const named = `z.object({ a: z.int() }).meta({ id: 'OneInput' })`;

interface BadContracts {
  readonly title: string;
  readonly files: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
  readonly fault?: Fault;
}

const table: readonly BadContracts[] = [
  {
    title: 'a type that only the compiler knows, with line, path and mend',
    files: { 'src/chat.contract.ts': contractText('chat', oneWay) },
    problems: [
      'src/chat.contract.ts:4: chat.one.output.at: what a .transform() gives is known to the ' +
        'compiler only; add .pipe(schema) behind it, or use z.codec()',
    ],
  },
  {
    title: 'all problems of all contracts at once',
    files: {
      'src/a.contract.ts': contractText('a', `${oneWay}, then: call()`),
      'src/b.contract.ts': contractText('b', 'two: call({ input: z.symbol() })'),
    },
    problems: [
      'src/a.contract.ts:4: a.one.output.at: what a .transform() gives is known to the ' +
        'compiler only; add .pipe(schema) behind it, or use z.codec()',
      'src/a.contract.ts:4: a.then: the name "then" is refused since it hides a property of ' +
        'functions or objects; rename it',
      'src/b.contract.ts:4: b.two.input: a symbol cannot be carried; use z.enum() or z.literal()',
    ],
  },
  {
    title: 'a contract that stands in another file than the one that exports it',
    files: {
      'src/chat.contract.ts': `export * from './inner.js';`,
      'src/inner.ts': contractText('chat', oneWay),
    },
    problems: [expect.stringMatching(/^src\/inner\.ts:4: chat\.one\.output\.at: /)],
  },
  {
    title: 'a syntax error',
    files: { 'src/chat.contract.ts': 'export const a = 1;\nexport const b: = 2;\n' },
    problems: ['src/chat.contract.ts:2:16: syntax error: Unexpected token'],
  },
  {
    title: 'a syntax error in a file that is imported',
    files: {
      'src/chat.contract.ts': `export * from './inner.js';`,
      'src/inner.ts': 'export const b: = 2;',
    },
    problems: ['src/chat.contract.ts: syntax error in src/inner.ts:1:16: Unexpected token'],
  },
  {
    title: 'a file that is missing',
    files: {
      'src/chat.contract.ts': `export * from './inner.js';`,
      'src/inner.ts': `export * from './nowhere.js';`,
    },
    problems: ['src/chat.contract.ts: cannot find module "./nowhere.js", imported by src/inner.ts'],
  },
  {
    title: 'a package that is missing',
    files: { 'src/chat.contract.ts': `export * from 'no-such-package';` },
    problems: ['src/chat.contract.ts: cannot find module "no-such-package"'],
  },
  {
    title: 'what a module throws, with its line',
    files: {
      'src/chat.contract.ts': `import './inner.js';`,
      'src/inner.ts': `\nfunction fail(): never {\n  throw new RangeError('no DATABASE_URL');\n}\nfail();\n`,
    },
    problems: ['src/chat.contract.ts: RangeError: no DATABASE_URL (at src/inner.ts:3)'],
  },
  {
    title: 'what a module throws that is no error',
    files: { 'src/chat.contract.ts': `throw 'no';` },
    problems: ['src/chat.contract.ts: threw no'],
  },
  {
    title: 'two contracts of one name, with both files',
    files: {
      'src/a.contract.ts': contractText('chat'),
      'src/b.contract.ts': contractText('chat', 'two: call()'),
    },
    problems: [
      'two contracts have the name "chat": in src/a.contract.ts and in src/b.contract.ts; rename one',
    ],
  },
  {
    title: 'two contracts that would share a file',
    files: {
      'src/a.contract.ts': contractText('adminUsers'),
      'src/b.contract.ts': contractText('admin.users'),
    },
    problems: [
      'contracts "adminUsers" in src/a.contract.ts and "admin.users" in src/b.contract.ts would ' +
        'share the file "admin-users"; rename one',
    ],
  },
  {
    title: 'types that would share a name, with the file',
    files: {
      'src/chat.contract.ts': contractText(
        'chat',
        `one: call({ input: z.string() }), two: call({ input: ${named} })`,
      ),
    },
    problems: [
      'src/chat.contract.ts: chat.one.input: its type would be called "OneInput" as another one ' +
        'is; give the schema that is called "OneInput" by .meta({ id }) another id',
    ],
  },
  {
    title: 'files without any contract',
    files: { 'src/chat.contract.ts': 'export const chat = { name: "chat", members: {} };' },
    problems: ['no file exports a contract: looked into src/chat.contract.ts'],
  },
  {
    title: 'a pattern that matches nothing',
    files: { 'contracts/chat.contract.ts': contractText('chat'), 'src/chat.contract.d.ts': '' },
    problems: ['option "contracts": "src/*.contract.ts" matches no file below "."'],
    fault: 'config',
  },
];

describe('loadContracts', () => {
  it.each(table)('names $title', async ({ files, problems, fault = 'contract' }) => {
    await using project = await TempProject.create(files);
    const error = await failureOf({ cwd: project.folder, config });
    expect(error.problems).toEqual(problems);
    expect(error.fault).toBe(fault);
    expect(error.message).toBe(error.problems.join('\n'));
    expect(project.has('out')).toBe(false);
  });

  it('gives up on a module whose import never ends', async () => {
    await using project = await TempProject.create({
      'src/chat.contract.ts': 'await new Promise(() => {});\nexport {};',
    });
    const runtime = new VirtualRuntime();
    const failure = failureOf({ cwd: project.folder, config, runtime });
    while (runtime.timers === 0) await runtime.settle();
    await runtime.advance(30_000);
    expect((await failure).problems).toEqual([
      'src/chat.contract.ts: importing it did not end within 30 seconds; look for a top-level ' +
        'await, here or in what it imports, that waits for ever',
    ]);
    expect(runtime.timers).toBe(0);
  });

  it('takes named and default exports, each contract once, and says which files have none', async () => {
    await using project = await TempProject.create({
      'src/all.contract.ts': `export * from './b.contract.js'; export * as a from './a.contract.js';`,
      'src/a.contract.ts': contractText('a') + 'export default a;',
      'src/b.contract.ts': contractText('b') + contractText('c').split('\n')[3],
      'src/none.contract.ts': 'export const nothing = { name: 1 };',
    });
    const { files, emptyFiles } = await generate({ cwd: project.folder, config, check: true });
    expect(files.map(({ path }) => path)).toEqual(
      ['a', 'b', 'c'].flatMap((name) => [`out/${name}.client.ts`, `out/${name}.server.ts`]),
    );
    expect(emptyFiles).toEqual(['src/none.contract.ts']);
  });

  it('leaves out what a negative pattern names', async () => {
    await using project = await TempProject.create({
      'src/a.contract.ts': contractText('a'),
      'src/b.contract.ts': 'throw new Error();',
    });
    const contracts = [config.contracts, '!src/b*'];
    const { files } = await generate({ cwd: project.folder, config: { contracts, client: 'out' } });
    expect(files.map(({ path }) => path)).toEqual(['out/a.client.ts']);
  });

  it('runs contracts as the project does: path aliases, enums, decorators, JSON, top-level await', async () => {
    await using project = await TempProject.create({
      'packages/contracts/tsconfig.json': JSON.stringify({
        compilerOptions: { experimentalDecorators: true, paths: { '@shared/*': ['../shared/*'] } },
      }),
      'packages/shared/colour.ts': `export enum Colour { Red = 'red', Blue = 'blue' }`,
      'packages/shared/limits.json': '{ "max": 3 }',
      'packages/contracts/chat.contract.ts': contractText(
        'chat',
        'one: call({ input: z.object({ colour: z.enum(Colour) }), output: schema })',
        `import { Colour } from '@shared/colour.js';
         import limits from '@shared/limits.json';
         const seal = (target: Function) => Object.seal(target);
         @seal class Limits { constructor(readonly max = limits.max) {} }
         const schema = await Promise.resolve(z.literal(new Limits().max));`,
      ),
    });
    const contracts = 'packages/*/*.contract.ts';
    await generate({ cwd: project.folder, config: { contracts, client: 'out' } });
    const text = await project.read('out/chat.client.ts');
    expect(text).toContain(`colour: 'red' | 'blue';`);
    expect(text).toContain('export type OneOutput = 3;');
  });

  it('runs files anew each time, and what they share once', async () => {
    await using project = await TempProject.create({
      'src/shared.ts': `import * as z from 'zod';
        globalThis.runs = (globalThis.runs ?? 0) + 1;
        export const Shared = z.object({ a: z.string() }).meta({ id: 'Shared' });`,
      'src/a.contract.ts': contractText(
        'a',
        'one: call({ input: Shared })',
        `import { Shared } from './shared.js';`,
      ),
      'src/b.contract.ts': contractText(
        'b',
        'one: call({ input: Shared })',
        `import { Shared } from './shared';`,
      ),
    });
    const runs = () => (globalThis as { runs?: number }).runs;
    await generate({ cwd: project.folder, config });
    expect(runs()).toBe(1);
    await project.write('src/shared.ts', (await project.read('src/shared.ts')).replace('a:', 'b:'));
    await generate({ cwd: project.folder, config });
    expect(runs()).toBe(2);
    expect(await project.read('out/a.client.ts')).toContain('b: string;');
  });
});

import { VirtualRuntime } from '@trunkline/protocol/testing';
import { describe, expect, it } from 'vitest';
import { contractText, TempProject } from '../tests/temp-project.js';
import { runCommand } from './cli.js';
import { EXIT_CODES, type Terminal } from './terminal.js';
import type { FileWatcher } from './watch.js';

/** A terminal that keeps what is written, and files that change when the test says so. */
class TestTerminal implements Terminal, FileWatcher {
  readonly runtime = new VirtualRuntime();
  readonly lines: string[] = [];
  readonly errors: string[] = [];
  readonly cwd: string;
  change: (path: string) => void = () => undefined;
  stop: () => void = () => undefined;
  isClosed = false;

  constructor({ folder }: TempProject) {
    this.cwd = folder;
  }

  readonly out = (text: string) => void this.lines.push(text);
  readonly error = (text: string) => void this.errors.push(text);
  readonly untilStopped = () => new Promise<void>((stop) => (this.stop = stop));
  readonly openWatcher = (onChange: (path: string) => void) => {
    this.change = onChange;
    return this;
  };

  async add(): Promise<void> {}

  async close(): Promise<void> {
    this.isClosed = true;
  }

  /** Waits until a line like this was written, moving time on. */
  async line(pattern: RegExp, lines: readonly string[] = this.lines): Promise<string> {
    for (;;) {
      const found = lines.find((line) => pattern.test(line));
      if (found !== undefined) return found;
      await this.runtime.advance(50);
    }
  }
}

const config = `import { defineConfig } from '@trunkline/codegen';
  export default defineConfig({ contracts: 'src/*.contract.ts', client: 'out' });`;

const files = { 'trunkline.config.ts': config, 'src/a.contract.ts': contractText('a') };

async function run(project: TempProject, ...args: readonly string[]) {
  const terminal = new TestTerminal(project);
  const code = await runCommand(args, terminal);
  return { code, out: terminal.lines.join('\n'), error: terminal.errors.join('\n') };
}

describe('trunkline', () => {
  it('tells its version and how it is used', async () => {
    await using project = await TempProject.create({});
    expect(await run(project, '--version')).toEqual({
      code: EXIT_CODES.ok,
      out: expect.stringMatching(/^\d+\.\d+\.\d+/),
      error: '',
    });
    const help = await run(project, 'generate', '--help');
    expect(help).toMatchObject({ code: EXIT_CODES.ok, error: '' });
    expect(help.out).toContain('--check');
  });

  const mistakes: readonly (readonly [readonly string[], string])[] = [
    [['genrate'], "error: unknown command 'genrate'\n(Did you mean generate?)"],
    [['generate', '--wacth'], "error: unknown option '--wacth'\n(Did you mean --watch?)"],
    [['generate', '--config'], "error: option '--config <file>' argument missing"],
    [
      ['generate', 'src'],
      "error: too many arguments for 'generate'. Expected 0 arguments but got 1.",
    ],
    [
      ['generate', '--check', '--watch'],
      "error: option '--watch' cannot be used with option '--check'",
    ],
    [['generate', '--cwd', 'nowhere'], 'error: no such folder: "{cwd}/nowhere"'],
    [['generate', '--config', 'x.config.ts'], 'error: no such config file: "x.config.ts"'],
    [['generate', '--watch', '--config', 'x.ts'], 'error: no such config file: "x.ts"'],
    [
      ['generate', '--config', 'a.yaml'],
      'error: a.yaml: expected a file that ends with .ts, .mts, .js, .mjs, .json',
    ],
    [
      ['generate'],
      'error: no config file here: expected one of trunkline.config.ts, trunkline.config.mts, ' +
        'trunkline.config.js, trunkline.config.mjs, trunkline.config.json, or --config <file>',
    ],
  ];

  it.each(mistakes)('refuses %j', async (args, error) => {
    await using project = await TempProject.create({ 'a.yaml': '' });
    const told = error.replace('{cwd}', project.folder);
    expect(await run(project, ...args)).toEqual({ code: EXIT_CODES.usage, out: '', error: told });
  });

  const configs: readonly (readonly [string, string, string])[] = [
    [
      'trunkline.config.ts',
      'export const a = 1;',
      'trunkline.config.ts: has no default export; write export default defineConfig({ contracts: […], client: … })',
    ],
    [
      'trunkline.config.mts',
      'export default { contract: "a", contracts: "a", client: "b" };',
      'trunkline.config.mts: unknown option "contract": did you mean "contracts"? expected contracts, server, client, importExtension, contractImport',
    ],
    [
      'trunkline.config.js',
      'export default () => 1;',
      "trunkline.config.js: expected an object such as { contracts: […], client: '…' }, got a function",
    ],
    [
      'trunkline.config.mjs',
      'export default {',
      'trunkline.config.mjs:1:16: syntax error: Unexpected token',
    ],
    [
      'trunkline.config.json',
      'null',
      "trunkline.config.json: expected an object such as { contracts: […], client: '…' }, got null",
    ],
    ['trunkline.config.ts', `import 'nope';`, 'trunkline.config.ts: cannot find module "nope"'],
  ];

  it.each(configs)('refuses a bad %s: %s', async (file, text, error) => {
    await using project = await TempProject.create({ [file]: text });
    const result = await run(project, 'generate');
    expect(result).toEqual({ code: EXIT_CODES.usage, out: '', error: `error: ${error}` });
  });

  it('refuses a JSON config that is no JSON, and two configs in one folder', async () => {
    await using project = await TempProject.create({ 'trunkline.config.json': '{' });
    const broken = await run(project, 'generate');
    expect(broken.code).toBe(EXIT_CODES.usage);
    expect(broken.error).toMatch(/^error: trunkline\.config\.json: is not JSON: /);
    await project.write('trunkline.config.ts', config);
    expect((await run(project, 'generate')).error).toBe(
      'error: both "trunkline.config.ts" and "trunkline.config.json" are here; keep one',
    );
  });
});

describe('trunkline generate', () => {
  it('writes files and says so, and does nothing when it is run again', async () => {
    await using project = await TempProject.create(files);
    expect(await run(project, 'generate')).toEqual({
      code: EXIT_CODES.ok,
      out: 'written: out/a.client.ts\n1 written in 0 ms',
      error: '',
    });
    expect(await run(project, 'generate')).toEqual({
      code: EXIT_CODES.ok,
      out: '1 unchanged in 0 ms',
      error: '',
    });
  });

  it('takes paths of a config file from where that file is, and tells them from here', async () => {
    const contracts = '{ "contracts": "*.contract.ts", "client": "../out" }';
    await using project = await TempProject.create({
      'app/src/a.contract.ts': contractText('a'),
      'app/src/my.json': contracts,
    });
    const { out } = await run(project, 'generate', '--cwd', 'app', '--config', 'src/my.json');
    expect(out).toBe('written: out/a.client.ts\n1 written in 0 ms');
    expect(project.has('app/out/a.client.ts')).toBe(true);
  });

  it('ends with 1 for a contract that cannot be built, and lists what is wrong', async () => {
    await using project = await TempProject.create({
      ...files,
      'src/b.contract.ts': contractText(
        'b',
        'one: call({ input: z.symbol(), output: z.symbol() })',
      ),
    });
    const { code, error } = await run(project, 'generate');
    expect(code).toBe(EXIT_CODES.failed);
    expect(error.split('\n').map((line) => line.slice(0, 44))).toEqual([
      'error: src/b.contract.ts:4: b.one.input: a s',
      'error: src/b.contract.ts:4: b.one.output: a ',
    ]);
  });

  it('ends with 2 where it may not write', async () => {
    await using project = await TempProject.create({ ...files, out: 'a file' });
    const { code, error } = await run(project, 'generate');
    expect(code).toBe(EXIT_CODES.usage);
    expect(error).toMatch(/^error: the disk refused: ENOTDIR/);
  });
});

describe('trunkline generate --check', () => {
  it('ends with 0 when all is up to date, and with 1, a diff and the mend when not', async () => {
    await using project = await TempProject.create(files);
    await run(project, 'generate');
    expect(await run(project, 'generate', '--check')).toEqual({
      code: EXIT_CODES.ok,
      out: '1 up to date (0 ms)',
      error: '',
    });

    await project.write('src/a.contract.ts', contractText('a', 'one: call(), two: call()'));
    const { code, out, error } = await run(
      project,
      'generate',
      '--check',
      '--config',
      'trunkline.config.ts',
    );
    expect(code).toBe(EXIT_CODES.failed);
    expect(out).toContain(
      [
        'stale: out/a.client.ts',
        '--- out/a.client.ts\ton disk',
        '+++ out/a.client.ts\tgenerated',
      ].join('\n'),
    );
    expect(out).toContain('+  readonly two: CallMethod<undefined, undefined>;');
    expect(error).toBe(
      'error: generated files are not up to date; run "trunkline generate --config trunkline.config.ts"',
    );
    expect(await project.read('out/a.client.ts')).not.toContain('two');
  });
});

describe('trunkline generate --watch', () => {
  it('generates at each change, survives mistakes, and ends with 0 when it is stopped', async () => {
    await using project = await TempProject.create(files);
    const terminal = new TestTerminal(project);
    const code = runCommand(['generate', '--watch'], terminal);
    expect(await terminal.line(/watching/)).toBe('watching for changes; stop with ctrl-c');
    expect(terminal.lines[0]).toMatch(/^written: out\/a\.client\.ts/);

    await project.write('src/a.contract.ts', 'export const a: = 1;');
    terminal.change(project.path('src/a.contract.ts'));
    expect(await terminal.line(/syntax/, terminal.errors)).toBe(
      'error: src/a.contract.ts:1:16: syntax error: Unexpected token',
    );
    await project.write('src/a.contract.ts', contractText('a', 'three: call()'));
    terminal.change(project.path('src/a.contract.ts'));
    while ((await project.read('out/a.client.ts')).includes('one'))
      await terminal.runtime.advance(50);

    terminal.stop();
    expect(await code).toBe(EXIT_CODES.ok);
    expect(terminal.isClosed).toBe(true);
    expect(terminal.runtime.timers).toBe(0);
  });

  it('waits for a config that is broken to be mended', async () => {
    await using project = await TempProject.create({
      ...files,
      'trunkline.config.ts': 'export {};',
    });
    const terminal = new TestTerminal(project);
    const code = runCommand(['generate', '--watch'], terminal);
    await terminal.line(/watching/);
    expect(terminal.errors).toEqual([expect.stringContaining('has no default export')]);
    await project.write('trunkline.config.ts', config);
    terminal.change(project.path('trunkline.config.ts'));
    await terminal.line(/written: out\/a\.client\.ts/);
    terminal.stop();
    expect(await code).toBe(EXIT_CODES.ok);
  });
});

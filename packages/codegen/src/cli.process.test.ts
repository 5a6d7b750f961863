import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { contractText, TempProject } from '../tests/temp-project.js';

const run = promisify(execFile);
const bin = fileURLToPath(new URL('../bin/trunkline.js', import.meta.url));

const files = {
  'package.json': '{ "type": "module" }',
  'trunkline.config.ts': `import { defineConfig } from '@trunkline/codegen';
    export default defineConfig({ contracts: 'src/*.contract.ts', client: 'out', server: 'out' });`,
  'src/a.contract.ts': contractText(
    'a',
    'one: call()',
    `console.log('the contract speaks');
    setInterval(() => undefined, 1000);`,
  ),
};

/** The real command as a process of its own. */
class CommandProcess {
  readonly #child: ChildProcess;
  readonly code: Promise<number | null>;
  out = '';
  error = '';

  constructor({ folder }: TempProject, ...args: readonly string[]) {
    this.#child = spawn(process.execPath, [bin, ...args], { cwd: folder });
    this.#child.stdout?.on('data', (bytes) => (this.out += String(bytes)));
    this.#child.stderr?.on('data', (bytes) => (this.error += String(bytes)));
    this.code = new Promise((done) => this.#child.once('close', done));
  }

  /** Waits until it has written this. */
  async written(text: string): Promise<void> {
    while (!this.out.includes(text)) {
      await new Promise((done) => this.#child.stdout?.once('data', done));
    }
  }

  interrupt(): void {
    this.#child.kill('SIGINT');
  }
}

/** Tells whether a module of the command brings the WebSocket library with it. */
async function loadsWebSockets(module: string): Promise<string> {
  const program = `import { createRequire } from 'node:module';
    await import(${JSON.stringify(new URL(`../dist/${module}`, import.meta.url).href)});
    const loaded = Object.keys(createRequire(import.meta.url).cache);
    console.log(loaded.some((path) => path.includes('/node_modules/ws/')));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
  });
  return stdout.trim();
}

describe('bin/trunkline.js', () => {
  it('loads what the tools need only when one of them is asked for', async () => {
    expect(await loadsWebSockets('cli.js')).toBe('false');
    expect(await loadsWebSockets('tap/run-tap.js')).toBe('true');
  });

  it('generates and ends, though a contract keeps a timer, and lets the contract speak', async () => {
    await using project = await TempProject.create(files);
    const command = new CommandProcess(project, 'generate');
    expect(await command.code).toBe(0);
    expect(command.error).toBe('');
    expect(command.out).toMatch(
      /^the contract speaks\nwritten: out\/a.client.ts\nwritten: out\/a.server.ts\n2 written in \d+ ms\n$/,
    );
  });

  it('ends a check with 1 for what is stale, and a mistyped flag with 2', async () => {
    await using project = await TempProject.create(files);
    const [check, mistyped] = [
      new CommandProcess(project, 'generate', '--check'),
      new CommandProcess(project, 'generate', '--chekc'),
    ];
    expect(await check.code).toBe(1);
    expect(check.error).toBe(
      'error: generated files are not up to date; run "trunkline generate"\n',
    );
    expect(await mistyped.code).toBe(2);
    expect(mistyped.error).toContain('(Did you mean --check?)');
    expect(project.has('out')).toBe(false);
  });

  it('watches the disk until it is interrupted', async () => {
    await using project = await TempProject.create(files);
    const command = new CommandProcess(project, 'generate', '--watch');
    await command.written('watching for changes');
    await project.write('src/b.contract.ts', contractText('b'));
    await command.written('written: out/b.client.ts');
    command.interrupt();
    expect(await command.code).toBe(0);
    expect(command.error).toBe('');
  });
});

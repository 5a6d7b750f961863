import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fencesOf, readDocument } from './markdown.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const COMPILER = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));
const PACKAGES = ['protocol', 'contract', 'server', 'client', 'codegen', 'observe'];

const OPTIONS = {
  extends: '../../../tsconfig.base.json',
  include: ['*.ts'],
  compilerOptions: {
    noEmit: true,
    composite: false,
    declaration: false,
    declarationMap: false,
    sourceMap: false,
    rootDir: '../../..',
    lib: ['ES2023', 'DOM'],
    types: ['node'],
    customConditions: ['@trunkline/source'],
    tsBuildInfoFile: null,
  },
};

/** The programs of a README by the file name in their first line. */
function programsOf(packageName: string): [file: string, text: string][] {
  return fencesOf(readDocument(`packages/${packageName}/README.md`))
    .filter(({ info }) => info === 'ts')
    .map(({ text }) => [/^\/\/ (\S+\.ts)\n/.exec(text)?.[1] ?? 'program without a name', text]);
}

describe('the README of a package', () => {
  it.each(PACKAGES)('is short and shows how to install and use it: %s', (packageName) => {
    const readme = readDocument(`packages/${packageName}/README.md`);
    expect(readme.split('\n')[0]).toBe(`# @trunkline/${packageName}`);
    expect(readme).toMatch(new RegExp(`^npm install .*@trunkline/${packageName}\\b`, 'm'));
    expect(readme.split('\n').length).toBeLessThanOrEqual(32);
  });

  it('shows programs that compile, as one project', { timeout: 60_000 }, async () => {
    const programs = PACKAGES.flatMap(programsOf);
    expect(programs.map(([file]) => file)).toEqual([
      'inspect.ts',
      'clock.contract.ts',
      'server.ts',
      'client.ts',
      'trunkline.config.ts',
      'observed.ts',
    ]);
    const folder = mkdtempSync(join(HERE, '.readme-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    for (const [file, text] of programs) writeFileSync(join(folder, file), text);
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(OPTIONS));
    const compiled = promisify(execFile)(process.execPath, [COMPILER, '-p', folder]);
    await expect(compiled).resolves.toMatchObject({ stdout: '' });
  });
});

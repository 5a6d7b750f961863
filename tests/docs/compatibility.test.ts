import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { listCombinations, TYPESCRIPT, ZOD } from '../../scripts/compatibility-list.mjs';
import { writeTable } from '../../scripts/compatibility.mjs';
import { readManifests } from '../../scripts/release-state.mjs';
import { RUNTIMES } from '../../scripts/runtime-list.mjs';
import { ROOT } from '../../scripts/source-tree.mjs';
import { readDocument } from './markdown.js';

const page = readDocument('docs/compatibility.md');

/** Reads the cells of the row that begins with a name. */
function row(name: string): string[] {
  const line = page.split('\n').find((one) => one.startsWith(`| ${name} |`)) ?? '';
  return line.split('|').map((cell) => cell.trim());
}

function readJson(path: string): Record<string, Record<string, string>> {
  return JSON.parse(readFileSync(`${ROOT}/${path}`, 'utf8')) as never;
}

describe('docs/compatibility.md', () => {
  it('names the Node that every package asks for, and that is tried first', () => {
    const asked = readManifests(ROOT).map(({ folder }) => {
      return readJson(`${folder}/package.json`)['engines']?.['node'];
    });
    const [, , supported = ''] = row('Node');
    expect(new Set(asked)).toEqual(new Set([`>=${supported.replace(' and newer', '')}`]));
    const oldest = RUNTIMES.find(({ name }) => name.startsWith('node'));
    expect(oldest?.version.startsWith(`${supported.split('.')[0]}.`)).toBe(true);
  });

  it('names the zod that the peer range begins with, and tries it', () => {
    const range = readJson('packages/contract/package.json')['peerDependencies']?.['zod'];
    const [, , supported = ''] = row('zod');
    expect(range).toBe(`^${supported.replace(' and newer', '')}.0`);
    expect(ZOD[0]).toBe(range?.slice(1));
  });

  it('tries the compiler and the zod that everything else is run with', () => {
    const versionOf = (name: string) => readJson(`node_modules/${name}/package.json`)['version'];
    expect(TYPESCRIPT.at(-1)).toBe(versionOf('typescript'));
    expect(ZOD.at(-1)).toBe(versionOf('zod'));
    const [, , supported = ''] = row('TypeScript');
    expect(TYPESCRIPT[0]?.startsWith(`${supported.split(' ')[0]}.`)).toBe(true);
  });

  it('shows how each combination of the list went: all compile and run', () => {
    const outcomes = listCombinations().map((one) => ({ ...one, faults: [] }));
    expect(writeTable(page, outcomes)).toBe(page);
  });
});

import { readFileSync } from 'node:fs';
import { METRICS } from '@trunkline/observe/prometheus';
import { describe, expect, it } from 'vitest';
import { fencesOf, readDocument } from './markdown.js';

const guide = readDocument('docs/guides/operations.md');
const rows = guide.split('\n').filter((line) => line.startsWith('|'));

describe('the guide to operations', () => {
  it('has a row for every metric, as the code has it', () => {
    const table = rows.filter((row) => /^\| *`trunkline_/.test(row));
    const cells = table.map((row) => row.split('|').map((cell) => cell.trim()));
    expect(cells.map(([, ...parts]) => parts.slice(0, 4))).toEqual(
      Object.entries(METRICS).map(([name, { type, labels, help }]) => {
        return [`\`${name}\``, type, labels.map((label) => `\`${label}\``).join(', '), help];
      }),
    );
  });

  it('names only metrics that exist', () => {
    const named = new Set(guide.match(/trunkline_[a-z]\w*/g));
    const plain = [...named].map((name) => name.replace(/_bucket$/, ''));
    expect(plain.filter((name) => !(name in METRICS))).toEqual([]);
  });

  it('shows the program that the example runs', () => {
    const [shown] = fencesOf(guide).filter(({ info }) => info === 'ts');
    const file = new URL('../../examples/observed/src/shop-server.ts', import.meta.url);
    const run = readFileSync(file, 'utf8').replaceAll(/^ {2}|, type \w+( as \w+)?/gm, '');
    const [imports = '', program = ''] = shown?.text.split(/\n\n([^]*)/) ?? [];
    expect(run.split('\n')).toEqual(expect.arrayContaining(imports.split('\n')));
    expect(program).toBeTruthy();
    expect(run).toContain(program.trim());
  });

  it('has a row for every method of an observer', () => {
    const file = new URL('../../packages/server/src/observe/observer.ts', import.meta.url);
    const methods = [...readFileSync(file, 'utf8').matchAll(/^ {2}(\w+)\?\(/gm)];
    const told = rows.flatMap((row) => row.split('|')[1]?.match(/`(\w+)`/g) ?? []);
    for (const [, method] of methods) expect(told).toContain(`\`${method}\``);
    expect(methods.length).toBeGreaterThan(15);
  });
});

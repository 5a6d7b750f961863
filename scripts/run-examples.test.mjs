import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTree } from './fixture-tree.mjs';
import { listExamples, runExample } from './run-examples.mjs';

/** @type {(start: string, trunkline?: object) => string} */
function manifestOf(start, trunkline) {
  return JSON.stringify({ scripts: { start }, trunkline });
}

describe('listExamples', () => {
  it('lists those that are marked and can be started', () => {
    const root = createTree({
      'examples/marked/package.json': manifestOf('true', { ci: true, timeoutMs: 5 }),
      'examples/served/package.json': JSON.stringify({
        scripts: { start: 'false', table: 'true' },
        trunkline: { ci: true, script: 'table' },
      }),
      'examples/plain/package.json': manifestOf('true'),
      'examples/library/package.json': JSON.stringify({ trunkline: { ci: true } }),
      'examples/README.md': '',
    });
    expect(listExamples(root)).toEqual([
      { name: 'marked', folder: join(root, 'examples/marked'), script: 'start', timeoutMs: 5 },
      {
        name: 'served',
        folder: join(root, 'examples/served'),
        script: 'table',
        timeoutMs: 60_000,
      },
    ]);
  });
});

describe('runExample', () => {
  it.each([
    ['ok', 'node -e "console.log(7)"', 60_000, '7\n'],
    ['exit 3', 'node -e "console.error(7); process.exit(3)"', 60_000, '7\n'],
    ['killed after 0.2 s', 'node -e "setInterval(Date, 50)"', 200, ''],
  ])('tells "%s" of %s', async (verdict, start, timeoutMs, output) => {
    const folder = createTree({ 'package.json': manifestOf(start) });
    const result = await runExample({ name: 'one', folder, script: 'start', timeoutMs });
    expect(result).toMatchObject({ verdict, ok: verdict === 'ok' });
    expect(result.output).toContain(output);
  });
});

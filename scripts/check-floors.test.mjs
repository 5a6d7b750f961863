import { describe, expect, it } from 'vitest';
import { findFloorFaults, rewriteArchitecture } from './check-floors.mjs';
import { createTree } from './fixture-tree.mjs';

/** @type {(packageName: string, rows: string[]) => string} */
function tableOf(packageName, rows) {
  return `### packages/${packageName}\n\n| floor | room | purpose |\n|---|---|---|\n${rows.join('\n')}\n`;
}

/** @type {(files: Record<string, string>) => Record<string, string>} */
function inProtocol(files) {
  return Object.fromEntries(
    Object.entries(files).map(([file, text]) => [`packages/protocol/src/${file}`, text]),
  );
}

const THREE = ['| 0 | `low.ts` | ground |', '| 1 | `{left,right}.ts` | sides |'];

describe('findFloorFaults', () => {
  it('accepts imports that go to lower floors only', () => {
    const root = createTree({
      'docs/architecture.md': tableOf('protocol', THREE),
      ...inProtocol({
        'low.ts': 'export const low = 1;',
        'left.ts': "import { low } from './low.js';\nexport const left = low;",
        'right.ts': "export type { low } from './low.js';",
        'right.test.ts': "import './left.js';",
      }),
    });
    expect(findFloorFaults(root)).toEqual([]);
  });

  it('refuses an import that goes sideways, types included, with line and both floors', () => {
    const root = createTree({
      'docs/architecture.md': tableOf('protocol', THREE),
      ...inProtocol({
        'low.ts': 'export const low = 1;',
        'left.ts': "\n\nimport type { Right } from './right.js';\nexport type Left = Right;",
        'right.ts': 'export type Right = 1;',
      }),
    });
    const faults = findFloorFaults(root);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(
      /^packages\/protocol\/src\/left\.ts:3: imports sideways: "left\.ts" is on floor 1, "right\.ts" on floor 1; move/,
    );
  });

  it.each([
    ['a dynamic import', "export const load = () => import('./left.js');"],
    ['an import type', "export type Low = import('./left.js').Left;"],
    ['a re-export', "export { left } from './left.js';"],
  ])('refuses %s that goes up', (_kind, text) => {
    const root = createTree({
      'docs/architecture.md': tableOf('protocol', THREE),
      ...inProtocol({ 'low.ts': text, 'left.ts': 'export {};', 'right.ts': 'export {};' }),
    });
    expect(findFloorFaults(root)).toEqual([
      expect.stringMatching(/low\.ts:1: imports up: .* floor 0, "left\.ts" on floor 1/),
    ]);
  });

  it('tells the path of a circle', () => {
    const root = createTree({
      'docs/architecture.md': tableOf('protocol', ['| 0 | `*` | all |']),
      ...inProtocol({ 'a.ts': "import './b.js';", 'b.ts': "import './a.js';" }),
    });
    expect(findFloorFaults(root)).toContainEqual(
      expect.stringContaining('imports go in a circle: a.ts -> b.ts -> a.ts'),
    );
  });

  it('tells the path of folders in a circle, though no file is in one', () => {
    const root = createTree({
      'docs/architecture.md': tableOf('protocol', [
        '| 0 | `calls/ground.ts` | ground |',
        '| 1 | `topics/topic.ts` | above it |',
        '| 2 | `calls/call.ts` | above that |',
      ]),
      ...inProtocol({
        'calls/ground.ts': 'export {};',
        'topics/topic.ts': "import '../calls/ground.js';",
        'calls/call.ts': "import '../topics/topic.js';",
      }),
    });
    expect(findFloorFaults(root)).toEqual([
      expect.stringContaining('in a circle: calls -> topics -> calls; move the file'),
    ]);
  });

  it('refuses a file in no row, a file in two rows and a room that does not exist', () => {
    const root = createTree({
      'docs/architecture.md': tableOf('protocol', [
        '| 0 | `two.ts` `gone.ts` | first |',
        '| 1 | `t*.ts` | second |',
      ]),
      ...inProtocol({ 'two.ts': 'export {};', 'none.ts': 'export {};' }),
    });
    expect(findFloorFaults(root)).toEqual([
      'docs/architecture.md:5: room "gone.ts" does not exist in packages/protocol/src',
      'docs/architecture.md:6: "two.ts" stands in more than one row',
      'packages/protocol/src/none.ts: has no floor; add it to docs/architecture.md',
    ]);
  });

  it.each([
    [
      'client',
      '@trunkline/server',
      'may not import "@trunkline/server"; it may: @trunkline/protocol',
    ],
    ['protocol', '@trunkline/contract', 'it may: no sister package'],
    ['server', '@trunkline/protocol/dist/batch.js', 'is not a door; use @trunkline/protocol'],
    ['server', '../../protocol/src/batch.js', 'leaves the package; import through a door'],
  ])('refuses in %s an import of %s', (packageName, specifier, message) => {
    const root = createTree({
      'docs/architecture.md': tableOf(packageName, ['| 0 | `a.ts` | all |']),
      [`packages/${packageName}/src/a.ts`]: `import '${specifier}';`,
    });
    expect(findFloorFaults(root)).toEqual([expect.stringContaining(message)]);
  });

  it('refuses a testing door behind the public door and accepts it behind testing.ts', () => {
    const kit = "import '@trunkline/protocol/testing';";
    const root = createTree({
      'docs/architecture.md': tableOf('server', [
        '| 0 | `kit.ts` | kit |',
        '| 1 | `{index,testing}.ts` | doors |',
      ]),
      'packages/server/src/kit.ts': kit,
      'packages/server/src/testing.ts': "import './kit.js';",
      'packages/server/src/index.ts': "import './kit.js';",
    });
    expect(findFloorFaults(root)).toEqual([
      expect.stringContaining('reaches a testing door (index.ts -> kit.ts)'),
    ]);
  });

  it('refuses a drawer', () => {
    const root = createTree({
      'docs/architecture.md': tableOf('codegen', ['| 0 | `utils.ts` | anything |']),
      'packages/codegen/src/utils.ts': 'export {};',
    });
    expect(findFloorFaults(root)).toEqual([expect.stringContaining('a drawer is no room')]);
  });
});

describe('rewriteArchitecture', () => {
  it('keeps the purpose of known rooms, splits rows and adds new files with their doc', () => {
    const root = createTree({
      'docs/architecture.md': `# A\n\n${tableOf('protocol', [
        '| 7 | `bytes/*` | reads and writes |',
        '| 8 | `gone.ts` | nothing |',
      ])}\nbehind\n`,
      ...inProtocol({
        'bytes/writer.ts': 'export {};',
        'bytes/reader.ts': "import './writer.js';",
        'batch.ts':
          "import './bytes/reader.js';\n/** Joins messages. More. */\nexport const batch = 1;",
      }),
    });
    expect(rewriteArchitecture(root)).toBe(
      `# A\n\n${tableOf('protocol', [
        '| 0 | `bytes/writer.ts` | reads and writes |',
        '| 1 | `bytes/reader.ts` | reads and writes |',
        '| 2 | `batch.ts` | Joins messages |',
      ])}\nbehind\n`,
    );
  });
});

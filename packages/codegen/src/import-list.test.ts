import { describe, expect, it } from 'vitest';
import { ImportList } from './import-list.js';

describe('ImportList', () => {
  it('lists each name once, sorted, types marked beside values', () => {
    const imports = new ImportList('a', new Set());
    imports.type('Zebra');
    imports.value('ant');
    expect(imports.type('Zebra')).toBe('Zebra');
    expect(imports.text).toBe(`import { ant, type Zebra } from 'a';\n`);
  });

  it('imports types alone as types', () => {
    const imports = new ImportList('a', new Set());
    imports.type('B');
    imports.type('A');
    expect(imports.text).toBe(`import type { A, B } from 'a';\n`);
  });

  it('gives way to a name of the file itself', () => {
    const imports = new ImportList('a', new Set(['Mine', 'TrunklineMine']));
    expect(imports.type('Mine')).toBe('TrunklineTrunklineMine');
    expect(imports.text).toBe(`import type { Mine as TrunklineTrunklineMine } from 'a';\n`);
  });
});

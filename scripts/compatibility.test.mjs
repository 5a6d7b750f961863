import { describe, expect, it } from 'vitest';
import { findMisjudged, writeTable } from './compatibility.mjs';

describe('findMisjudged', () => {
  const said = [
    "tests/types/wrong/a.mts(1,2): error TS2322: Type 'string' is not assignable.",
    "  Types of property 'room' are incompatible.",
  ].join('\n');

  it('accepts a compiler that refuses what is wrong, and nothing else', () => {
    expect(findMisjudged(said, ['a.mts'])).toEqual([]);
  });

  it('tells of what is accepted and of what is refused by mistake', () => {
    expect(findMisjudged(said, ['b.mts'])).toEqual([
      'tests/types/wrong/b.mts is accepted',
      'tests/types/wrong/a.mts is refused',
    ]);
  });
});

describe('writeTable', () => {
  const page = '<!-- written by npm run compatibility -- --write -->\n\nold\n\n<!-- end -->\n';

  it('puts a row for each combination between the markers', () => {
    const outcomes = [
      { typescript: '7.0.2', zod: '4.6.7', faults: [] },
      { typescript: '5.0.0', zod: '4.6.7', faults: [{ step: 'compile', output: 'no' }] },
    ];
    expect(writeTable(page, outcomes)).toContain(
      '| 7.0.2 | 4.6.7 | compiles and runs, finds wrong handlers |\n| 5.0.0 | 4.6.7 | fails: compile |',
    );
  });

  it('refuses a page without markers', () => {
    expect(() => writeTable('', [])).toThrow('the page has no');
  });
});

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VARIANTS, findVariants } from './model-list.mjs';
import { judge, modelTable, readReport, readTrail } from './model-outcome.mjs';
import { parseCommand } from './run-models.mjs';
import { ROOT } from './source-tree.mjs';

const FOLDER = join(ROOT, 'models');

/** @type {(lines: readonly string[], errors: number) => string} */
function printed(lines, errors) {
  return [
    ...lines,
    '',
    '(Spin Version 6.5.2 -- 6 December 2019)',
    '\t+ Partial Order Reduction',
    '',
    'Full statespace search for:',
    '\tassertion violations\t+',
    '\tinvalid end states\t+',
    '',
    `State-vector 256 byte, depth reached 242, errors: ${errors}`,
    '  1732033 states, stored',
    '  4011950 states, matched',
    '  5743983 transitions (= stored+matched)',
    '',
    'pan: elapsed time 3.44 seconds',
  ].join('\n');
}

const STOPPED = 'Warning: Search not completed';

const BASE = { model: 'resume', name: 'CONNECTIONS=3', defines: ['CONNECTIONS=3'] };
const MUTANT = { model: 'resume', name: 'ALL_NO', defines: ['ALL_NO'], breaks: 'no_was_false' };

describe('readReport', () => {
  it('reads a complete search', () => {
    expect(readReport(printed([], 0))).toEqual({ states: 1_732_033, broken: '', fault: '' });
  });

  it.each([
    ['no_was_false', 'pan:1: assertion violated  !(no_was_false) (at depth 84)'],
    ['stuck', 'pan:1: invalid end state (at depth 87)'],
    ['settles', 'pan:1: acceptance cycle (at depth 33)'],
    [
      'assertion violated - invalid array index (at depth 41)',
      'pan:1: assertion violated - invalid array index (at depth 41)',
    ],
  ])('reads the error %s', (broken, line) => {
    const output = printed([line, 'pan: wrote model.pml.trail', STOPPED], 1);
    expect(readReport(output)).toEqual({ states: 1_732_033, broken, fault: '' });
  });

  it.each([
    'error: max search depth too small',
    'pan: reached -DMEMLIM bound',
    'hash array full',
    STOPPED,
  ])('counts a search that says "%s" for none', (line) => {
    expect(readReport(printed([line], 0)).fault).toMatch(/^not searched completely: /);
  });

  it('counts a verifier that was killed for none', () => {
    expect(readReport('Depth= 200 States= 1e+06').fault).toBe(
      'the verifier did not come to its end',
    );
  });
});

describe('readTrail', () => {
  it('gives the steps and the broken property', () => {
    const lines = [
      'client 0: CALL 1 1',
      'client: call 1 is NO',
      'spin: model.pml:91, Error: assertion violated',
      'spin: text of failed assertion: assert(!(no_was_false))',
      'spin: trail ends after 58 steps',
      '#processes: 6',
    ];
    expect(readTrail(lines)).toEqual([...lines.slice(0, 2), 'broken: no_was_false']);
  });

  it('calls the end of a trail without a failed assertion stuck', () => {
    const lines = ['client 1: RESUME 0 1', 'spin: trail ends after 99 steps', '#processes: 6'];
    expect(readTrail(lines)).toEqual(['client 1: RESUME 0 1', 'broken: stuck']);
  });
});

describe('judge', () => {
  const clean = { states: 7, broken: '', fault: '' };

  it.each([
    ['a base variant without an error', BASE, clean, true, 'no error'],
    ['a base variant with one', BASE, { ...clean, broken: 'hole' }, false, 'hole'],
    [
      'a base variant not searched',
      BASE,
      { ...clean, fault: 'not searched' },
      false,
      'not searched',
    ],
    ['a mutant that is found', MUTANT, { ...clean, broken: 'no_was_false' }, true, 'no_was_false'],
    ['a mutant that is not', MUTANT, clean, false, 'no error'],
    ['a mutant that fails otherwise', MUTANT, { ...clean, broken: 'hole' }, false, 'hole'],
  ])('judges %s', (_, variant, report, ok, found) => {
    expect(judge(variant, report, 1)).toMatchObject({ ok, found, states: 7, seconds: 1 });
  });
});

describe('modelTable', () => {
  it('says what was expected and found', () => {
    const outcomes = [
      judge(BASE, readReport(printed([], 0)), 3.44),
      judge(MUTANT, readReport(printed([], 0)), 0),
    ];
    expect(modelTable(outcomes)).toEqual([
      'model   variant           states  seconds  expected      found',
      'resume  CONNECTIONS=3  1,732,033      3.4  no error      no error  ok',
      'resume  ALL_NO         1,732,033      0.0  no_was_false  no error  WRONG',
    ]);
  });
});

describe('parseCommand', () => {
  it('takes all variants, those of a model, or one', () => {
    expect(parseCommand([]).variants).toBe(VARIANTS);
    expect(new Set(parseCommand(['early']).variants.map(({ model }) => model))).toEqual(
      new Set(['early']),
    );
    expect(parseCommand(['resume', 'ALL_NO', '--trail'])).toMatchObject({
      variants: [{ model: 'resume', name: 'ALL_NO' }],
      isTrail: true,
    });
    expect(parseCommand(['resume', 'CONNECTIONS=3', 'VOIDS']).variants).toHaveLength(1);
  });

  it.each([
    [['other'], 'unknown model "other": expected resume, chunks, early, nodes'],
    [['resume', 'OTHER'], 'unknown variant "OTHER" of resume: expected CONNECTIONS=3 VOIDS, '],
    [['resume', '--trail'], 'option "--trail" needs one variant: name its model and it'],
  ])('refuses %j', (args, message) => {
    expect(() => parseCommand(args)).toThrow(message);
  });
});

describe('the list of variants', () => {
  const models = [...new Set(VARIANTS.map(({ model }) => model))];

  it('has every model', () => {
    expect(readdirSync(FOLDER).sort()).toEqual(models.map((model) => `${model}.pml`).sort());
  });

  it.each(models)('names macros and properties that %s explains and has', (model) => {
    const text = readFileSync(join(FOLDER, `${model}.pml`), 'utf8');
    const head = text.slice(0, text.indexOf('*/'));
    const body = text.slice(head.length);
    const variants = findVariants([model]);
    for (const macro of variants.flatMap(({ defines }) => defines)) {
      const name = macro.replace(/=.*/, '');
      expect(head).toMatch(new RegExp(`\\b(D|)${name}\\b`));
      expect(body).toMatch(new RegExp(`^#ifn?def ${name}$`, 'm'));
    }
    const broken = variants.flatMap(({ breaks = 'stuck' }) => (breaks === 'stuck' ? [] : [breaks]));
    for (const property of broken) {
      expect(head).toMatch(new RegExp(`\\b${property}\\b`));
      expect(body).toContain(`, ${property})`);
    }
  });

  it.each(models)('has every mutant of %s', (model) => {
    const text = readFileSync(join(FOLDER, `${model}.pml`), 'utf8');
    const [, explained = ''] = text.slice(0, text.indexOf('*/')).split('Mutants');
    const names = [...explained.matchAll(/^ \* {3}([A-Z]\w+) /gm)].map(([, name]) => name);
    const listed = findVariants([model]).filter(({ breaks }) => breaks !== undefined);
    expect(new Set(listed.map(({ name }) => name))).toEqual(new Set(names));
  });
});

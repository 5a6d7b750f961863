import { describe, expect, it } from 'vitest';
import type { Layout, LayoutDocument } from '@trunkline/protocol';
import { DECODE_LIMITS } from '@trunkline/protocol';
import { readLayoutVectors, readPackedVectors } from '../vectors/packed-json.js';
import { fencesOf, readDocument, rowsOf, sectionsOf } from './markdown.js';

const SECTIONS = sectionsOf(readDocument('PROTOCOL.md'));
const { values: VALUES, faults: FAULTS } = readPackedVectors();
const LAYOUTS = readLayoutVectors();

/** Every kind, so that the compiler asks for one that is new. */
const KINDS: Record<Layout['kind'], true> = {
  any: true,
  string: true,
  number: true,
  int: true,
  bigint: true,
  boolean: true,
  date: true,
  bytes: true,
  null: true,
  undefined: true,
  enum: true,
  maybe: true,
  object: true,
  array: true,
  tuple: true,
  record: true,
  map: true,
  set: true,
  union: true,
  variant: true,
  ref: true,
};

function textOf(title: string): string {
  const section = SECTIONS.find((candidate) => candidate.title === title);
  if (section === undefined) throw new RangeError(`no section "${title}"`);
  return section.text;
}

function kindsIn(part: unknown, seen = new Set<string>()): Set<string> {
  if (typeof part !== 'object' || part === null) return seen;
  if ('kind' in part && typeof part.kind === 'string') seen.add(part.kind);
  for (const inner of Object.values(part)) kindsIn(inner, seen);
  return seen;
}

describe('kinds of layouts', () => {
  it.each(['Layouts', 'Bytes'])('all have a row under %s, and nothing else has', (title) => {
    const rows = rowsOf(textOf(title), 'kind').map(([kind]) => kind);
    expect(rows).toEqual(Object.keys(KINDS));
  });

  it('have the members that the table names in some vector, and no others', () => {
    const told = new Map<string, Set<string>>();
    const note = (part: unknown): void => {
      if (typeof part !== 'object' || part === null) return;
      if ('kind' in part && typeof part.kind === 'string') {
        const members = told.get(part.kind) ?? new Set<string>();
        for (const name of Object.keys(part)) if (name !== 'kind') members.add(name);
        told.set(part.kind, members);
      }
      Object.values(part).forEach(note);
    };
    for (const { layout } of VALUES) note(layout);
    for (const [kind = '', members = ''] of rowsOf(textOf('Layouts'), 'kind', 'members')) {
      for (const name of told.get(kind) ?? [])
        expect([kind, members]).toContainEqual(expect.stringContaining(name));
      const isBare = members === '';
      expect([kind, told.get(kind)?.size === 0]).toEqual([kind, isBare]);
    }
  });

  it('are all in vectors that are written, in some that are faults, and in hashes', () => {
    const written = VALUES.filter((vector) => vector.written).map(({ layout }) => layout);
    expect([...kindsIn(written)].toSorted()).toEqual(Object.keys(KINDS).toSorted());
    expect([...kindsIn(FAULTS.map(({ layout }) => layout))].toSorted()).toEqual(
      Object.keys(KINDS).toSorted(),
    );
    expect([...kindsIn(LAYOUTS.map(({ parts }) => parts))].toSorted()).toEqual(
      Object.keys(KINDS).toSorted(),
    );
  });
});

describe('examples of packed payloads', () => {
  const rows = rowsOf(textOf('Examples'), 'layout', 'value', 'payload');

  it.each(rows)('%s %s %s is a vector that is written', (layout = '', value = '', hex = '') => {
    const vector = VALUES.find((one) => one.hex === hex && same(one.layout, layout, value, one));
    expect(vector).toMatchObject({ written: true });
  });

  it('have each kind', () => {
    const shown = rows.map(([layout = '']) => JSON.parse(layout) as unknown);
    expect([...kindsIn(shown)].toSorted()).toEqual(Object.keys(KINDS).toSorted());
  });

  function same(of: LayoutDocument, layout: string, value: string, one: { value: unknown }) {
    const shown = JSON.parse(layout) as Layout | LayoutDocument;
    const whole = 'root' in shown ? shown : { root: shown, types: [] };
    const isValue = JSON.stringify(one.value) === JSON.stringify(JSON.parse(value));
    return isValue && JSON.stringify(of) === JSON.stringify(whole);
  }
});

describe('tags of self-describing values', () => {
  const tags = rowsOf(textOf('Bytes'), 'tag', 'value', 'then').map(([tag]) => Number(tag));

  it('count up from 0, and each begins a vector', () => {
    expect(tags).toEqual([...tags.keys()]);
    const seen = VALUES.filter(({ layout }) => layout.root.kind === 'any').map(tagOf);
    expect(new Set(seen)).toEqual(new Set(tags));
  });

  function tagOf({ hex }: { hex: string }): number {
    const bytes = Buffer.from(hex, 'hex');
    return bytes[1 + (bytes[0] as number)] as number;
  }
});

describe('faults of packed payloads', () => {
  it('are those of the vectors', () => {
    const rows = rowsOf(textOf('Faults'), 'fault').map(([fault]) => fault);
    expect(new Set(FAULTS.map(({ rule }) => rule))).toEqual(new Set(rows));
  });

  it('by a limit are told with its number', () => {
    const told = textOf('Limits').replaceAll(/[,\s]+/g, ' ');
    const digits = String(DECODE_LIMITS.bigintDigits.value).replace(/(?=\d{3}$)/, ' ');
    expect(told).toContain(`at most ${digits} digits`);
  });
});

describe('receivers of packed payloads', () => {
  it.each([
    ['What holds for every message', /is packed, and the subprotocol is/, /^closes with 4400$/],
    [
      'CALL',
      /is packed, and sendHash of the procedure is not/,
      /^answers ERROR LAYOUT, executed no$/,
    ],
    ['ERROR', /the code is LAYOUT/, /^sends the CALL again as superjson/],
    ['SUBSCRIBE', /params is encoded as 1 or 3/, /^closes with 4400$/],
  ])('are told at %s what they do', (title, when, reaction) => {
    const rows = rowsOf(textOf(title), 'when', 'reaction').filter(([said = '']) => when.test(said));
    expect(rows.map(([, does]) => does)).toEqual([expect.stringMatching(reaction)]);
  });
});

describe('layout hashes', () => {
  const fences = fencesOf(textOf('Layout hashes')).filter(({ info }) => info.startsWith('layouts'));

  it('that are shown are vectors', () => {
    expect(fences.length).toBeGreaterThan(1);
    for (const { info, text } of fences) {
      const vector = LAYOUTS.find(({ hash }) => info === `layouts ${hash}`);
      expect(text.replaceAll('\n', '')).toBe(vector?.canonical);
    }
  });
});

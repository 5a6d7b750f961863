import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  bytesOfHex,
  readHostileVectors,
  readMessageVectors,
  readValueVectors,
} from '../vectors/vector-json.js';
import { fencesOf, readDocument, rowsOf, sectionsOf } from './markdown.js';

const DOCUMENT = readDocument('PROTOCOL.md');
const README = readDocument('tests/vectors/README.md');
const SECTIONS = sectionsOf(DOCUMENT);
const FILES = readdirSync(new URL('../vectors', import.meta.url)).filter((name) =>
  name.endsWith('.json'),
);

function rowsUnder(title: string, ...head: string[]): string[][] {
  return rowsOf(SECTIONS.find((section) => section.title === title)?.text ?? '', ...head);
}

function namedFiles(text: string): Set<string> {
  return new Set([...text.matchAll(/`([a-z-]+\.json)`/g)].map(([, name = '']) => name));
}

describe('vector files', () => {
  it('that PROTOCOL.md names exist', () => {
    for (const name of namedFiles(DOCUMENT)) expect(FILES).toContain(name);
    expect(namedFiles(DOCUMENT).size).toBeGreaterThan(0);
  });

  it('are all described by their README, which names no other', () => {
    expect([...namedFiles(README)].toSorted()).toEqual(FILES.toSorted());
  });

  it('have a section in the README where one names their keys', () => {
    const titles = sectionsOf(README).map(({ title }) => title);
    const own = FILES.filter((name) => name !== 'conversations.json');
    for (const name of own) expect(titles).toContain(name);
  });

  it('of malformed batches name violations that PROTOCOL.md lists', () => {
    const names = rowsUnder('Violations', 'name', 'code').map(([name]) => name);
    for (const { violation } of readHostileVectors()) expect(names).toContain(violation);
  });
});

describe('values', () => {
  const { values, refused } = readValueVectors();

  it('that PROTOCOL.md shows are vectors that we write', () => {
    const shown = fencesOf(DOCUMENT).filter(({ info }) => info === 'hex value');
    expect(shown.length).toBeGreaterThan(1);
    for (const { text } of shown) {
      const hex = Buffer.from(bytesOfHex(text)).toString('hex');
      expect(values.find((vector) => vector.hex === hex)).toMatchObject({ written: true });
    }
  });

  it('break every rule that PROTOCOL.md lists, and no other', () => {
    const rules = rowsUnder('Payloads', 'rule').map(([rule]) => rule as string);
    expect(new Set(refused.map(({ rule }) => rule))).toEqual(new Set(rules));
  });

  it('have every annotation that PROTOCOL.md lists, and it lists those of the rule', () => {
    const listed = rowsUnder('Payloads', 'annotation', 'JSON').map(([name = '']) => name);
    for (const name of listed) {
      const quoted = name.startsWith('[') ? name : JSON.stringify(name);
      const isThere = values.some(({ hex }) => textOf(hex).includes(`[${quoted}`));
      expect([name, isThere]).toEqual([name, true]);
    }
    const [, rule = ''] =
      rowsUnder('Payloads', 'rule').find(([name]) => name === 'annotations') ?? [];
    for (const name of listed) expect(rule).toContain(name);
  });

  function textOf(hex: string): string {
    return Buffer.from(hex, 'hex').toString('utf8');
  }
});

describe('the README', () => {
  it('says of every field that a message has what it is called in the table', () => {
    const renamed = rowsOf(README, 'in the table', 'in the vector').flat().join(' ');
    const told = new Set(renamed.match(/\w+/g));
    const tables = SECTIONS.filter(({ level, title }) => level === 3 && /^[A-Z]+$/.test(title));
    for (const { message } of readMessageVectors()) {
      const text = tables.find(({ title }) => title === message.kind)?.text ?? '';
      const fields = new Set(rowsOf(text, 'field', 'type').map(([name]) => name));
      for (const field of Object.keys(message)) {
        const isNamed = field === 'kind' || fields.has(field) || told.has(field);
        expect([message.kind, field, isNamed]).toEqual([message.kind, field, true]);
      }
    }
  });
});

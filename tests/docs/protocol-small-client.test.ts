import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FEATURES } from '@trunkline/protocol';
import { readConversations } from '../conformance/src/conversation.js';
import { readDocument, rowsOf, sectionsOf } from './markdown.js';

const SECTION = sectionsOf(readDocument('PROTOCOL.md')).find(
  ({ title }) => title === 'A small client',
);
const CONVERSATIONS = readConversations();
const VECTORS = new URL('../vectors/', import.meta.url);

function linesOf(heading: string, beside: string): (string | undefined)[][] {
  return rowsOf(SECTION?.text ?? '', heading, beside);
}

describe('the steps of a small client', () => {
  const names = linesOf('step', 'what to read').flatMap((row) => (row[2] ?? '').split(', '));

  it('are tested with vectors and conversations that are there', () => {
    const known = new Set(CONVERSATIONS.map(({ name }) => name));
    const isThere = (name: string): boolean =>
      known.has(name) || existsSync(new URL(name, VECTORS));
    expect(names.filter((name) => !isThere(name))).toEqual([]);
  });

  it('are tested with conversations of clients that need no feature', () => {
    const chosen = CONVERSATIONS.filter(({ name }) => names.includes(name));
    expect(chosen.filter(({ needs = [] }) => needs.length > 0)).toEqual([]);
    expect(chosen.filter(({ tests: sides }) => !sides.includes('client'))).toEqual([]);
  });

  it('leave out all feature bits but that of parts, which no server of ours sends', () => {
    const bits = linesOf('then', 'what to read').map((row) => Number.parseInt(row[2] ?? '', 10));
    const told = bits.filter((bit) => !Number.isNaN(bit)).map((bit) => 1 << bit);
    const { PARTS: _parts, ...others } = FEATURES;
    expect(told).toEqual(Object.values(others));
  });
});

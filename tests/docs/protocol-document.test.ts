import { describe, expect, it } from 'vitest';
import {
  CLOSE_CODES,
  decodeBatch,
  ERROR_CODES,
  FEATURES,
  KINDS,
  SESSION_LIMITS,
  SUBPROTOCOLS,
  Writer,
  type Batch,
  type CloseReaction,
  type ExtFields,
  type Kind,
} from '@trunkline/protocol';
import { encodeExt } from '../../packages/protocol/src/ext.js';
import { isSequenced } from '../../packages/protocol/src/message.js';
import { bytesOfHex, readMessageVectors } from '../vectors/vector-json.js';
import { fencesOf, readDocument, rowsOf, sectionsOf, type Section } from './markdown.js';

const DOCUMENT = readDocument('PROTOCOL.md');
const SECTIONS = sectionsOf(DOCUMENT);
const MESSAGES = SECTIONS.filter(({ level, title }) => level === 3 && /^[A-Z]+$/.test(title));
const VECTORS = readMessageVectors();

function textOf(title: string): string {
  const section = SECTIONS.find((candidate) => candidate.title === title);
  if (section === undefined) throw new RangeError(`no section "${title}"`);
  return section.text;
}

function camelCase(words: string): string {
  return words.replaceAll(/ (.)/g, (_space, letter: string) => letter.toUpperCase());
}

describe('messages', () => {
  it('have a heading each, and each heading is a message', () => {
    expect(MESSAGES.map(({ title }) => title).toSorted()).toEqual(Object.keys(KINDS).toSorted());
  });

  it.each(MESSAGES)(
    '$title has its direction, its kind byte and whether it is numbered',
    (section) => {
      const kind = KINDS[section.title as Kind];
      expect(
        section.text.match(/^Direction: (client to server|server to client|both|from the c)/m),
      ).not.toBeNull();
      const byte = kind.toString(16).padStart(2, '0');
      const numbered = [...section.text.matchAll(/Kind `([0-9a-f]{2})`(, sequenced)?/g)];
      expect(numbered.map(([, found]) => found)).toEqual([byte]);
      expect(numbered[0]?.[2] !== undefined).toBe(isSequenced(kind));
    },
  );

  it.each(MESSAGES)(
    '$title ends with one batch, which is read as the vector of its name',
    (section) => {
      const fences = fencesOf(section.text).filter(({ info }) => info === 'hex batch');
      expect(fences).toHaveLength(1);
      const vector = VECTORS.find(({ name }) => name === section.title);
      const { text } = fences[0] as { text: string };
      expect(text.replaceAll(/\s/g, '')).toBe(vector?.hex);
      const batch = decodeBatch(bytesOfHex(text)) as Batch;
      expect(batch.messages).toEqual([vector?.message]);
      expect(section.text.trimEnd().endsWith('```')).toBe(true);
      expect(section.text).toMatch(/\S:\n\n```hex batch\n/);
    },
  );

  it('show no other batch, and none in another way', () => {
    // Whole conversations are shown in a section of their own, in their own way.
    const text = DOCUMENT.replace(/^## Conversations$[\s\S]*?^(?=## )/m, '');
    const infos = fencesOf(text).flatMap(({ info }) => (info.startsWith('hex') ? [info] : []));
    expect(infos.filter((info) => info !== 'hex value')).toEqual(MESSAGES.map(() => 'hex batch'));
  });

  it.each(MESSAGES)('$title goes where its vectors say', ({ title, text }: Section) => {
    const [, from] = /^Direction: (client|server|both|from)/m.exec(text) as RegExpExecArray;
    const direction = from === 'from' ? 'both' : from;
    const vectors = VECTORS.filter(({ message }) => message.kind === title);
    for (const vector of vectors) expect(vector.direction).toBe(direction);
  });
});

describe('tables', () => {
  it('of subprotocols has the names that are negotiated', () => {
    const names = rowsOf(textOf('Negotiation'), 'name', 'meaning').map(([name]) => name);
    expect(names).toEqual(Object.values(SUBPROTOCOLS));
  });

  it('of close codes has numbers, names and reactions', () => {
    const reactions: readonly [RegExp, CloseReaction][] = [
      [/^asks for a new one/, 'new-token'],
      [/connects again after them/, 'retry-after'],
      [/^connects again/, 'retry'],
      [/^(stops|this connection stops)/, 'stop'],
    ];
    const rows = rowsOf(textOf('Close codes'), 'code', 'name').map(([code, name, , says = '']) => [
      name,
      { code: Number(code), reaction: reactions.find(([pattern]) => pattern.test(says))?.[1] },
    ]);
    const codes = Object.entries(CLOSE_CODES).map(([name, { code, reaction }]) => [
      name,
      { code, reaction },
    ]);
    expect(rows).toEqual(codes);
  });

  it('of error codes has codes and meanings', () => {
    expect(rowsOf(textOf('Error codes'), 'code', 'meaning')).toEqual(Object.entries(ERROR_CODES));
  });

  it('of ext tags has the tags that are written', () => {
    const place = { epoch: '0000000000000000', offset: 0 };
    const fields: Required<ExtFields> = {
      traceParent: 'x',
      traceState: 'x',
      idempotencyKey: Uint8Array.of(1),
      publishId: { publisher: 'x', counter: 0 },
      asOf: place,
      published: { ...place, stored: 'node', duplicate: false },
      retryAfterMs: 0,
      idleMs: 0,
    };
    const written = Object.entries(fields).map(([name, value]) => {
      const writer = new Writer();
      encodeExt(writer, { [name]: value });
      return [(writer.take()[1] as number).toString(16).padStart(2, '0'), name.replace(/Ms$/, '')];
    });
    const rows = rowsOf(textOf('Extensions'), 'tag', 'name');
    expect(rows.map(([tag, name = '']) => [tag, camelCase(name)])).toEqual(written);
  });

  it('of feature bits has the bits', () => {
    const rows = rowsOf(textOf('HELLO'), 'feature bit', 'name');
    const bits = Object.entries(FEATURES).map(([name, mask]) => [Math.log2(mask), name]);
    expect(rows.map(([bit, name]) => [Number(bit), name])).toEqual(bits);
  });

  it('of limit tags has tags, names and what holds without them', () => {
    const rows = rowsOf(textOf('WELCOME'), 'limit tag', 'name').map(
      ([tag, name, , absent = '']) => [
        name,
        { tag: Number(tag), absent: Number(absent.replaceAll(',', '')) },
      ],
    );
    expect(rows).toEqual(Object.entries(SESSION_LIMITS));
  });
});

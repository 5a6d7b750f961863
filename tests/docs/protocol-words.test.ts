import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  CLOSE_CODES,
  ERROR_CODES,
  FEATURES,
  KINDS,
  SESSION_LIMITS,
  SUBPROTOCOLS,
  VIOLATIONS,
} from '@trunkline/protocol';
import { readConversations } from '../conformance/src/conversation.js';
import { readPackedVectors } from '../vectors/packed-json.js';
import { fieldsOf } from './field-table.js';
import { fencesOf, readDocument, rowsOf, sectionsOf, type Section } from './markdown.js';

const DOCUMENT = readDocument('PROTOCOL.md');
const SECTIONS = sectionsOf(DOCUMENT).filter(({ title }) => !/^\d+\. /.test(title));
const MESSAGES = SECTIONS.filter(({ level, title }) => level === 3 && /^[A-Z]+$/.test(title));

/** What is not said in bytes: sentences and tables, but examples. */
function proseOf({ title, text }: Section): string {
  if (title === 'Examples') return '';
  return text.replaceAll(/^```[\s\S]*?^```$/gm, '').replaceAll(/^\| `?[{[].*$/gm, '');
}

function textOf(title: string): string {
  return SECTIONS.find((section) => section.title === title)?.text ?? '';
}

/** Names within the vectors of layouts. */
function namesOfLayouts(): string[] {
  const names = new Set<string>();
  const note = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return;
    if ('kind' in part) names.add(String(part.kind));
    for (const [name, inner] of Object.entries(part)) {
      if (!Array.isArray(part)) names.add(name);
      if (name === 'rest') names.add(String(inner));
      note(inner);
    }
  };
  for (const { layout } of readPackedVectors().values) note(layout);
  return [...names];
}

const OTHERS = [
  // What a session keeps.
  'tx rx acked',
  // Parts of values that the document describes, of grammars, and of the examples.
  'params message issues path code truncated true v meta meta.values stored length index if bit x',
  'publisher counter at note n name room ROOM_CLOSED v1 decafbad let-me-stay s-7f3a',
  'chat.post chat.confirm chat.messages contract.procedure contract.topic',
  // Names of other standards, and of what stands in other places of the project.
  'Sec-WebSocket-Protocol Origin traceparent tracestate __proto__ constructor prototype Error',
  'Infinity NaN -Infinity referentialEqualities @trunkline/contract describe denied tests/vectors',
  'tests/vectors/conversations.json',
];

/** What is in code style, by where it comes from. */
const KNOWN = new Set<string>([
  ...MESSAGES.flatMap(({ text }) => fieldsOf(text).flatMap(({ name }) => name.split(', '))),
  ...Object.keys(SESSION_LIMITS),
  ...Object.keys(ERROR_CODES),
  ...Object.values(SUBPROTOCOLS),
  ...namesOfLayouts(),
  ...readdirSync(new URL('../vectors', import.meta.url)),
  ...readConversations().map(({ name }) => name),
  ...fencesOf(DOCUMENT)
    .filter(({ info }) => info === 'text')
    .flatMap(({ text }) => text.match(/\w+/g) ?? []),
  ...rowsOf(textOf('Values of the wire'), 'notation').flatMap(([name = '']) => name.split(' ')),
  ...rowsOf(textOf('Payloads'), 'annotation').map(([name = '']) => name),
  ...rowsOf(textOf('Extensions'), 'tag', 'name').map(([, name = '']) => name),
  ...OTHERS.flatMap((names) => names.split(' ')),
  'ext if bytes are left',
  'npm run conformance',
]);

const ACRONYMS =
  'ABORT ACK ASCII EXT FIRST FNV HTTP IEEE JSON LAST NOW OPTIONAL README RFC SEQ SEQUENCED TCP URL UTC UTF WHATWG';

describe('PROTOCOL.md', () => {
  it.each(SECTIONS.filter((section) => proseOf(section).includes('`')))(
    'has under $title no word in code style but names of the protocol',
    (section) => {
      const codes = [...proseOf(section).matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
      for (const code of codes) {
        // Bytes, numbers, signs, texts, patterns and values are none.
        const isWord = !/^[\d\W]+$|^[0-9a-f ]+$|^["'\\{]|^-?\[|^\(|^\d/.test(code);
        if (!isWord || KNOWN.has(code)) continue;
        for (const word of code.match(/[A-Za-z_][\w.-]*/g) ?? []) expect(KNOWN).toContain(word);
      }
    },
  );

  it.each(SECTIONS)('has under $title no word in capitals but names and acronyms', (section) => {
    const known = new Set([
      ...[KINDS, FEATURES, CLOSE_CODES, VIOLATIONS].flatMap((names) => Object.keys(names)),
      ...ACRONYMS.split(' '),
    ]);
    const words = proseOf(section).replaceAll(/`[^`]*`|U\+[0-9A-F]+/g, '');
    for (const [word] of words.matchAll(/\b[A-Z][A-Z_]+s?\b/g)) {
      expect(known).toContain(word.replace(/s$/, '').replace(/^S$/, 's'));
    }
  });

  it('has the bits of flags for the fields that need them', () => {
    for (const { title, text } of MESSAGES) {
      const flags = fieldsOf(text).find(({ name }) => name === 'flags');
      if (flags === undefined) continue;
      const said = [...flags.meaning.matchAll(/bit (\d)/g)].map(([, bit]) => Number(bit));
      const types = fieldsOf(text).flatMap(({ type }) => / if bit (\d)/.exec(type)?.[1] ?? []);
      const needed = [...new Set(types.map(Number))].filter((bit) => bit !== 2);
      // The last two of a CHUNK stand for themselves.
      expect([title, said]).toEqual([title, title === 'CHUNK' ? [...needed, 1, 2] : needed]);
    }
  });
});

describe('grammars of names', () => {
  const patternOf = (title: string, field: string): RegExp => {
    const row = rowsOf(textOf(title), 'field', 'type').find(([name]) => name === field);
    const [, pattern = ''] = /(\[[aA]-[zZ]\]\S*)/.exec(row?.[2] ?? '') ?? [];
    return new RegExp(`^${pattern.replace(/,$/, '')}$`);
  };

  it.each([
    ['BIND', 'name', ['a.b', 'chat.post', 'a.b.c.d.e.f.g.h', 'aB9.cD9']],
    ['ERROR', 'code', ['X', 'ROOM_CLOSED', 'A1_']],
  ])('of %s take what is well-formed', (title, field, names) => {
    for (const name of names) expect(name).toMatch(patternOf(title, field));
  });

  it.each([
    ['BIND', 'name', ['a', 'A.b', 'a.B', 'a..b', '.a', 'a.', 'a.b-c', 'a.é', 'a.b.c.d.e.f.g.h.i']],
    ['ERROR', 'code', ['', 'x', 'Xy', '1X', '_X', 'A-B']],
  ])('of %s take nothing else', (title, field, names) => {
    for (const name of names) expect(name).not.toMatch(patternOf(title, field));
  });
});

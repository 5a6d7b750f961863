import { describe, expect, it } from 'vitest';
import { FEATURES, KINDS } from '@trunkline/protocol';
import { readConversations } from '../conformance/src/conversation.js';
import { readDocument, rowsOf, sectionsOf } from './markdown.js';

const DOCUMENT = readDocument('PROTOCOL.md');
const SECTIONS = sectionsOf(DOCUMENT);
const MESSAGES = SECTIONS.filter(({ level, title }) => level === 3 && /^[A-Z]+$/.test(title));
const HEADINGS = SECTIONS.map(({ title }) => title).filter((title) => !/^\d+\. /.test(title));

function textOf(title: string): string {
  const section = SECTIONS.find((candidate) => candidate.title === title);
  if (section === undefined) throw new RangeError(`no section "${title}"`);
  return section.text;
}

function anchorOf(title: string): string {
  return title.toLowerCase().replaceAll(' ', '-');
}

function linksOf(text: string): string[][] {
  return [...text.matchAll(/\[([^\]]+)\]\(#([^)]+)\)/g)].map(([, name = '', anchor = '']) => {
    return [name, anchor];
  });
}

describe('the contents', () => {
  it('lead to every heading, in their order, and to nothing else', () => {
    const links = linksOf(textOf('Contents').split('\n\nA message')[0] ?? '');
    expect(['Contents', ...links.map(([name]) => name)]).toEqual(HEADINGS.slice(1));
  });

  it('and every other link lead to headings', () => {
    const anchors = HEADINGS.map(anchorOf);
    for (const [, anchor] of linksOf(DOCUMENT)) expect(anchors).toContain(anchor);
  });

  it('have each message by its kind, with its direction', () => {
    const rows = rowsOf(textOf('Contents'), 'kind', 'message', 'direction', 'needs');
    const listed = rows.map(([kind, message = '', direction]) => {
      const [[name = '', anchor] = []] = linksOf(message);
      expect(anchor).toBe(anchorOf(name));
      return [Number(`0x${kind}`), name, direction];
    });
    const kinds = Object.entries(KINDS).map(([name, kind]) => {
      const [, direction] = /^Direction: ([^.]+)/m.exec(textOf(name)) ?? [];
      const said = listed.find(([, title]) => title === name)?.[2] ?? '?';
      return [kind, name, direction?.startsWith(`${said}`) ? said : direction];
    });
    expect(listed).toEqual(kinds.toSorted(([a], [b]) => Number(a) - Number(b)));
  });

  it('say of each message which feature it needs, as its receiver does', () => {
    const rows = rowsOf(textOf('Contents'), 'kind', 'message', 'direction', 'needs');
    for (const [, message = '', , needs = ''] of rows) {
      const name = linksOf(message)[0]?.[0] ?? '';
      const [, feature = ''] =
        /^\| it (?:is a client that )?did not set (\w+) \|/m.exec(textOf(name)) ?? [];
      const isResuming = ['RESUME', 'RESUMED', 'GONE'].includes(name);
      expect([name, needs.split(',')[0]]).toEqual([name, isResuming ? 'RESUME' : feature]);
    }
  });
});

describe('feature bits', () => {
  it.each(rowsOf(textOf('HELLO'), 'feature bit', 'name'))('%s, %s, names', (_bit, name, what) => {
    const needing = rowsOf(textOf('Contents'), 'kind', 'message', 'direction', 'needs')
      .filter(([, , , needs = '']) => needs.split(',')[0] === name)
      .map(([, message = '']) => linksOf(message)[0]?.[0]);
    const named = [...new Set((what ?? '').match(/\b[A-Z]{2,}\b/g))];
    expect(Object.keys(FEATURES)).toContain(name);
    expect(new Set(named)).toEqual(new Set(name === 'PARTS' ? ['MESSAGE'] : needing));
  });
});

describe('words', () => {
  const rows = rowsOf(textOf('Words'), 'word', 'meaning');

  it('that are explained are used elsewhere, each is there once, and each has a meaning', () => {
    const elsewhere = DOCUMENT.replace(textOf('Words'), '').toLowerCase();
    for (const [words = '', meaning] of rows) {
      for (const word of words.split(', ')) expect(elsewhere).toContain(word);
      expect(meaning).not.toBe('');
    }
    expect(new Set(rows.map(([word]) => word)).size).toBe(rows.length);
  });

  it('are those that a reader has to know', () => {
    expect(rows.map(([word]) => word)).toEqual([
      'client, server',
      'peer',
      'message',
      'batch',
      'procedure',
      'caller, callee',
      'item',
      'credit',
      'topic',
      'epoch',
      'cursor',
      'session',
      'attach',
      'detached',
      'principal',
      'sequenced',
      'turn',
    ]);
  });
});

describe('messages', () => {
  it('end with an example whose batch is introduced by what it says', () => {
    for (const { text } of MESSAGES) expect(text).toMatch(/\n\n\S[^\n]*:\n\n```hex batch\n/);
  });
});

describe('conversations', () => {
  it.each([
    ['connect'],
    ['call'],
    ['cancel-race'],
    ['download'],
    ['upload'],
    ['subscribe'],
    ['reconnect'],
    ['gap'],
    ['publish-both'],
    ['refused'],
    ['busy'],
    ['small-limits'],
    ['large-input'],
    ['asked'],
    ['resume-result'],
    ['renewing'],
    ['draining'],
  ])('have %s', (name) => {
    expect(readConversations().map((one) => one.name)).toContain(name);
  });

  it('have every message in some step', () => {
    const steps = readConversations().flatMap((one) => one.steps);
    const kinds = steps.flatMap((step) => [
      ...('messages' in step ? step.messages.map(({ kind }) => kind) : []),
      ...('items' in step ? ['ITEM'] : []),
    ]);
    const unseen = Object.keys(KINDS).filter((kind) => !kinds.includes(kind));
    expect(unseen).toEqual([]);
  });
});

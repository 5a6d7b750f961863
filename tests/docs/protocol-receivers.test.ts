import { describe, expect, it } from 'vitest';
import {
  CLOSE_CODES,
  ERROR_CODES,
  KINDS,
  reactionTo,
  VIOLATIONS,
  type CloseCode,
  type Kind,
} from '@trunkline/protocol';
import {
  CANCEL_REASONS,
  EXECUTED,
  GAP_REASONS,
  GONE_REASONS,
} from '../../packages/protocol/src/message.js';
import { readDocument, rowsOf, sectionsOf } from './markdown.js';

const DOCUMENT = readDocument('PROTOCOL.md');
const SECTIONS = sectionsOf(DOCUMENT);
const MESSAGES = SECTIONS.filter(({ level, title }) => level === 3 && /^[A-Z]+$/.test(title));
const CODES = Object.values(CLOSE_CODES).map(({ code }): number => code);
/** How a reaction may begin, so that none says something that is not one. */
const VERBS =
  /^(closes with|answers|ignores|skips|drops|takes|fails|frees|forgets|counts|goes on|waits|tells|keeps|sends|runs|opens|ends|lets|leads|may (answer|send))\b/;
/** What the pieces of a transfer are called. */
const FLAGS = ['FIRST', 'LAST', 'ABORT'];

interface Reaction {
  readonly title: string;
  readonly when: string;
  readonly reaction: string;
}

function reactionsOf(title: string): Reaction[] {
  const section = SECTIONS.find((candidate) => candidate.title === title);
  return rowsOf(section?.text ?? '', 'when', 'reaction').map(([when = '', reaction = '']) => {
    return { title, when, reaction };
  });
}

const COMMON = reactionsOf('What holds for every message');
const ALL = [...COMMON, ...MESSAGES.flatMap(({ title }) => reactionsOf(title))];

describe('receivers', () => {
  it.each(MESSAGES)('of $title have a table of their own, behind the fields', ({ text }) => {
    const headings = [...text.matchAll(/^\*\*The receiver\*\*$/gm)];
    expect(headings).toHaveLength(1);
    expect(text.indexOf('| when | reaction |')).toBeGreaterThan(headings[0]?.index ?? Infinity);
    expect(headings[0]?.index).toBeGreaterThan(text.indexOf('| field | type | meaning |'));
  });

  it.each(ALL)('of $title react when $when', ({ when, reaction }) => {
    expect(when).not.toBe('');
    expect(reaction).toMatch(VERBS);
  });

  it.each(ALL)('of $title close only with codes of the table: $reaction', ({ reaction }) => {
    const said = [...reaction.matchAll(/\bwith (\d{4})\b/g)].map(([, code]) => Number(code));
    expect(reaction.startsWith('closes')).toBe(said.length > 0);
    for (const code of said) expect(CODES).toContain(code);
  });

  it.each(ALL)('of $title answer with what there is: $reaction', ({ reaction }) => {
    const words = reaction.match(/\b[A-Z][A-Z_]+\b/g) ?? [];
    const known = [...Object.keys(ERROR_CODES), ...Object.keys(KINDS), ...FLAGS];
    for (const word of words) expect(known).toContain(word.replace(/s$/, ''));
    const executed = [...reaction.matchAll(/executed (\w+)/g)].map(([, word]) => word);
    for (const word of executed) expect(EXECUTED).toContain(word);
    expect(executed.length > 0).toBe(/\bERROR [A-Z]|\bwith [A-Z]|^fails/.test(reaction));
  });

  it('name the reasons that the messages have', () => {
    const numbers = [...CANCEL_REASONS.keys()].map(String);
    const known: readonly string[] = [...GONE_REASONS, ...GAP_REASONS, ...numbers];
    const said = ALL.flatMap(({ reaction }) => [...reaction.matchAll(/, reason (\w+)/g)]);
    for (const [, reason] of said) expect(known).toContain(reason);
  });

  it('close somewhere with every code that a violation has', () => {
    const said = new Set(ALL.flatMap(({ reaction }) => reaction.match(/\b\d{4}\b/g) ?? []));
    const needed = Object.values(VIOLATIONS).map(([code]) => `${CLOSE_CODES[code].code}`);
    for (const code of needed) expect([...said]).toContain(code);
  });

  /** Which sections must tell of a violation that depends on more than the bytes of a message. */
  it.each<[keyof typeof VIOLATIONS, Kind, RegExp]>([
    ['HELLO_TOO_BIG', 'HELLO', /more than 8 KiB/],
    ['HELLO_TOO_BIG', 'RESUME', /more than 8 KiB/],
    ['HELLO_FIRST', 'HELLO', /another message is in its batch/],
    ['HELLO_FIRST', 'RESUME', /not first and alone/],
    ['SECOND_HELLO', 'HELLO', /second one in a session/],
    ['SECOND_HELLO', 'WELCOME', /second one on a connection/],
    ['SECOND_HELLO', 'RESUMED', /did not send RESUME/],
    ['SECOND_HELLO', 'GONE', /did not send RESUME/],
    ['BAD_ACK', 'RESUMED', /not among the numbers/],
    ['HELLO_LATE', 'HELLO', /within 5 s/],
    ['TOO_EARLY', 'WELCOME', /another message comes in its place/],
    ['NOT_OFFERED', 'CHUNK', /did not set CHUNK/],
    ['BAD_CHUNK', 'CHUNK', /FIRST comes for a live transfer/],
    ['NOT_OFFERED', 'AUTH', /did not set AUTH/],
    ['TOO_MANY_AUTHS', 'AUTH', /too many/],
    ['NOT_OFFERED', 'AUTHED', /did not set AUTH/],
    ['NOT_OFFERED', 'GOAWAY', /did not set GOAWAY/],
    ['NOT_OFFERED', 'BIND', /did not set CALLS/],
    ['NOT_OFFERED', 'CALL', /did not set CALLS/],
    ['WRONG_DIRECTION', 'RESULT', /a server that has sent no CALL/],
    ['WRONG_DIRECTION', 'ERROR', /a server that has sent no CALL/],
    ['BAD_PROCEDURE', 'CALL', /procedure is not bound/],
    ['BAD_BIND', 'BIND', /not the next number/],
    ['TOO_MANY_BOUND', 'BIND', /more than boundProcedures/],
    ['BAD_CALL_ID', 'CALL', /of the wrong side, or taken/],
    ['BAD_SUB', 'SUBSCRIBE', /not the next number/],
    ['NO_CREDIT', 'ITEM', /no credit/],
    ['BAD_ITEM', 'ITEM', /has no items in this direction/],
    ['BAD_ITEM', 'ITEM', /after END/],
    ['BAD_ITEM', 'END', /no up items, or END came before/],
    ['BAD_ITEM', 'RESULT', /that of a stream/],
    ['BAD_OFFSET', 'MESSAGE', /position is below/],
    ['BAD_OFFSET', 'MESSAGE', /not less than offset/],
    ['BAD_OFFSET', 'GAP', /neither 0 nor at least from/],
    ['BAD_OFFSET', 'SUBSCRIBED', /top is below offset/],
    ['TOO_MANY_CANCELS', 'CANCEL', /too many/],
    ['TOO_MANY_CANCELS', 'CALL', /too many of its calls fail/],
    ['TOO_MANY_SUBSCRIBES', 'SUBSCRIBE', /too many/],
    ['TOO_MANY_SUBSCRIBES', 'UNSUBSCRIBE', /too many/],
  ])('say %s at %s, with its code', (name, title, when) => {
    const code: CloseCode = VIOLATIONS[name][0];
    const rows = reactionsOf(title).filter((row) => when.test(row.when));
    expect(rows.map(({ reaction }) => reaction)).toEqual([`closes with ${CLOSE_CODES[code].code}`]);
  });
});

describe('violations', () => {
  it('have names, codes and reasons of the code', () => {
    const section = SECTIONS.find(({ title }) => title === 'Violations');
    const rows = rowsOf(section?.text ?? '', 'name', 'code', 'reason', 'what is wrong');
    const table = rows.map(([name, code, reason]) => [name, Number(code), reason]);
    expect(table).toEqual(
      Object.entries(VIOLATIONS).map(([name, [code, reason]]) => [
        name,
        CLOSE_CODES[code].code,
        reason,
      ]),
    );
    for (const [, , , wrong] of rows) expect(wrong).not.toBe('');
  });
});

describe('codes', () => {
  it('with which anybody closes are in the table of close codes', () => {
    const said = [...DOCUMENT.matchAll(/\bclose[sd]?\b[^.|]{0,40}? with (\d{4})\b/g)];
    expect(said.length).toBeGreaterThan(70);
    for (const [, code] of said) expect(CODES).toContain(Number(code));
  });

  it('in code style are error codes, names of the wire, or declared in an example', () => {
    const section = SECTIONS.filter(({ title }) => title !== 'Violations');
    const words = section.flatMap(({ text }) => text.match(/`[A-Z][A-Z_]{2,}`/g) ?? []);
    const known = [...Object.keys(ERROR_CODES), 'ROOM_CLOSED', 'URL'];
    for (const word of words) expect(known).toContain(word.replaceAll('`', ''));
  });
});

describe('the end of a connection', () => {
  it('ends a session with the codes on which clients stop, and with no other', () => {
    const section = SECTIONS.find(({ title }) => title === 'What outlives a connection');
    const rows = rowsOf(section?.text ?? '', 'the connection ends with', 'the session');
    const [ending, gone, drained, other] = rows;
    const said = (ending?.[0]?.match(/\d{4}/g) ?? []).map(Number);
    expect(said).toEqual(CODES.filter((code) => reactionTo(code) === 'stop'));
    expect(ending?.[1]).toBe('ends');
    expect(gone?.[0]).toContain(`${CLOSE_CODES.LEAVING.code}`);
    expect(drained?.[0]).toContain(`${CLOSE_CODES.DRAINING.code}`);
    expect(drained?.[1]).toContain('ends;');
    expect(other?.[0]).toMatch(/^any other code.* or a cut$/);
    expect(other?.[1]).toBe('is detached, until RESUME or for ttlMs');
  });

  it('is told of a session by the reasons of GONE, each of which has a row', () => {
    const section = SECTIONS.find(({ title }) => title === 'GONE');
    const rows = rowsOf(section?.text ?? '', 'reason', 'when');
    expect(rows.map(([reason]) => reason)).toEqual(GONE_REASONS);
  });

  it('is followed by GONE for every reason that a server with one node has', () => {
    const said = reactionsOf('RESUME').flatMap(({ reaction }) => [
      ...reaction.matchAll(/GONE, reason (\w+)/g),
    ]);
    const known = said.map(([, reason]) => reason);
    expect(known).toEqual(['unknown', 'principal', 'codec', 'overflow']);
  });
});

describe('states', () => {
  it('name messages, and nothing that is none', () => {
    const section = SECTIONS.find(({ title }) => title === 'States');
    const rows = rowsOf(section?.text ?? '', 'state', 'begins with');
    const words = rows.flatMap((row) => row.join(' ').match(/\b[A-Z]{3,}\b/g) ?? []);
    for (const word of words) expect(Object.keys(KINDS)).toContain(word);
    expect(rows.map(([state]) => state)).toEqual([
      'opened',
      'greeting',
      'resuming',
      'gone',
      'live',
      'closing',
    ]);
  });
});

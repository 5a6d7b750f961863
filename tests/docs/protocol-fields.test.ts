import { describe, expect, it } from 'vitest';
import {
  decodeBatch,
  encodeBatch,
  takesNumber,
  Violation,
  Writer,
  type Kind,
  type Message,
} from '@trunkline/protocol';
import { bytesOfHex, readMessageVectors } from '../vectors/vector-json.js';
import { fieldsOf, messageOf, readByTable } from './field-table.js';
import { readDocument, sectionsOf } from './markdown.js';

const SECTIONS = sectionsOf(readDocument('PROTOCOL.md'));
const MESSAGES = SECTIONS.filter(({ level, title }) => level === 3 && /^[A-Z]+$/.test(title));
const VECTORS = readMessageVectors();

/** Parts of large topic messages need CHUNK, which is not offered, so no vector has one. */
const NOT_OFFERED: readonly string[] = ['MESSAGE part', 'MESSAGE size'];

function tableOf(kind: string) {
  const section = MESSAGES.find(({ title }) => title === kind);
  if (section === undefined) throw new RangeError(`no section "${kind}"`);
  return fieldsOf(section.text);
}

/** The body of the one message of a batch. */
function bodyOf(hex: string): Uint8Array {
  const bytes = bytesOfHex(hex);
  const bits = bytes[0] as number;
  let start = 2 + (bits & 1) * 2 + (bits & 2);
  while ((bytes[start] as number) >= 128) start++;
  return bytes.subarray(start + 1);
}

function nameOf(message: Message): string | undefined {
  const head = takesNumber(message) ? { seq: 1 } : {};
  const batch = decodeBatch(encodeBatch(new Writer(), head, [message]));
  return batch instanceof Violation ? batch.name : undefined;
}

describe('field tables', () => {
  it.each(VECTORS)('read $name as the code does', ({ hex, message }) => {
    const fields = readByTable(tableOf(message.kind), bodyOf(hex));
    expect(messageOf(message.kind, fields)).toEqual(message);
  });

  it.each(MESSAGES)('of $title have no field that no vector has', ({ title }) => {
    const rows = tableOf(title).filter(({ name }) => !NOT_OFFERED.includes(`${title} ${name}`));
    const seen = new Set<string>();
    for (const { hex, message } of VECTORS) {
      if (message.kind !== title) continue;
      for (const name of Object.keys(readByTable(rows, bodyOf(hex)))) seen.add(name);
    }
    const unseen = rows.filter(({ name, type }) => !seen.has(name) && !isUnknownExt(name, type));
    expect(unseen).toEqual([]);
  });

  it('say what each field means, but flags that have no bit of their own', () => {
    const silent = MESSAGES.flatMap(({ title }) =>
      tableOf(title)
        .filter(({ meaning }) => meaning === '')
        .map(({ name }) => `${title} ${name}`),
    );
    expect(silent).toEqual(['RESULT flags', 'ERROR flags', 'ITEM flags', 'END flags']);
  });

  it.each<[Kind, string, string, string]>([
    ['HELLO', 'agent', '', 'x'],
    ['HELLO', 'token', '', 'x'],
    ['WELCOME', 'session', '', 'x'],
    ['BIND', 'name', 'a.', 'b'],
    ['ERROR', 'code', '', 'X'],
    ['ERROR', 'message', '', 'x'],
  ])('%s %s is refused with a byte more than is said', (kind, field, start, fill) => {
    const meaning = tableOf(kind).find(({ name }) => name === field)?.meaning ?? '';
    const [, digits = ''] = /at most ([\d,]+) bytes/.exec(meaning) ?? [];
    const bound = Number(digits.replaceAll(',', ''));
    expect(bound).toBeGreaterThan(0);
    const message = VECTORS.find(({ name }) => name === kind)?.message as Message;
    const withBytes = (count: number): Message => {
      return { ...message, [field]: start + fill.repeat(count - start.length) };
    };
    expect(nameOf(withBytes(bound))).toBeUndefined();
    expect(nameOf(withBytes(bound + 1))).toBe('BAD_FIELD');
  });

  it.each<[Kind, string]>([
    ['HELLO', 'count'],
    ['WELCOME', 'count'],
  ])('%s is refused with one contract more than its %s says', (kind, field) => {
    const meaning = tableOf(kind).find(({ name }) => name === field)?.meaning ?? '';
    const bound = Number(/at most (\d+)/.exec(meaning)?.[1]);
    const message = VECTORS.find(({ name }) => name === kind)?.message as Message;
    const revisions = Array.from({ length: bound + 1 }, (_, index) => {
      return { name: `c${index}`, revision: '0000000000000000' };
    });
    const withSome = (count: number): Message => {
      return { ...message, revisions: revisions.slice(0, count) } as Message;
    };
    expect(nameOf(withSome(bound))).toBeUndefined();
    expect(nameOf(withSome(bound + 1))).toBe('BAD_FIELD');
  });

  it('SUBSCRIBE is refused with one more of `last` than is said', () => {
    const meaning = tableOf('SUBSCRIBE').find(({ name }) => name === 'last')?.meaning ?? '';
    const bound = Number(/at most ([\d,]+)/.exec(meaning)?.[1]?.replaceAll(',', ''));
    const message = VECTORS.find(({ name }) => name === 'SUBSCRIBE')?.message as Message;
    expect(nameOf({ ...message, last: bound } as Message)).toBeUndefined();
    expect(nameOf({ ...message, last: bound + 1 } as Message)).toBe('BAD_FIELD');
  });
});

/** An ext of which no tag is known is there for later versions, so no vector writes one. */
function isUnknownExt(name: string, type: string): boolean {
  return name === 'ext' && type === 'ext if bytes are left';
}

import { compilePacked, ENCODING, SERVER_DECODE_LIMITS, type Layout } from '@trunkline/protocol';
import { describe, expect, it } from 'vitest';
import { readDocument, sectionsOf } from './markdown.js';

const SECTIONS = sectionsOf(readDocument('PROTOCOL.md'));

/** A section without its tables and examples, in one line. */
function proseOf(title: string): string {
  const text = SECTIONS.find((section) => section.title === title)?.text ?? '';
  return text.replaceAll(/^(```[\s\S]*?^```|\|.*)$/gm, '').replaceAll(/\s+/g, ' ');
}

function bytesOf(kind: 'number' | 'int', value: number): Uint8Array {
  const root: Layout = { kind };
  const encoded = compilePacked({ root, types: [] }).encode(value, SERVER_DECODE_LIMITS);
  return 'bytes' in encoded ? encoded.bytes.subarray(1) : new Uint8Array(0);
}

describe('sentences', () => {
  it.each<[string, string, string]>([
    ['Extensions', 'what may be skipped', 'Bit 7 of a tag says *optional*'],
    ['Extensions', 'where an ext is', 'flag bit 2 announces an ext'],
    ['Extensions', 'what came before', 'bit 7 is set when the publish id had been stored before'],
    ['Flags', 'a part', 'bit 3 of a MESSAGE has none for a client that did not set PARTS'],
    ['Payloads', 'a payload of none', `**None** (${ENCODING.NONE}): no bytes`],
    ['Payloads', 'a packed one', `**Packed** (${ENCODING.PACKED}): a value by the layout`],
    ['Payloads', 'bytes', `**Bytes** (${ENCODING.BYTES}): the value is binary`],
    ['Payloads', 'superjson', `**Superjson** (${ENCODING.SUPERJSON}), for every other value`],
    ['Payloads', 'an item that cannot be read', 'answered with CANCEL, reason 2'],
    ['Positions', 'a procedure that is bound again', 'binds the procedure again with `sendHash` 0'],
    ['The packed payload', 'a peer without layouts', 'it sends hashes of 0'],
    ['Batches', 'a kind', '`87` is not PING'],
    ['Order of writing', 'shared batches', 'batches of their own with head `00`'],
  ])('of %s say of %s what its test says', (title, _what, sentence) => {
    expect(proseOf(title)).toContain(sentence);
  });

  it('say of numbers in a body which bits they have', () => {
    const prose = proseOf('Numbers of a body');
    const [, low, sign, more] =
      /bits 0-(\d) are the lowest six bits of .*? bit (\d) is set below zero. Bit (\d) says/.exec(
        prose,
      ) ?? [];
    expect(bytesOf('int', 63)[0]).toBe(2 ** (Number(low) + 1) - 1);
    expect(bytesOf('int', -1)[0]).toBe(2 ** Number(sign) + 1);
    expect(bytesOf('int', 64)).toEqual(Uint8Array.of(2 ** Number(more), 1));
    const [, mark = '', bytes] =
      /`(\d\d)` would be minus zero: it is the mark of a double, whose (\d) bytes/.exec(prose) ??
      [];
    expect(bytesOf('number', 0.5)[0]).toBe(Number.parseInt(mark, 16));
    expect(bytesOf('number', 0.5)).toHaveLength(1 + Number(bytes));
    const nan = Buffer.from(bytesOf('number', Number.NaN)).toString('hex');
    const [, shown = ''] = /who has the choice writes `([0-9a-f ]+)`/.exec(prose) ?? [];
    expect(shown.replaceAll(' ', '')).toBe(nan);
  });

  const EXECUTED: Readonly<Record<string, string>> = {
    'A small client': 'unknown',
    Extensions: 'no',
    Payloads: 'no yes',
    Positions: 'no',
    'What outlives a connection': 'no unknown',
    'The end of rights': 'no',
    GOAWAY: 'unknown',
    BIND: 'no',
    CALL: 'no unknown yes no no',
    CREDIT: 'unknown',
    'Large values': 'yes',
    CHUNK: 'no yes yes',
  };

  it.each(SECTIONS.filter(({ text }) => /executed (no|yes|unknown)/.test(text)))(
    'of $title say whether a handler ran as these do',
    ({ title }) => {
      const said = [...proseOf(title).matchAll(/executed (no|yes|unknown)\b/g)];
      expect(said.map(([, word]) => word).join(' ')).toBe(EXECUTED[title] ?? '');
    },
  );
});

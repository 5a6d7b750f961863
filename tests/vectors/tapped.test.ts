import { systemRuntime } from '@trunkline/protocol';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { plain } from '../../packages/codegen/src/paint.js';
import { ConnectionReader } from '../../packages/codegen/src/tap/connection-reader.js';
import { LayoutBook } from '../../packages/codegen/src/tap/layout-book.js';
import { jsonOf, lineOf } from '../../packages/codegen/src/tap/line.js';
import { SessionBook } from '../../packages/codegen/src/tap/session-names.js';

interface Vector {
  readonly name: string;
  readonly direction?: 'client' | 'server' | 'both';
  readonly hex: string;
  readonly message?: { readonly kind: string };
  readonly violation?: string;
}

const read = (name: string): Vector[] =>
  JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url), 'utf8')) as Vector[];

/** What the tokens of the vectors are made of, as text and as bytes. */
const TOKENS = /let-me|6c65742d6d65/;
/** Of the vectors, the secret of a session. */
const SECRET = /000102030405/;

function createReader(): ConnectionReader {
  return new ConnectionReader({
    connection: 1,
    sessions: new SessionBook(),
    layouts: new LayoutBook([], { unmask: true }),
    runtime: systemRuntime,
    raw: true,
    unmask: true,
  });
}

/** What a tap would write of some bytes, in both forms. */
function linesOf(reader: ConnectionReader, bytes: Uint8Array, isBinary = true): string[] {
  const how = { full: true, unmask: true, paint: plain };
  return (['up', 'down'] as const).flatMap((direction) => {
    const records = reader.read(direction, bytes, isBinary);
    return records.flatMap((record) => [lineOf(record, how), jsonOf(record, how)]);
  });
}

describe('trunkline tap, on the vectors', () => {
  it.each(read('messages'))('shows $name, and no secret of it', ({ hex, message }) => {
    const lines = linesOf(createReader(), Buffer.from(hex, 'hex'));
    const kind = message?.kind ?? '';
    expect(lines.join('\n')).toContain(kind);
    expect(lines.join('\n')).not.toMatch(/^(WELCOME|RESUME)$/.test(kind) ? SECRET : TOKENS);
    expect(lines.join('\n')).not.toContain('MALFORMED');
  });

  it.each(read('hostile'))('tells what is wrong with: $name', ({ hex, violation }) => {
    const lines = linesOf(createReader(), Buffer.from(hex, 'hex'));
    expect(lines.length).toBeGreaterThan(0);
    const [first = ''] = lines;
    expect(first).toContain(first.includes('MALFORMED') ? `fault=${violation}` : '');
    expect(lines.join('\n')).not.toMatch(TOKENS);
  });

  it('reads whatever comes, in whatever order, on one connection', () => {
    const reader = createReader();
    const batches = [...read('messages'), ...read('batches'), ...read('hostile')].map(({ hex }) =>
      Buffer.from(hex, 'hex'),
    );
    const seed = 20_261_121;
    let state = seed;
    const next = (below: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state % below;
    };
    for (let turn = 0; turn < 5_000; turn++) {
      const bytes = Buffer.from(batches[next(batches.length)] ?? []);
      if (bytes.length > 0 && next(2) === 0) bytes[next(bytes.length)] = next(256);
      const lines = linesOf(reader, bytes, next(50) > 0);
      expect(lines.length, `seed ${seed}, turn ${turn}`).toBeGreaterThan(0);
      expect(lines.join(''), `seed ${seed}, turn ${turn}`).not.toMatch(/\p{Cc}/u);
    }
  });
});

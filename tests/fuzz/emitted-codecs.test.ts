import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { assert, beforeAll, describe, expect, it } from 'vitest';
import {
  compilePacked,
  packValue,
  SERVER_DECODE_LIMITS,
  unpackValue,
  listChecks,
  packChecked,
  unpackChecked,
  type LayoutDocument,
  type PartChecks,
  type PartCodec,
  type ReadPart,
  type WritePart,
} from '@trunkline/protocol';
import { VirtualRuntime } from '@trunkline/protocol/testing';
import { CheckSlots } from '../../packages/codegen/src/codec/check-slots.js';
import { CodeFile } from '../../packages/codegen/src/codec/code-file.js';
import { ReadCode } from '../../packages/codegen/src/codec/read-code.js';
import { WriteCode } from '../../packages/codegen/src/codec/write-code.js';
import { ImportList } from '../../packages/codegen/src/import-list.js';
import { layoutOf } from '../../packages/contract/src/layout.js';
import { schemaCase } from './arbitrary-schema.js';
import { findLive } from './inert.js';
import { Mutator } from './mutation.js';
import { chooseSeed } from './seed.js';

const seed = chooseSeed('emitted codecs');
const LIMITS = SERVER_DECODE_LIMITS;
const SCHEMAS = 600;
const PROTOCOL = fileURLToPath(new URL('../../packages/protocol/src/index.ts', import.meta.url));

interface Sample {
  readonly document: LayoutDocument;
  readonly checks: PartChecks;
  readonly values: readonly unknown[];
}

/** Writes the module that has the codecs of layouts, as generated files have them. */
function moduleText(samples: readonly Sample[]): string {
  const imports = new ImportList(PROTOCOL, new Set());
  const file = new CodeFile(imports);
  const [write, read] = [new WriteCode(file), new ReadCode(file)];
  const codecs = samples.map(({ document, checks }, index) => {
    const place = { layout: document.root, document, name: `Case${index}` };
    const slots = new CheckSlots(document, listChecks(document, checks).pattern);
    const checked = read.function({ ...place, slots });
    const given = write.function({ ...place, slots });
    const plain = `write: ${write.function(place)}, read: ${read.function(place)}`;
    return `{ ${plain}, checked: ${checked}, given: ${given} },\n`;
  });
  const list = `export const codecs: readonly object[] = [\n${codecs.join('')}];\n`;
  return [imports.text, file.text, list].join('\n');
}

interface Emitted extends PartCodec {
  /** What reads, and what writes, with the checks. */
  readonly checked: ReadPart;
  readonly given: WritePart;
}

async function codecsOf(samples: readonly Sample[]): Promise<readonly Emitted[]> {
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-codecs-'));
  try {
    const path = join(folder, 'codecs.ts');
    await writeFile(path, moduleText(samples));
    const { codecs } = (await import(path)) as { codecs: readonly Emitted[] };
    return codecs;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function sample(): Sample[] {
  const cases = schemaCase.chain((one) =>
    fc.tuple(fc.constant(one), fc.array(one.value, { minLength: 1, maxLength: 4 })),
  );
  return fc
    .sample(cases, { seed, numRuns: SCHEMAS })
    .flatMap(([{ schema }, values], index, all) => {
      // Values of another schema too, so that much is refused.
      const others = all[(index + 1) % all.length]?.[1] ?? [];
      return (['input', 'output'] as const).map((side) => {
        const { layout, checks } = layoutOf(schema, side);
        return { document: layout, checks, values: [...values, ...others] };
      });
    });
}

/** Equal in all that a program can see, the order of keys and −0 included. */
function assertSame(left: unknown, right: unknown, message: string): void {
  assert(isDeepStrictEqual(left, right), message);
  assert.strictEqual(shown(left), shown(right), message);
}

function shown(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (part instanceof Map || part instanceof Set) return [...part];
    return typeof part === 'bigint' ? `${part}n` : Object.is(part, -0) ? '-0' : part;
  });
}

describe('emitted codecs', { timeout: 60_000 }, () => {
  const samples = sample();
  let codecs: readonly Emitted[];

  beforeAll(async () => {
    codecs = await codecsOf(samples);
  });

  it('write the bytes and the faults of those that are compiled', () => {
    let [written, refused] = [0, 0];
    for (const [index, { document, values }] of samples.entries()) {
      const compiled = compilePacked(document);
      const { write } = codecs[index] as Emitted;
      for (const value of values) {
        const wanted = compiled.encode(value, LIMITS);
        if ('bytes' in wanted) written++;
        else refused++;
        assert.deepStrictEqual(
          packValue(write, value, LIMITS),
          wanted,
          `${JSON.stringify(document)} with ${shown(value)}`,
        );
      }
    }
    expect(written).toBeGreaterThan(SCHEMAS);
    expect(refused).toBeGreaterThan(SCHEMAS);
  });

  it('read the values and the faults of those that are compiled, also from broken bytes', () => {
    const runtime = new VirtualRuntime(seed);
    let [given, faults] = [0, 0];
    for (const [index, { document, values }] of samples.entries()) {
      const compiled = compilePacked(document);
      const { read } = codecs[index] as Emitted;
      const corpus = values.flatMap((value) => {
        const encoded = compiled.encode(value, LIMITS);
        return 'bytes' in encoded ? [encoded.bytes] : [];
      });
      const mutator = new Mutator(runtime, [...corpus, Uint8Array.of(0, 1, 2, 3)]);
      const broken = Array.from({ length: 60 }, () => mutator.next());
      const cut = corpus.flatMap((bytes) => Array.from(bytes, (_, end) => bytes.subarray(0, end)));
      for (const bytes of [...corpus, ...cut, ...broken]) {
        const wanted = compiled.decode(bytes, LIMITS);
        const got = unpackValue(read, bytes, LIMITS);
        const message = `${JSON.stringify(document)} with ${Buffer.from(bytes).toString('hex')}`;
        if ('fault' in wanted) {
          faults++;
          assert(typeof ('fault' in got && got.fault) === 'string', message);
        } else {
          given++;
          assertSame(got, wanted, message);
          assert(findLive(wanted.value) === undefined, message);
        }
      }
    }
    expect(given).toBeGreaterThan(SCHEMAS);
    expect(faults).toBeGreaterThan(SCHEMAS);
  });

  it('accept, change and refuse what those with checks do that are compiled', () => {
    const runtime = new VirtualRuntime(seed);
    let [given, refused, faults] = [0, 0, 0];
    for (const [index, { document, checks, values }] of samples.entries()) {
      const compiled = compilePacked(document, checks);
      const list = listChecks(document, checks);
      const { checked, read } = codecs[index] as Emitted;
      const corpus = values.flatMap((value) => {
        const encoded = compiled.encode(value, LIMITS);
        return 'bytes' in encoded ? [encoded.bytes] : [];
      });
      const mutator = new Mutator(runtime, [...corpus, Uint8Array.of(0, 1, 2, 3)]);
      const broken = Array.from({ length: 30 }, () => mutator.next());
      for (const bytes of [...corpus, ...broken]) {
        const wanted = attempt(() => compiled.decodeChecked(bytes, LIMITS));
        const got = attempt(() => unpackChecked(checked, bytes, { limits: LIMITS, ...list }));
        const message = `${JSON.stringify(document)} with ${Buffer.from(bytes).toString('hex')}`;
        if ('fault' in wanted) {
          faults++;
          assert('fault' in got, message);
        } else {
          if ('value' in wanted) given++;
          else refused++;
          assertSame(got, wanted, message);
        }
        // Without the checks it is the reader that has none.
        const plain = unpackValue(checked, bytes, LIMITS);
        assert(
          'fault' in plain || isDeepStrictEqual(plain, unpackValue(read, bytes, LIMITS)),
          message,
        );
      }
    }
    expect(given).toBeGreaterThan(SCHEMAS);
    expect(refused).toBeGreaterThan(SCHEMAS / 10);
    expect(faults).toBeGreaterThan(SCHEMAS);
  });

  it('write what those with checks do that are compiled, or refuse it', () => {
    let [written, refused] = [0, 0];
    for (const [index, { document, checks, values }] of samples.entries()) {
      const compiled = compilePacked(document, checks);
      const list = listChecks(document, checks);
      const { given } = codecs[index] as Emitted;
      for (const value of values) {
        const wanted = attempt(() => compiled.encodeChecked(value, LIMITS));
        const got = attempt(() => packChecked(given, value, { limits: LIMITS, ...list }));
        const message = `${JSON.stringify(document)} with ${shown(value)}`;
        if ('bytes' in wanted) written++;
        else refused++;
        assert.deepStrictEqual(outcome(got), outcome(wanted), message);
        // Without the checks it is the writer that has none.
        assert.deepStrictEqual(
          packValue(given, value, LIMITS),
          compiled.encode(value, LIMITS),
          message,
        );
      }
    }
    expect(written).toBeGreaterThan(SCHEMAS / 2);
    expect(refused).toBeGreaterThan(SCHEMAS);
  });
});

/** Gives the bytes, or whether a value is only refused or code of the schema throws. */
function outcome(result: ReturnType<typeof attempt>): unknown {
  return 'bytes' in result ? Buffer.from(result.bytes as Uint8Array).toString('hex') : result;
}

/** Gives the message of what code of a schema throws. */
function attempt<Value extends object>(read: () => Value): Value | { readonly thrown: string } {
  try {
    return read();
  } catch (error) {
    return { thrown: String(error) };
  }
}

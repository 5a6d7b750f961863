import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  packValue,
  SERVER_DECODE_LIMITS,
  unpackValue,
  type LayoutDocument,
  type PartCodec,
} from '@trunkline/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import { CodeFile } from '../../packages/codegen/src/codec/code-file.js';
import { ReadCode } from '../../packages/codegen/src/codec/read-code.js';
import { WriteCode } from '../../packages/codegen/src/codec/write-code.js';
import { ImportList } from '../../packages/codegen/src/import-list.js';
import { readPackedVectors } from './packed-json.js';
import { notationOf, valueOf } from './value-notation.js';
import { bytesOfHex } from './vector-json.js';

const PROTOCOL = fileURLToPath(new URL('../../packages/protocol/src/index.ts', import.meta.url));
const { values, faults, refused } = readPackedVectors();
const ALL = [...values, ...faults, ...refused];

/** Writes a module with the codecs of all layouts, as generated files have them. */
function moduleText(documents: readonly LayoutDocument[]): string {
  const imports = new ImportList(PROTOCOL, new Set());
  const file = new CodeFile(imports);
  const [write, read] = [new WriteCode(file), new ReadCode(file)];
  const codecs = documents.map((document, index) => {
    const place = { layout: document.root, document, name: `Case${index}` };
    return `{ write: ${write.function(place)}, read: ${read.function(place)} },\n`;
  });
  const list = `export const codecs: readonly object[] = [\n${codecs.join('')}];\n`;
  return [imports.text, file.text, list].join('\n');
}

describe('packed.json in generated code', () => {
  const codecs = new Map<string, PartCodec>();
  const codecOf = (name: string): PartCodec => codecs.get(name) as PartCodec;

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'trunkline-vectors-'));
    try {
      const path = join(folder, 'codecs.ts');
      await writeFile(path, moduleText(ALL.map(({ layout }) => layout)));
      const made = (await import(path)) as { codecs: readonly PartCodec[] };
      ALL.forEach(({ name }, index) => codecs.set(name, made.codecs[index] as PartCodec));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it.each(values)('$name is read, and written or only read', ({ name, hex, value, written }) => {
    const { read, write } = codecOf(name);
    const decoded = unpackValue(read, bytesOfHex(hex), SERVER_DECODE_LIMITS);
    expect(notationOf('value' in decoded ? decoded.value : decoded)).toEqual(value);
    const encoded = packValue(write, valueOf(value), SERVER_DECODE_LIMITS);
    const again = 'bytes' in encoded ? Buffer.from(encoded.bytes).toString('hex') : encoded.fault;
    expect(again === hex).toBe(written);
  });

  it.each(faults)('$name is a fault', ({ name, hex }) => {
    const decoded = unpackValue(codecOf(name).read, bytesOfHex(hex), SERVER_DECODE_LIMITS);
    expect(Object.keys(decoded)).toEqual(['fault']);
  });

  it.each(refused)('$name is not written', ({ name, value }) => {
    const encoded = packValue(codecOf(name).write, valueOf(value), SERVER_DECODE_LIMITS);
    expect(encoded).toHaveProperty('fault');
    expect(encoded).not.toHaveProperty('bytes');
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import * as core from 'zod/v4/core';
import { layoutOf } from '../../packages/contract/src/layout.js';

const PAGE = readFileSync(new URL('../../docs/packed.md', import.meta.url), 'utf8');
const ROW = /^\| ((?:`\w+` ?)+) \| (packed|zod on the part|self-describing) \|$/gm;

/** What the page says of each schema. */
const stated = new Map<string, string>();
for (const [, names = '', how = ''] of PAGE.matchAll(ROW)) {
  for (const [, name = ''] of names.matchAll(/`(\w+)`/g)) stated.set(name, how);
}

const text = z.string();
const object = z.object({ a: text });
const tagged = (tag: string) => z.object({ kind: z.literal(tag) });

/** One schema of each kind. */
const SAMPLES: Record<string, z.core.$ZodType> = {
  Any: z.any(),
  Array: z.array(text),
  Base64: z.base64(),
  Base64URL: z.base64url(),
  BigInt: z.bigint(),
  BigIntFormat: z.int64(),
  Boolean: z.boolean(),
  CIDRv4: z.cidrv4(),
  CIDRv6: z.cidrv6(),
  CUID: z.cuid(),
  CUID2: z.cuid2(),
  Catch: text.catch('a'),
  Codec: z.codec(text, text, { decode: (one) => one, encode: (one) => one }),
  CustomStringFormat: z.hostname(),
  Custom: z.custom(() => true),
  Date: z.date(),
  Default: text.default('a'),
  DiscriminatedUnion: z.discriminatedUnion('kind', [tagged('a'), tagged('b')]),
  E164: z.e164(),
  Email: z.email(),
  Emoji: z.emoji(),
  Enum: z.enum(['a']),
  ExactOptional: z.exactOptional(text),
  File: z.file(),
  Function: new core.$ZodFunction({ type: 'function', input: z.tuple([]), output: z.any() }),
  GUID: z.guid(),
  IPv4: z.ipv4(),
  IPv6: z.ipv6(),
  ISODate: z.iso.date(),
  ISODateTime: z.iso.datetime(),
  ISODuration: z.iso.duration(),
  ISOTime: z.iso.time(),
  Intersection: z.intersection(object, z.object({ b: text })),
  JWT: z.jwt(),
  KSUID: z.ksuid(),
  Lazy: z.lazy(() => text),
  Literal: z.literal('a'),
  MAC: z.mac(),
  Map: z.map(text, text),
  NaN: z.nan(),
  NanoID: z.nanoid(),
  Never: z.never(),
  NonOptional: z.nonoptional(text),
  Null: z.null(),
  Nullable: text.nullable(),
  Number: z.number(),
  NumberFormat: z.int(),
  Object: object,
  ObjectJIT: object,
  Optional: text.optional(),
  Pipe: text.pipe(text),
  Prefault: text.prefault('a'),
  Preprocess: z.preprocess((one) => one, text),
  Promise: z.promise(text),
  Readonly: text.readonly(),
  Record: z.record(text, text),
  Set: z.set(text),
  String: text,
  Success: z.success(text),
  Symbol: z.symbol(),
  TemplateLiteral: z.templateLiteral(['a']),
  Transform: z.transform((one) => one),
  Tuple: z.tuple([text]),
  ULID: z.ulid(),
  URL: z.url(),
  UUID: z.uuid(),
  Undefined: z.undefined(),
  Union: z.union([text, z.number()]),
  Unknown: z.unknown(),
  Void: z.void(),
  XID: z.xid(),
  Xor: z.xor([text, z.number()]),
  CreditCard: new core.$ZodCreditCard({
    type: 'string',
    format: 'credit_card',
    check: 'string_format',
    abort: false,
  } as never),
  IBAN: new core.$ZodIBAN({
    type: 'string',
    format: 'iban',
    check: 'string_format',
    abort: false,
  } as never),
};

/** Names that zod's core gives to kinds of schemas, without what others are built on. */
function kindsOfZod(): string[] {
  const BASES = new Set(['Type', 'StringFormat']);
  return Object.entries(core)
    .filter(([name, one]) => /^\$Zod[A-Z]/.test(name) && typeof one === 'function')
    .map(([name]) => name.slice('$Zod'.length))
    .filter((name) => !/^Check|Error$|^Registry$/.test(name) && !BASES.has(name))
    .sort();
}

function waysOf(schema: z.core.$ZodType): string {
  const { layout, checks } = layoutOf(schema, 'input');
  const root = layout.root.kind === 'ref' ? layout.types[layout.root.to] : layout.root;
  if (root === undefined || root.kind === 'any') return 'self-describing';
  return checks.get(root)?.isWhole === true ? 'zod on the part' : 'packed';
}

describe('the table of docs/packed.md', () => {
  it('has every kind of schema that zod has', () => {
    expect([...stated.keys()].sort()).toEqual(kindsOfZod());
    expect(Object.keys(SAMPLES).sort()).toEqual(kindsOfZod());
  });

  it.each(kindsOfZod())('says how %s travels', (name) => {
    const sample = SAMPLES[name] as z.core.$ZodType;
    expect([...sample._zod.traits]).toContain(`$Zod${name}`);
    expect(waysOf(sample)).toBe(stated.get(name));
  });
});

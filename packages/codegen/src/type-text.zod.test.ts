import { call, contract, describe as describeContract, type Schema } from '@trunkline/contract';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { typeText } from './type-text.js';

const Point = z.object({ x: z.number(), y: z.number().optional() });
const Named = z
  .object({ id: z.uuid(), at: z.date().default(() => new Date()) })
  .meta({ id: 'Named' });
const Tree = z.object({
  label: z.string(),
  get children() {
    return z.array(Tree);
  },
  get parent() {
    return Tree.optional();
  },
});
const Left = z.object({
  get right() {
    return Right.nullable();
  },
});
const Right = z.object({
  get left() {
    return z.map(z.string(), Left).optional();
  },
});
const dateCodec = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
});

/** Every kind of schema that passes the checks of a contract; both sides are compared. */
export const bothWays = {
  string: z.string(),
  email: z.email(),
  url: z.url(),
  trimmed: z.string().trim().toLowerCase(),
  number: z.number().min(1),
  int: z.int(),
  float32: z.float32(),
  nan: z.nan(),
  bigint: z.bigint(),
  int64: z.int64(),
  boolean: z.boolean(),
  date: z.date(),
  bytes: z.instanceof(Uint8Array),
  describedBytes: z
    .instanceof(Uint8Array)
    .describe('raw')
    .refine((bytes) => bytes.length < 9),
  null: z.null(),
  undefined: z.undefined(),
  unknown: z.unknown(),
  coercedNumber: z.coerce.number(),
  coercedDate: z.object({ at: z.coerce.date() }),
  literal: z.literal('a"b\'c\n'),
  literals: z.literal(['a', 1, -2.5, true, null, undefined, 10n, -3n]),
  zero: z.literal(-0),
  enum: z.enum(['red', 'green']),
  enumObject: z.enum({ Red: 'r', Two: 2 } as const),
  templatePlain: z.templateLiteral(['user-', z.string()]),
  templateMixed: z.templateLiteral([z.int(), '`${\\', z.enum(['a', 'b']), z.boolean(), 7, null]),
  templateOptional: z.templateLiteral(['v', z.string().optional(), z.literal([1, 2]).nullable()]),
  object: Point,
  emptyObject: z.object({}),
  strictEmpty: z.strictObject({}),
  looseEmpty: z.looseObject({}),
  strict: z.strictObject({ a: z.string() }),
  loose: z.looseObject({ a: z.string(), b: z.number().optional() }),
  catchall: z.object({ a: z.string() }).catchall(z.string()),
  onlyCatchall: z.object({}).catchall(z.number()),
  oddKeys: z.object({ 'a-b': z.string(), 1: z.string(), 'quote"': z.string(), $ok: z.null() }),
  optional: z.string().optional(),
  optionalProperty: z.object({ a: z.string().optional(), b: z.undefined() }),
  exactOptional: z.object({ a: z.string().exactOptional() }),
  nullable: z.object({ a: z.string().nullable(), b: z.string().nullish() }),
  defaulted: z.object({ a: z.string().default('x'), b: z.number().optional().default(1) }),
  prefaulted: z.object({ a: z.string().prefault('x') }),
  optionalDefault: z.object({ a: z.string().default('x').optional() }),
  nonoptional: z.object({ a: z.nonoptional(z.string().optional()) }),
  nonoptionalUnion: z.nonoptional(z.union([z.string(), z.undefined(), z.null()])),
  caught: z.object({ a: z.string().catch('x'), b: z.string().optional().catch('x') }),
  success: z.object({ a: z.success(z.string()), b: z.success(z.string().optional()) }),
  array: z.array(z.string()),
  arrayOfUnion: z.array(z.string().nullable()),
  neverArray: z.array(z.never()),
  nested: z.array(z.array(z.object({ a: z.array(z.int().or(z.null())) }))),
  tuple: z.tuple([z.string(), z.number()]),
  emptyTuple: z.tuple([]),
  tupleRest: z.tuple([z.string()], z.int().nullable()),
  tupleOptional: z.tuple([z.string(), z.number().optional(), z.date().optional()]),
  tupleMiddle: z.tuple([z.string().optional(), z.number()]),
  tupleDefault: z.tuple([z.string(), z.number().default(1)]),
  optionalAndRest: z.tuple([z.string().optional()], z.int()),
  record: z.record(z.string(), z.number()),
  recordOfOptional: z.record(z.string(), z.number().optional()),
  recordEnum: z.record(z.enum(['a', 'b']), z.number()),
  recordEnumOptional: z.record(z.enum(['a', 'b']), z.number().optional()),
  recordEnumDefault: z.record(z.enum(['a', 'b']), z.number().default(1)),
  recordNumber: z.record(z.number(), z.string()),
  recordTemplate: z.record(z.templateLiteral(['x-', z.string()]), z.string()),
  partialRecord: z.partialRecord(z.enum(['a', 'b']), z.number()),
  partialStringRecord: z.partialRecord(z.string(), z.number()),
  recordMixed: z.record(z.union([z.literal('a'), z.literal(1)]), z.number()),
  looseRecord: z.looseRecord(z.string(), z.number()),
  map: z.map(z.string(), z.date()),
  mapOfObjects: z.map(Point, z.array(Point)),
  set: z.set(z.bigint()),
  union: z.union([z.string(), z.number(), z.null()]),
  unionOptional: z.object({
    a: z.union([z.string(), z.undefined()]),
    b: z.string().optional().or(z.int()),
  }),
  xor: z.xor([z.string(), z.number()]),
  discriminated: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('a'), a: z.string() }),
    z.object({ kind: z.literal('b'), b: z.number().optional() }),
  ]),
  intersection: z.intersection(Point, z.object({ z: z.number() })),
  intersectionOfUnions: z.string().or(z.number()).and(z.number().or(z.null())),
  absentIntersection: z.object({ a: z.string().optional().and(z.string().optional()) }),
  readonlyObject: Point.readonly(),
  readonlyEmpty: z.object({}).readonly(),
  readonlyLoose: z.looseObject({ a: z.string() }).readonly(),
  readonlyArray: z.array(z.string().nullable()).readonly(),
  readonlyArrays: z.array(z.array(z.string()).readonly()),
  readonlyTuple: z.tuple([z.string(), z.number().optional()]).readonly(),
  readonlyTupleRest: z.tuple([z.string()], z.number()).readonly(),
  readonlyEmptyTuple: z.tuple([]).readonly(),
  readonlyTuples: z.array(z.tuple([z.string()]).readonly()),
  readonlyMap: z.map(z.string(), z.number()).readonly(),
  readonlySet: z.set(z.string()).readonly(),
  readonlyRecord: z.record(z.string(), z.number()).readonly(),
  readonlyIntersection: z.intersection(Point, z.object({ z: z.number() })).readonly(),
  readonlyUnion: z.union([Point, z.array(z.string()), z.string(), z.date()]).readonly(),
  readonlyDate: z.date().readonly(),
  readonlyBytes: z.instanceof(Uint8Array).readonly(),
  readonlyUnknown: z.unknown().readonly(),
  readonlyNamed: Named.readonly(),
  codec: z.object({ at: dateCodec }),
  optionalCodec: z.object({ at: dateCodec.optional() }),
  pipe: z.string().transform(Number).pipe(z.number()),
  pipeOptional: z.object({ a: z.string().optional().pipe(z.string().optional()) }),
  stringbool: z.stringbool(),
  preprocessed: z.object({ a: z.preprocess((value) => value, z.int()) }),
  preprocessedOptional: z.object({ a: z.preprocess((value) => value, z.int().optional()) }),
  lazy: z.lazy(() => Point),
  lazyOptional: z.object({ a: z.lazy(() => z.string().optional()) }),
  json: z.json(),
  readonlyRecordEnum: z.record(z.enum(['a', 'b']), z.number()).readonly(),
  tree: Tree,
  mutual: Left,
  mutualOther: Right,
  named: Named,
  namedMore: z.object({ one: Named, many: z.array(Named.nullable()), maybe: Named.optional() }),
  described: z.object({ a: z.string().describe('An a. */ Sneaky.').optional() }).describe('All'),
};

/** Schemas whose output only the compiler knows: allowed on the way in. */
export const inOnly = {
  transform: z.string().transform((text) => text.length),
  transformInside: z.object({
    a: z
      .string()
      .optional()
      .transform((text) => text ?? null),
  }),
};

/** Schemas whose input nothing can carry: allowed on the way out. */
export const outOnly = {
  fromInstance: z.codec(z.instanceof(URL), z.string(), {
    decode: (url) => url.href,
    encode: (text) => new URL(text),
  }),
  fromCustom: z
    .custom<Error>()
    .transform((error) => error.message)
    .pipe(z.string()),
};

/** Types that zod's inference gives and text cannot repeat: one must do where the other does. */
export const alike = {
  catchallOfOthers: z.object({ a: z.string() }).catchall(z.number()),
};

let lines: string[];
let folder: string;

/** How the types of some schemas are compared. */
interface Comparison {
  readonly schemas: Record<string, Schema>;
  readonly sides: readonly string[];
  readonly judge: 'Equal' | 'Alike';
}

function emit(group: string, { schemas, sides, judge }: Comparison): void {
  for (const [name, schema] of Object.entries(schemas)) {
    const members = {
      ...(sides.includes('input') && { input: schema }),
      ...(sides.includes('output') && { output: schema }),
    };
    const { members: described, types } = describeContract(
      contract('test', { one: call(members) }),
    );
    const member = described[0];
    const named = Object.entries(types).map(
      ([type, { type: node }]) => `type ${type} = ${typeText(node)};`,
    );
    for (const side of sides) {
      const node = member?.kind === 'call' && (side === 'input' ? member.input : member.output);
      if (!node) throw new Error(`"${name}" has no ${side}`);
      lines.push(
        `namespace ${group}_${name}_${side} {`,
        ...named,
        `export type Emitted = ${typeText(node)};`,
        `export type Zod = tests.${side === 'input' ? 'In' : 'Out'}<(typeof tests.${group})['${name}']>;`,
        `const same: ${judge}<Emitted, Zod> = true; void same;`,
        '}',
      );
    }
  }
}

export type In<S extends Schema> = z.input<S>;
export type Out<S extends Schema> = z.output<S>;

/** Runs the compiler over the emitted file and gives what it says. */
function compile(file: string): string {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  const flags = [
    '--noEmit --strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --skipLibCheck',
    '--target es2022 --lib es2023,dom --module nodenext --allowImportingTsExtensions --types node',
    `--customConditions @trunkline/source --typeRoots ${join(root, 'node_modules/@types')}`,
  ];
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  try {
    return execFileSync(process.execPath, [tsc, ...flags.join(' ').split(' '), file], {
      cwd: folder,
      encoding: 'utf8',
    });
  } catch (error) {
    return String((error as { stdout?: unknown }).stdout ?? error);
  }
}

describe('typeText', () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'trunkline-type-text-'));
    lines = [
      `import type * as tests from ${JSON.stringify(fileURLToPath(import.meta.url))};`,
      'type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;',
      'type Alike<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;',
    ];
    emit('bothWays', { schemas: bothWays, sides: ['input', 'output'], judge: 'Equal' });
    emit('inOnly', { schemas: inOnly, sides: ['input'], judge: 'Equal' });
    emit('outOnly', { schemas: outOnly, sides: ['output'], judge: 'Equal' });
    emit('alike', { schemas: alike, sides: ['input', 'output'], judge: 'Alike' });
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it('writes for every kind of schema what zod infers for it, on both sides', () => {
    const file = join(folder, 'emitted.ts');
    writeFileSync(file, lines.join('\n'));
    expect(compile(file)).toBe('');
  }, 60_000);

  it('is compared by a judge that sees a difference', () => {
    const file = join(folder, 'wrong.ts');
    const header = lines.slice(0, 3);
    writeFileSync(
      file,
      [
        ...header,
        'const same: Equal<{ a?: string }, { a?: string | undefined }> = true; void same;',
      ].join('\n'),
    );
    expect(compile(file)).toContain("Type 'true' is not assignable to type 'false'");
  }, 60_000);
});

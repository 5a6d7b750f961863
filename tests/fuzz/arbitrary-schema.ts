import * as fc from 'fast-check';
import * as z from 'zod';

/** A schema, and values that it may or may not accept. */
export interface SchemaCase {
  readonly schema: z.ZodType;
  readonly value: fc.Arbitrary<unknown>;
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.constantFrom('', 'a', 'ab', '😀', '1', 'ada@example.com', 'x-1', ' pad '),
);
const whole = fc.oneof(
  fc.integer({ min: -5, max: 200 }),
  fc.maxSafeInteger(),
  fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 2 ** 31, -(2 ** 31) - 1),
);
const any = fc.oneof(
  text,
  whole,
  fc.double(),
  fc.boolean(),
  fc.constantFrom(null, undefined),
  fc.bigInt(),
);
const junk = fc.oneof(
  any,
  fc.array(any, { maxLength: 2 }),
  fc.dictionary(fc.constantFrom('a', 'b', 'x'), any, { noNullPrototype: true }),
);
const keyName = fc.constantFrom('a', 'b', 'c', 'kind', 'toString', '0');
const email = z.email();

const leaf: fc.Arbitrary<SchemaCase> = fc.constantFrom<SchemaCase>(
  { schema: z.string(), value: text },
  { schema: z.string().min(1).max(3), value: text },
  { schema: z.string().min(2).trim(), value: text },
  { schema: z.string().length(2), value: text },
  { schema: z.string().regex(/^x-/), value: text },
  { schema: z.string().startsWith('a').toUpperCase(), value: text },
  { schema: z.string().refine((value) => value !== 'a', 'not a'), value: text },
  { schema: email, value: text },
  { schema: z.uuid(), value: fc.oneof(text, fc.uuid()) },
  { schema: z.url(), value: fc.oneof(text, fc.webUrl()) },
  { schema: z.ipv6(), value: fc.oneof(text, fc.ipV6()) },
  { schema: z.base64(), value: fc.oneof(text, fc.base64String()) },
  { schema: z.iso.datetime(), value: fc.oneof(text, fc.constant('2026-01-02T03:04:05Z')) },
  { schema: z.templateLiteral(['x-', z.number()]), value: text },
  { schema: z.number(), value: fc.oneof(whole, fc.double()) },
  { schema: z.number().min(0).lt(100), value: fc.oneof(whole, fc.double()) },
  { schema: z.number().multipleOf(0.5), value: fc.oneof(whole, fc.double()) },
  { schema: z.int(), value: whole },
  { schema: z.number().int().positive(), value: whole },
  { schema: z.int32(), value: whole },
  { schema: z.uint32(), value: whole },
  { schema: z.float32(), value: fc.double() },
  { schema: z.nan(), value: fc.constantFrom(Number.NaN, 1) },
  { schema: z.bigint(), value: fc.bigInt() },
  { schema: z.bigint().min(0n), value: fc.bigInt() },
  { schema: z.boolean(), value: fc.boolean() },
  { schema: z.date(), value: fc.date({ noInvalidDate: true }) },
  { schema: z.date().min(new Date(0)), value: fc.date({ noInvalidDate: true }) },
  { schema: z.null(), value: fc.constant(null) },
  { schema: z.undefined(), value: fc.constant(undefined) },
  { schema: z.void(), value: fc.constant(undefined) },
  { schema: z.enum(['a', 'b']), value: fc.constantFrom('a', 'b') },
  { schema: z.enum(['a', 'b']).refine((value) => value === 'a'), value: fc.constantFrom('a', 'b') },
  { schema: z.literal(['a', 1, true, null]), value: fc.constantFrom('a', 1, true, null) },
  { schema: z.literal(5n), value: fc.constantFrom(5n, 6n) },
  { schema: z.literal([5n, 'a', 2]), value: fc.constantFrom(5n, 6n, 'a', 'b', 2) },
  { schema: z.literal([undefined, 'a']), value: fc.constantFrom(undefined, 'a', 'b') },
  { schema: z.literal(undefined), value: fc.constantFrom(undefined, 'a') },
  { schema: z.union([z.literal('a'), z.literal('b')]), value: text },
  { schema: z.union([z.email(), z.literal('a'), z.string().min(4)]), value: text },
  { schema: z.union([z.int(), z.number().min(0), z.null()]), value: fc.oneof(whole, fc.double()) },
  { schema: z.instanceof(Uint8Array), value: fc.uint8Array({ maxLength: 4 }) },
  { schema: z.any(), value: junk },
  { schema: z.unknown(), value: junk },
  { schema: z.custom((value) => value === 1), value: junk },
  { schema: z.coerce.number(), value: any.filter((value) => typeof value !== 'symbol') },
  { schema: z.coerce.string(), value: any },
  { schema: z.never(), value: any },
  { schema: z.preprocess((value) => value ?? 1, z.number()), value: any },
  { schema: z.string().transform((value) => value.length), value: text },
  { schema: z.string().pipe(z.string().max(2)), value: text },
  {
    schema: z.codec(z.iso.date(), z.date(), {
      decode: (value) => new Date(value),
      encode: (value) => value.toISOString().slice(0, 10),
    }),
    value: fc.constantFrom('2026-01-02', 'x'),
  },
  { schema: treeSchema(), value: tree() },
  { schema: z.json(), value: fc.jsonValue({ maxDepth: 2 }) },
);

function treeSchema(): z.ZodType {
  const node = z.object({
    name: z.string().max(5),
    get kids() {
      return z.array(node).max(2);
    },
    get next() {
      return node.optional();
    },
  });
  return node;
}

function tree(levels = 3): fc.Arbitrary<unknown> {
  const kid = levels > 0 ? tree(levels - 1) : fc.constant(undefined);
  return fc.record(
    {
      name: fc.string({ unit: 'grapheme-ascii', maxLength: 6 }),
      kids: levels > 0 ? fc.array(kid, { maxLength: 2 }) : fc.constant([]),
      next: fc.option(kid, { nil: undefined }),
    },
    { requiredKeys: ['name', 'kids'], noNullPrototype: true },
  );
}

/** Cases of schemas up to a few levels deep. */
export const schemaCase: fc.Arbitrary<SchemaCase> = fc.letrec<{ one: SchemaCase }>((tie) => ({
  one: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'schema', withCrossShrink: true },
    leaf,
    wrapped(tie('one')),
    shaped(tie('one')),
    joined(tie('one')),
  ),
})).one;

function wrapped(inner: fc.Arbitrary<SchemaCase>): fc.Arbitrary<SchemaCase> {
  const orUndefined = (value: fc.Arbitrary<unknown>) => fc.option(value, { nil: undefined });
  return fc.tuple(inner, fc.nat(12)).map(([{ schema, value }, choice]): SchemaCase => {
    switch (choice) {
      case 0:
      case 1:
        return { schema: schema.optional(), value: orUndefined(value) };
      case 2:
        return { schema: schema.nullable(), value: fc.option(value) };
      case 3:
        return { schema: schema.nullish(), value: fc.option(orUndefined(value)) };
      case 4:
        return { schema: schema.default('by default' as never), value: orUndefined(value) };
      case 5:
        return { schema: schema.prefault('a' as never), value: orUndefined(value) };
      case 6:
        return { schema: schema.readonly(), value };
      case 7:
        return { schema: schema.catch('caught' as never), value: fc.oneof(value, junk) };
      case 8:
        return { schema: z.lazy(() => schema), value };
      case 9:
        return { schema: schema.refine((one) => one !== null, 'refined'), value };
      case 10:
        return { schema: z.nonoptional(schema), value: orUndefined(value) };
      case 11:
        return { schema: z.exactOptional(schema), value: orUndefined(value) };
      default:
        return { schema: schema.transform((one) => [one]), value };
    }
  });
}

function shaped(inner: fc.Arbitrary<SchemaCase>): fc.Arbitrary<SchemaCase> {
  return fc.oneof(
    fc
      .tuple(fc.dictionary(keyName, inner, { maxKeys: 4, noNullPrototype: true }), fc.nat(6))
      .map(([cases, choice]) => objectCase(cases, choice)),
    inner.map(({ schema, value }) => ({
      schema: z.array(schema),
      value: fc.array(value, { maxLength: 3 }),
    })),
    inner.map(({ schema, value }) => ({
      schema: z.array(schema).min(1).max(2),
      value: fc.array(value, { maxLength: 3 }),
    })),
    inner.map(({ schema, value }) => ({
      schema: z.set(schema),
      value: fc.array(value, { maxLength: 3 }).map((all) => new Set(all)),
    })),
    fc.tuple(inner, fc.nat(1)).map(([{ schema, value }, choice]) => ({
      schema:
        choice === 0 ? z.record(z.string(), schema) : z.partialRecord(z.enum(['a', 'b']), schema),
      value: fc.dictionary(keyName, value, { maxKeys: 3, noNullPrototype: true }),
    })),
    inner.map(({ schema, value }) => ({
      schema: z.map(z.string().toLowerCase(), schema),
      value: fc.array(fc.tuple(text, value), { maxLength: 3 }).map((all) => new Map(all)),
    })),
    fc.tuple(inner, inner, fc.nat(2)).map(([left, right, choice]) => ({
      schema:
        choice === 0
          ? z.tuple([left.schema, right.schema])
          : choice === 1
            ? z.tuple([left.schema], right.schema)
            : z.tuple([left.schema, right.schema.optional()]),
      value: fc.oneof(
        fc.tuple(left.value, right.value),
        fc.tuple(left.value),
        fc.tuple(left.value, right.value, right.value),
      ),
    })),
  );
}

function objectCase(cases: Record<string, SchemaCase>, choice: number): SchemaCase {
  const shape = Object.fromEntries(Object.entries(cases).map(([key, one]) => [key, one.schema]));
  const values = Object.fromEntries(Object.entries(cases).map(([key, one]) => [key, one.value]));
  const full = fc.record(values, { noNullPrototype: true });
  const some = fc.record({ ...values, x: junk }, { requiredKeys: [], noNullPrototype: true });
  const schemas = [
    z.object(shape),
    z.object(shape),
    z.strictObject(shape),
    z.looseObject(shape),
    z.object(shape).catchall(z.number()),
    z.object(shape).refine((one) => Object.keys(one).length < 3, 'too many'),
    z.object(shape).partial(),
  ];
  return { schema: schemas[choice] as z.ZodType, value: fc.oneof(full, some) };
}

function joined(inner: fc.Arbitrary<SchemaCase>): fc.Arbitrary<SchemaCase> {
  const tagged = (tag: string, { schema }: SchemaCase) =>
    z.object({ kind: z.literal(tag), a: schema });
  return fc.tuple(inner, inner, fc.nat(10)).map(([left, right, choice]): SchemaCase => {
    const both = fc.oneof(left.value, right.value);
    const object = fc.oneof(
      fc.record({ kind: fc.constantFrom('l', 'r', 'x'), a: both }, { noNullPrototype: true }),
      fc.record(
        { a: left.value, b: right.value, x: junk },
        { noNullPrototype: true, requiredKeys: ['a'] },
      ),
    );
    switch (choice) {
      case 0:
        return { schema: z.union([left.schema, right.schema]), value: both };
      case 1:
        return { schema: z.xor([left.schema, right.schema]), value: both };
      case 2:
        return {
          schema: z.discriminatedUnion('kind', [tagged('l', left), tagged('r', right)]),
          value: object,
        };
      case 3:
        return { schema: z.union([tagged('l', left), tagged('r', right)]), value: object };
      case 4:
        return {
          schema: z.union([z.object({ a: left.schema }), z.object({ b: right.schema })]),
          value: object,
        };
      case 5:
        return {
          schema: z.union([
            z.object({ b: right.schema, a: left.schema }),
            z.object({ a: left.schema.optional(), b: right.schema }),
            z.null(),
          ]),
          value: object,
        };
      case 6:
        return {
          schema: z.union([
            z.strictObject({ a: left.schema }),
            z.strictObject({ a: left.schema, b: right.schema.optional() }),
          ]),
          value: object,
        };
      case 7:
        return {
          schema: z.union([z.array(left.schema), z.array(right.schema)]),
          value: fc.array(both, { maxLength: 2 }),
        };
      case 8:
        return {
          schema: z.intersection(
            z.object({ a: left.schema }),
            z.object({ a: left.schema, b: right.schema }),
          ),
          value: object,
        };
      case 9:
        return {
          schema: z.intersection(
            z.strictObject({ a: left.schema, b: right.schema.optional() }),
            z.looseObject({ b: right.schema.optional() }),
          ),
          value: object,
        };
      default:
        return {
          schema: z.intersection(z.object({ a: left.schema }), z.object({ b: right.schema })),
          value: object,
        };
    }
  });
}

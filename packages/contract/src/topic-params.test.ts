import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { Schema } from './schema/schema.js';
import { paramsProblems } from './topic-params.js';

function faultOf(param: Schema): string | undefined {
  return paramsProblems(z.object({ param }), 'chat.t.params')[0]?.message;
}

describe('paramsProblems', () => {
  it.each(
    Object.entries({
      string: z.string().min(1).max(9),
      uuid: z.uuid(),
      template: z.templateLiteral(['v', z.int()]),
      int: z.int(),
      checkedInt: z.number().int().min(0),
      int32: z.int32(),
      boolean: z.boolean(),
      enum: z.enum(['a', 'b']),
      literal: z.literal(['a', 1, true]),
      optional: z.string().optional(),
      exactOptional: z.string().exactOptional(),
      default: z.enum(['a', 'b']).default('a'),
      described: z.string().describe('A room.'),
      refined: z.string().refine((text) => text !== 'x'),
      branded: z.string().brand<'Room'>(),
    }),
  )('allows a param that is %s', (_name, schema) => {
    expect(faultOf(schema)).toBeUndefined();
  });

  it.each(
    Object.entries({
      object: z.object({}),
      array: z.array(z.string()),
      union: z.union([z.string(), z.int()]),
      nullable: z.string().nullable(),
      date: z.date(),
      bigint: z.bigint(),
      unknown: z.unknown(),
    }),
  )('refuses a param that is %s', (_name, schema) => {
    expect(faultOf(schema)).toMatch(/^a param of kind ".*" is not allowed; expected a string, int/);
  });

  it.each(
    Object.entries({
      transform: z.string().transform(Number),
      codec: z.stringbool(),
      preprocess: z.preprocess(String, z.string()),
      catch: z.string().catch('x'),
      prefault: z.string().prefault('x'),
      insideOptional: z.string().transform(Number).optional(),
      trim: z.string().trim(),
      lowercase: z.string().toLowerCase(),
    }),
  )('refuses a param that is changed on the way: %s', (_name, schema) => {
    expect(faultOf(schema)).toMatch(/must not be changed; /);
  });

  it.each([z.number(), z.number().multipleOf(2), z.float64()])('refuses a number %#', (schema) => {
    expect(faultOf(schema)).toBe('a number param must be an integer; use z.int()');
  });

  it('refuses a param that is coerced', () => {
    expect(faultOf(z.coerce.string())).toMatch(/^a param is not coerced/);
  });

  it('refuses a literal that cannot be part of a key', () => {
    expect(faultOf(z.literal([1.5]))).toMatch(/^expected a string, integer/);
    expect(faultOf(z.literal(null))).toMatch(/^expected a string, integer/);
  });

  it('names the param that is wrong', () => {
    const problems = paramsProblems(z.object({ ok: z.string(), bad: z.date() }), 'chat.t.params');
    expect(problems.map(({ path }) => path)).toEqual(['chat.t.params.bad']);
  });

  it('allows strict objects and refuses what is not one flat object', () => {
    expect(paramsProblems(z.strictObject({ a: z.string() }), 'p')).toEqual([]);
    for (const schema of [z.string(), z.object({}).optional(), z.record(z.string(), z.string())]) {
      expect(paramsProblems(schema, 'p')[0]?.message).toMatch(/^expected one flat z\.object\(\)/);
    }
  });

  it('refuses objects with names that are not known, or changed as a whole', () => {
    expect(paramsProblems(z.looseObject({}), 'p')[0]?.message).toMatch(/^params have fixed names/);
    const changed = z.object({ a: z.string() }).overwrite((params) => params);
    expect(paramsProblems(changed, 'p')[0]?.message).toMatch(/must not be changed/);
  });
});

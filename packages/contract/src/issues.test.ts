import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { issuesOf, type Issues } from './issues.js';
import type { Schema } from './schema/schema.js';
import { validate } from './validate.js';

function issuesFor(schema: Schema, value: unknown): Issues {
  const result = validate(schema, value);
  if (result instanceof Promise) throw new Error('the schema waits');
  if (result.ok) throw new Error('the value is accepted');
  return { issues: result.issues, truncated: result.truncated };
}

function sizeOf(issues: Issues): number {
  return new TextEncoder().encode(JSON.stringify(issues)).length;
}

describe('issuesOf', () => {
  it('gives path, message and code of each issue', () => {
    const schema = z.object({ list: z.array(z.int()), at: z.date() });
    expect(issuesFor(schema, { list: [1, 'x'], at: 3 })).toEqual({
      issues: [
        {
          path: ['list', 1],
          message: 'Invalid input: expected number, received string',
          code: 'invalid_type',
        },
        {
          path: ['at'],
          message: 'Invalid input: expected date, received number',
          code: 'invalid_type',
        },
      ],
      truncated: false,
    });
  });

  it('gives at most 16 issues and says that there are more', () => {
    const many = issuesFor(z.array(z.object({ a: z.string() })), Array(50_000).fill({}));
    expect(many.issues).toHaveLength(16);
    expect(many.truncated).toBe(true);
    expect(sizeOf(many)).toBeLessThan(4_096);
  });

  it('stays below 4 KiB whatever the input is', () => {
    const long = '💥'.repeat(5_000);
    const deep = z.record(z.string(), z.record(z.string(), z.record(z.string(), z.int())));
    const value = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [long + index, { [long]: { [long]: 'x' } }]),
    );
    const found = issuesFor(deep, value);
    expect(found.issues.length).toBeGreaterThan(0);
    expect(found.truncated).toBe(true);
    expect(sizeOf(found)).toBeLessThan(4_096);
  });

  it('names few unrecognized keys, and each in short', () => {
    const secret = 'k'.repeat(10_000);
    const { issues, truncated } = issuesFor(z.strictObject({}), {
      [secret]: 1,
      b: 2,
      c: 3,
      d: 4,
      e: 5,
      f: 6,
    });
    expect(issues[0]?.message).toBe(
      `Unrecognized keys: "${'k'.repeat(63)}…", "b", "c", "d" and 2 more`,
    );
    expect(truncated).toBe(true);
    expect(issuesFor(z.strictObject({}), { a: 1 }).issues[0]?.message).toBe(
      'Unrecognized key: "a"',
    );
  });

  it.each([
    z.object({ v: z.string().max(3) }),
    z.object({ v: z.enum(['a', 'b']) }),
    z.object({ v: z.literal('a') }),
    z.object({ v: z.email() }),
    z.object({ v: z.string().regex(/^a$/) }),
    z.object({ v: z.int() }),
    z.object({ v: z.union([z.int(), z.boolean()]) }),
    z.object({ v: z.discriminatedUnion('kind', [z.object({ kind: z.literal('a') })]) }),
    z.object({ v: z.string().refine(() => false) }),
    z.object({ v: z.stringbool() }),
    z.object({ v: z.record(z.string(), z.string()) }),
  ])('never shows the value that was given (%#)', (schema) => {
    const found = issuesFor(schema, { v: 'SECRET-VALUE' });
    expect(found.issues).toHaveLength(1);
    expect(JSON.stringify(found)).not.toContain('SECRET');
  });

  it('cuts long messages of a schema, never in the middle of a character', () => {
    const schema = z.string({ error: () => '💥'.repeat(300) });
    const { issues, truncated } = issuesFor(schema, 1);
    expect(issues[0]?.message.length).toBeLessThanOrEqual(256);
    expect(issues[0]?.message).toMatch(/^(💥)+…$/u);
    expect(truncated).toBe(true);
  });

  it('does not read the message of the error', () => {
    const { error } = z.string().safeParse(1);
    const guarded = Object.create(error ?? null, {
      message: {
        get: () => {
          throw new Error('read');
        },
      },
    }) as z.ZodError;
    expect(issuesOf(guarded).issues).toHaveLength(1);
  });
});

import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { validate } from './validate.js';

describe('validate', () => {
  it('answers at once when nothing in the schema waits', () => {
    expect(validate(z.object({ n: z.int() }), { n: 1, extra: true })).toEqual({
      ok: true,
      value: { n: 1 },
    });
  });

  it('gives the issues of a value that does not fit', () => {
    expect(validate(z.object({ n: z.int() }), { n: 'x' })).toMatchObject({
      ok: false,
      issues: [{ path: ['n'], code: 'invalid_type' }],
    });
  });

  it('waits for a refinement that returns a promise, each time', async () => {
    const schema = z.string().refine((text) => Promise.resolve(text === 'yes'));
    expect(await validate(schema, 'yes')).toEqual({ ok: true, value: 'yes' });
    expect(await validate(schema, 'no')).toMatchObject({ ok: false });
  });

  it('waits for a branch that turns out to return a promise later', async () => {
    const schema = z.union([z.int(), z.string().refine(() => Promise.resolve(true))]);
    expect(validate(schema, 1)).toEqual({ ok: true, value: 1 });
    expect(await validate(schema, 'text')).toEqual({ ok: true, value: 'text' });
  });

  it('fills in defaults', () => {
    const schema = z.object({ a: z.string().default('x'), n: z.stringbool() });
    expect(validate(schema, { n: 'yes', more: 1 })).toEqual({
      ok: true,
      value: { a: 'x', n: true },
    });
  });

  it('throws what a schema throws', () => {
    const failing = z.string().refine(() => {
      throw new RangeError('broken');
    });
    expect(() => validate(failing, 'x')).toThrow(RangeError);
  });

  it('parses a transform at once', () => {
    const schema = z.string().transform((text) => text.length);
    expect(validate(schema, 'four')).toEqual({ ok: true, value: 4 });
  });
});

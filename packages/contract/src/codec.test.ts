import { SERVER_DECODE_LIMITS } from '@trunkline/protocol';
import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { layoutHash } from './layout-hash.js';
import { codecOf } from './codec.js';
import { layoutOf } from './layout.js';
import type { Schema } from './schema/schema.js';

const LIMITS = SERVER_DECODE_LIMITS;

function through(schema: Schema, value: unknown) {
  const codec = codecOf(schema, 'input');
  const encoded = codec.encode(value, LIMITS);
  if ('fault' in encoded) throw new Error(encoded.fault);
  return codec.parse(encoded.bytes, LIMITS);
}

const hashOf = (schema: Schema) => layoutHash([codecOf(schema, 'input').layout]);

describe('codecOf', () => {
  it('puts a default in the place of what is missing, in the order of the schema', async () => {
    const schema = z.object({ a: z.int().default(7), b: z.string() });
    const got = await through(schema, { b: 'x' });
    expect(JSON.stringify(got)).toBe('{"ok":true,"value":{"a":7,"b":"x"}}');
  });

  it('keeps missing, undefined and a value apart', async () => {
    const schema = z.object({ a: z.string().optional() });
    for (const value of [{}, { a: undefined }, { a: 'x' }]) {
      expect(await through(schema, value)).toStrictEqual({ ok: true, value });
    }
  });

  it('gives the issues of zod for the whole value', async () => {
    const schema = z.object({ a: z.string().min(2), b: z.array(z.int().max(5)) });
    const got = await through(schema, { a: 'x', b: [1, 9] });
    expect(got).toMatchObject({ ok: false, truncated: false });
    expect(got).toHaveProperty('issues.1.path', ['b', 1]);
  });

  it('runs code of the schema once, and on its own part', async () => {
    const test = vi.fn<(value: string) => boolean>(() => true);
    const schema = z.object({ a: z.string().refine(test), b: z.string() });
    await through(schema, { a: 'x', b: 'y' });
    expect(test.mock.calls).toEqual([['x', expect.anything()]].map(([value]) => [value]));
  });

  it('waits for asynchronous code', async () => {
    const schema = z.object({ a: z.string().refine((value) => Promise.resolve(value === 'x')) });
    expect(await through(schema, { a: 'x' })).toEqual({ ok: true, value: { a: 'x' } });
    expect(await through(schema, { a: 'y' })).toMatchObject({ ok: false });
  });

  it('passes on what code of the schema throws', () => {
    const schema = z.string().refine(() => {
      throw new Error('of the schema');
    });
    expect(() => through(schema, 'x')).toThrow('of the schema');
  });

  it('tells malformed bytes from a refused value', () => {
    const got = codecOf(z.string(), 'input').parse(Uint8Array.of(9), LIMITS);
    expect(got).toEqual({ ok: false, fault: 'truncated' });
  });

  it('carries both sides of a codec', () => {
    const schema = z.codec(z.iso.date(), z.date(), {
      decode: (text) => new Date(text),
      encode: (date) => date.toISOString().slice(0, 10),
    });
    expect(layoutOf(schema, 'input').layout.root).toEqual({ kind: 'string' });
    expect(layoutOf(schema, 'output').layout.root).toEqual({ kind: 'date' });
  });

  it('lets zod choose between alternatives that nothing tells apart', async () => {
    const schema = z.union([z.object({ a: z.int() }), z.object({ a: z.int(), b: z.string() })]);
    expect(layoutOf(schema, 'input').layout.root).toMatchObject({ kind: 'object' });
    for (const value of [{ a: 1 }, { a: 1, b: 2 }]) {
      expect(await through(schema, value)).toEqual({ ok: true, value: { a: 1 } });
    }
    const either = z.union([z.object({ a: z.int() }), z.object({ b: z.string() })]);
    expect(await through(either, { a: 'no', b: 'yes' })).toEqual({ ok: true, value: { b: 'yes' } });
  });

  it('does not mind code that throws where zod does not come to it', async () => {
    const thrower = z.int().transform(() => {
      throw new Error('of the schema');
    });
    const schema = z.array(thrower).max(1);
    const wanted = schema.safeParse([1, 2]).success;
    expect(await through(schema, [1, 2])).toMatchObject({ ok: wanted });
  });

  it('carries a schema that does not end as one self-describing value', () => {
    const endless = (): z.ZodType => z.lazy(() => z.array(endless()));
    expect(layoutOf(endless(), 'input').layout).toEqual({ root: { kind: 'any' }, types: [] });
  });
});

describe('serialize', () => {
  const hexOf = async (schema: Schema, value: unknown) => {
    const got = await codecOf(schema, 'output').serialize(value, LIMITS);
    return 'bytes' in got ? Buffer.from(got.bytes).toString('hex') : got;
  };

  it('writes defaults, drops unknown keys and runs code of the schema once', async () => {
    const test = vi.fn<(value: number) => boolean>(() => true);
    const schema = z.object({ a: z.string().default('d'), n: z.int().refine(test) });
    expect(await hexOf(schema, { n: 2, more: 1 })).toBe('01640102');
    expect(test).toHaveBeenCalledOnce();
  });

  it('writes what a codec gives', async () => {
    const schema = z.codec(z.iso.date(), z.date(), {
      decode: () => new Date(1),
      encode: () => '',
    });
    expect(await hexOf(schema, '2026-01-02')).toBe('0001');
  });

  it('takes the alternative that zod takes of what is given, not of what comes out', async () => {
    const length = z.codec(z.string().min(2), z.number(), {
      decode: (text) => text.length,
      encode: String,
    });
    expect(await hexOf(z.union([length, z.string()]), 'abc')).toBe('000003');
    expect(await hexOf(z.union([length, z.string()]), 'a')).toBe('01610101');
  });

  it('gives the issues of zod', async () => {
    const got = await hexOf(z.object({ a: z.string().max(2) }), { a: 'abc' });
    expect(got).toMatchObject({ ok: false, issues: [{ path: ['a'] }] });
  });

  it('takes instances of classes, and waits, as zod does', async () => {
    const schema = z.object({ n: z.int().refine((n) => Promise.resolve(n > 0)) });
    class Counter {
      n = 3;
    }
    expect(await hexOf(schema, new Counter())).toBe('0003');
    expect(await hexOf(schema, { n: 0 })).toMatchObject({ ok: false });
  });

  it('says where zod gave what cannot be carried', async () => {
    const fault = 'cannot carry a lone surrogate at "a"';
    expect(await hexOf(z.object({ a: z.string() }), { a: '\ud800' })).toEqual({
      fault,
      path: ['a'],
    });
  });
});

describe('the hash of a layout', () => {
  const base = z.object({ a: z.string(), b: z.int().optional() });

  it('does not see bounds, formats, defaults, refinements and descriptions', () => {
    const same = z
      .object({ a: z.email().min(3), b: z.number().int().max(9).default(1).describe('b') })
      .refine(() => true);
    expect(hashOf(same)).toBe(hashOf(base));
  });

  it.each<[string, Schema]>([
    ['a kind', z.object({ a: z.string(), b: z.number().optional() })],
    ['the order', z.object({ b: z.int().optional(), a: z.string() })],
    ['what may be missing', z.object({ a: z.string(), b: z.int() })],
    ['a name', z.object({ a: z.string(), c: z.int().optional() })],
    ['strictness', z.strictObject({ a: z.string(), b: z.int().optional() })],
  ])('sees %s', (_name, other) => {
    expect(hashOf(other)).not.toBe(hashOf(base));
  });

  it('sees the members of an enum', () => {
    expect(hashOf(z.enum(['a', 'b']))).not.toBe(hashOf(z.enum(['a', 'c'])));
  });

  it('is the same for each reading of a recursive schema', () => {
    const node = z.object({
      get kids() {
        return z.array(node);
      },
    });
    expect(hashOf(node)).toMatch(/^[0-9a-f]{16}$/);
    expect(hashOf(node)).toBe(hashOf(node));
  });
});

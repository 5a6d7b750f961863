import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import * as mini from 'zod/mini';
import type { Schema, Side } from '../schema/schema.js';
import type { TypeNode } from './type-node.js';
import { TypeReader } from './type-reader.js';

class Row {
  id = 1;
}

const never = z.never();
const rowCodec = z.codec(z.instanceof(Row), z.object({ id: z.int() }), {
  decode: ({ id }) => ({ id }),
  encode: () => new Row(),
});

function read(schema: Schema, side: Side = 'input'): TypeNode {
  const reader = new TypeReader();
  const type = reader.read(schema, side, 'c.m.p');
  expect(reader.problems).toEqual([]);
  return type;
}

function problemsOf(schema: Schema, side: Side = 'input'): string[] {
  const reader = new TypeReader();
  reader.read(schema, side, 'c.m.p');
  return reader.problems.map(({ path, message }) => `${path}: ${message}`);
}

describe('what cannot be carried', () => {
  it.each(
    Object.entries({
      symbol: z.symbol(),
      void: z.void(),
      file: z.file(),
      function: z.function(),
      promise: z.promise(z.string()),
      custom: z.custom<string>(),
      instance: z.instanceof(Row),
      url: z.instanceof(URL),
      otherBytes: z.instanceof(Uint16Array),
    }),
  )('is refused on both sides, with a mend: %s', (_name, schema) => {
    for (const side of ['input', 'output'] as const) {
      expect(problemsOf(schema, side)).toEqual([expect.stringMatching(/^c\.m\.p: .+(;|,) .+/)]);
      expect(problemsOf(z.object({ deep: z.array(schema.optional()) }), side)).toEqual([
        expect.stringMatching(/^c\.m\.p\.deep\[\]: /),
      ]);
    }
  });

  it('names the class of an instance', () => {
    expect(problemsOf(z.instanceof(Row))[0]).toContain('an instance of "Row" cannot be carried');
  });

  it('is found in every kind of container', () => {
    const symbol = z.symbol();
    const places = {
      tuple: z.tuple([z.string(), symbol]),
      rest: z.tuple([]).rest(symbol),
      record: z.record(z.string(), symbol),
      map: z.map(symbol, symbol),
      set: z.set(symbol),
      union: z.union([z.string(), symbol]),
      both: z.intersection(z.object({ a: symbol }), z.object({ b: z.string() })),
      lazy: z.lazy(() => symbol),
      catchall: z.object({}).catchall(symbol),
      wrapped: symbol.nullable().readonly().default(Symbol.iterator).catch(Symbol.iterator),
    };
    expect(problemsOf(z.object(places)).map((line) => line.split(': ')[0])).toEqual([
      'c.m.p.tuple[1]',
      'c.m.p.rest[]',
      'c.m.p.record[]',
      'c.m.p.map[key]',
      'c.m.p.map[]',
      'c.m.p.set[]',
      'c.m.p.union',
      'c.m.p.both.a',
      'c.m.p.lazy',
      'c.m.p.catchall[]',
      'c.m.p.wrapped',
    ]);
  });

  it.each(['__proto__', 'constructor', 'prototype'])('is a property named %s', (name) => {
    const schema = z.object({ [name]: z.string() });
    expect(problemsOf(schema)).toEqual([
      `c.m.p.${name}: a property named "${name}" cannot be carried; rename it`,
    ]);
    expect(problemsOf(z.record(z.enum(['a', name]), z.string()))).toEqual([
      `c.m.p[key]: a key "${name}" cannot be carried; rename it`,
    ]);
  });

  it('is a property named by a symbol, or a record key that is no text', () => {
    expect(problemsOf(z.object({ [Symbol.iterator]: z.string() }))).toHaveLength(1);
    expect(problemsOf(z.record(z.symbol(), z.string()))[0]).toContain('c.m.p[key]: a symbol');
  });

  it('is never, unless it is harmless', () => {
    expect(problemsOf(never)).toHaveLength(1);
    expect(problemsOf(z.object({ a: never }))[0]).toMatch(/^c\.m\.p\.a: z\.never\(\) can never/);
    expect(problemsOf(z.tuple([never]))).toHaveLength(1);
    const harmless = { a: never.optional(), b: z.array(never), c: z.union([z.string(), never]) };
    expect(problemsOf(z.strictObject(harmless))).toEqual([]);
  });

  it('is a schema that runs async code', () => {
    const refined = z.string().refine(async () => true);
    const message = 'c.m.p: an async refinement or transform is not run; do it in the handler';
    for (const schema of [
      refined,
      z.object({ a: z.array(refined) }),
      z.string().transform(async (text) => text),
      z.string().check(async () => {}),
      z.codec(z.string(), z.string(), { decode: async (text) => text, encode: (text) => text }),
    ]) {
      expect(problemsOf(schema)).toEqual([message]);
    }
  });
});

describe('what only the compiler knows', () => {
  const transform = z.string().transform((text) => text.length);

  it('is refused on the way out, where the client sees it', () => {
    expect(problemsOf(z.object({ a: transform }), 'output')).toEqual([
      'c.m.p.a: what a .transform() gives is known to the compiler only; ' +
        'add .pipe(schema) behind it, or use z.codec()',
    ]);
    expect(problemsOf(transform.pipe(z.number()), 'output')).toEqual([]);
  });

  it('is fine on the way in, where only the handler sees it', () => {
    expect(read(transform)).toEqual({ kind: 'string' });
    expect(read(z.string().pipe(z.transform(() => Symbol.iterator)))).toEqual({ kind: 'string' });
    expect(read(transform.pipe(z.custom<5>()))).toEqual({ kind: 'string' });
  });

  it('may stand on the side of a codec that stays on the server', () => {
    expect(read(rowCodec, 'output')).toMatchObject({ kind: 'object' });
    expect(problemsOf(rowCodec, 'input')).toHaveLength(1);
    expect(read(z.invertCodec(rowCodec), 'input')).toMatchObject({ kind: 'object' });
  });

  it('takes the schema behind a preprocess on the way out, and anything on the way in', () => {
    const preprocess = z.preprocess((value) => value, z.int());
    expect(read(preprocess, 'output')).toMatchObject({ kind: 'number' });
    expect(read(preprocess, 'input')).toEqual({ kind: 'unknown' });
  });

  it('drops brands and the names of enums, which are not there at run time', () => {
    expect(read(z.string().brand<'Id'>(), 'output')).toEqual({ kind: 'string' });
    enum Color {
      Red,
      Blue = 'b',
    }
    expect(read(z.enum(Color))).toEqual({
      kind: 'union',
      of: [
        { kind: 'literal', value: 0 },
        { kind: 'literal', value: 'b' },
      ],
    });
  });
});

describe('bytes', () => {
  it('are known behind every copy of the schema, of zod and of zod/mini', () => {
    const bytes = z.instanceof(Uint8Array);
    for (const schema of [
      bytes,
      bytes.describe('raw').meta({ title: 'Raw' }),
      bytes.refine((value) => value.length < 5).describe('short'),
      mini.instanceof(Uint8Array),
      mini.instanceof(Uint8Array).check(mini.refine((value) => value.length < 5)),
    ]) {
      expect(read(schema)).toEqual({ kind: 'bytes' });
    }
  });
});

describe('schemas that do not end', () => {
  it('are refused when a getter builds a new schema each time', () => {
    const endless = (): Schema => z.lazy(() => z.object({ a: endless(), b: endless() }));
    expect(problemsOf(endless())).toEqual([
      expect.stringContaining('c.m.p: the schema does not end'),
    ]);
  });

  it('are refused when a schema is only itself', () => {
    const self: z.ZodType = z.lazy(() => self);
    expect(problemsOf(self)).toEqual([expect.stringContaining('the schema does not end')]);
  });

  it('are refused when shared parts without a name make them too large', () => {
    let schema: Schema = z.string();
    for (let count = 0; count < 24; count++) schema = z.object({ a: schema, b: schema });
    expect(problemsOf(schema)).toEqual([expect.stringContaining('.meta({ id })')]);
  });

  it('are fine when what repeats has a name', () => {
    let schema: Schema = z.string();
    for (let count = 0; count < 24; count++) {
      schema = z.object({ a: schema, b: schema }).meta({ id: `Level${count}` });
    }
    expect(problemsOf(schema)).toEqual([]);
  });
});

describe('a part that is no schema of zod 4', () => {
  it('is refused where it stands', () => {
    const broken = z.array({ _def: {} } as never);
    expect(problemsOf(broken)).toEqual(['c.m.p[]: this is not a schema of zod 4']);
    expect(problemsOf(z.object({ cycle: undefined as never }))).toEqual([
      'c.m.p.cycle: this is not a schema of zod 4',
    ]);
  });
});

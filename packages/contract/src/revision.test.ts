import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { call, contract, stream, topic } from './index.js';
import type { Schema } from './schema/schema.js';

function revisionOf(schema: Schema): string {
  return contract('rev', { one: call({ input: schema }) }).revision;
}

const base = z.object({ a: z.string(), b: z.int().optional(), c: z.enum(['x', 'y']) });

describe('revision', () => {
  it('is the same for the same contract in every run', () => {
    const chat = contract('chat', {
      post: call({ input: base, output: z.date(), errors: { GONE: z.string() } }),
      news: topic({
        params: z.object({ room: z.string() }),
        message: z.string(),
        keep: { count: 5 },
      }),
    });
    expect(chat.revision).toBe('fffa34cb5dc698f3');
  });

  it.each(
    Object.entries({
      'bounds and formats': z.object({
        a: z.email().max(9),
        b: z.int().min(2).optional(),
        c: z.enum(['x', 'y']),
      }),
      descriptions: z.object({
        a: z.string().describe('An a.'),
        b: z.int().optional(),
        c: z.enum(['x', 'y']),
      }),
      refinements: base.refine(() => true),
      'the order of properties': z.object({
        c: z.enum(['x', 'y']),
        b: z.int().optional(),
        a: z.string(),
      }),
      'the order of alternatives': z.object({
        a: z.string(),
        b: z.int().optional(),
        c: z.enum(['y', 'x']),
      }),
      'what only the handler sees': base.transform((value) => value.a),
      brands: base.brand<'Base'>(),
    }),
  )('does not see %s', (_name, schema) => {
    expect(revisionOf(schema)).toBe(revisionOf(base));
  });

  it.each(
    Object.entries({
      'a name': z.object({ A: z.string(), b: z.int().optional(), c: z.enum(['x', 'y']) }),
      'a type': z.object({ a: z.date(), b: z.int().optional(), c: z.enum(['x', 'y']) }),
      'what may be missing': z.object({ a: z.string(), b: z.int(), c: z.enum(['x', 'y']) }),
      'a default': z.object({
        a: z.string().default('x'),
        b: z.int().optional(),
        c: z.enum(['x', 'y']),
      }),
      'members of an enum': z.object({
        a: z.string(),
        b: z.int().optional(),
        c: z.enum(['x', 'y', 'z']),
      }),
      'one property more': base.extend({ d: z.null() }),
      'whether other keys are refused': base.strict(),
    }),
  )('sees %s', (_name, schema) => {
    expect(revisionOf(schema)).not.toBe(revisionOf(base));
  });

  it('sees kinds, errors, who publishes, and whether messages are kept', () => {
    const message = z.string();
    const revisions = [
      contract('rev', { one: call({ output: message }) }),
      contract('rev', { one: call({ input: message }) }),
      contract('rev', { one: call({ output: message, errors: { GONE: message } }) }),
      contract('rev', { one: call({ output: message, idempotent: true }) }),
      contract('rev', { one: stream({ down: message }) }),
      contract('rev', { one: topic({ message }) }),
      contract('rev', { one: topic({ message, publish: 'client' }) }),
      contract('rev', { one: topic({ message, keep: { count: 1 } }) }),
      contract('rev', { one: topic({ message, delivery: { latest: true } }) }),
      contract('rev', { one: topic({ message, slow: { conflate: true } }) }),
      contract('rev', { one: topic({ message, slow: 'close' }) }),
      contract('rev', { two: topic({ message }) }),
      contract('other', { two: topic({ message }) }),
    ].map(({ revision }) => revision);
    expect(new Set(revisions).size).toBe(revisions.length);
  });

  it('does not see the order of members, words, limits and how much is kept', () => {
    const one = call({ input: base, deadlineMs: 5, rate: '5/s', cost: 2, description: 'One.' });
    const message = z.string();
    const first = contract('rev', { one, two: topic({ message, keep: { count: 1 } }) });
    const second = contract(
      'rev',
      { two: topic({ message, public: true, keep: { ageMs: 9 } }), one: call({ input: base }) },
      { description: 'All.' },
    );
    expect(second.revision).toBe(first.revision);
  });
});

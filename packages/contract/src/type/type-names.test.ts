import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { call, contract, ContractError, describe as describeContract } from '../index.js';
import type { Schema } from '../schema/schema.js';

function typesOf(input: Schema, output: Schema = z.null()) {
  const { members, types } = describeContract(contract('c', { one: call({ input, output }) }));
  const [one] = members;
  if (one?.kind !== 'call') throw new Error('there is no call');
  return { input: one.input, output: one.output, types, names: Object.keys(types) };
}

describe('names of types', () => {
  it('come from meta, also inside other types', () => {
    const Room = z.object({ a: z.string() }).meta({ id: 'Room', description: 'A room.' });
    const { input, types } = typesOf(z.array(Room.optional()));
    expect(input).toMatchObject({ items: { of: [{ kind: 'ref', name: 'Room' }, {}] } });
    expect(types['Room']).toMatchObject({ description: 'A room.', type: { kind: 'object' } });
  });

  it('are one for both sides where both sides are the same', () => {
    const Room = z.object({ a: z.string().optional() }).meta({ id: 'Room' });
    expect(typesOf(Room, Room).names).toEqual(['Room']);
  });

  it.each(
    Object.entries({
      default: z.object({ a: z.string().default('x') }),
      coerce: z.object({ a: z.coerce.string() }),
      pipe: z.object({ a: z.stringbool() }),
      record: z.record(z.enum(['a']), z.string().optional()),
    }),
  )('are two where the sides differ by a %s', (name, schema) => {
    const Named = schema.meta({ id: `Both${name}` });
    const { input, output } = typesOf(Named, Named);
    expect(input).toEqual({ kind: 'ref', name: `Both${name}Input` });
    expect(output).toEqual({ kind: 'ref', name: `Both${name}` });
  });

  it.each([
    ['chat message', 'ChatMessage'],
    ['#/components/room-type', 'ComponentsRoomType'],
    ['2d', 'Type2d'],
    ['Date', 'DateType'],
    ['record', 'RecordType'],
  ])('are words of the language and hide nothing: %j', (id, name) => {
    expect(typesOf(z.object({}).meta({ id })).names).toEqual([name]);
  });

  it('are not inherited by what is made of a named schema', () => {
    const Room = z.object({ a: z.string() }).meta({ id: 'Room2' });
    const { names, input } = typesOf(
      z.object({ more: Room.extend({ b: z.int() }), other: Room.describe('x') }),
    );
    expect(names).toEqual([]);
    expect(input).toMatchObject({ kind: 'object' });
  });

  it('may be given twice to the same thing, and not to different things', () => {
    const first = z.object({ a: z.string() }).meta({ id: 'Twice' });
    const same = z.object({ a: z.string() }).meta({ id: 'Twice' });
    expect(typesOf(first, same)).toMatchObject({ output: { name: 'Twice' }, names: ['Twice'] });
    const other = z.object({ a: z.int() }).meta({ id: 'Twice' });
    expect(() => typesOf(first, other)).toThrow(ContractError);
    expect(() => typesOf(first, other)).toThrow(
      'c.one.output: two different schemas have the name "Twice"; give each its own .meta({ id })',
    );
  });
});

describe('recursive schemas', () => {
  const Tree = z.object({
    label: z.string(),
    get children() {
      return z.array(Tree);
    },
  });

  it('get a name from where they are met, and keep it', () => {
    const { input, output, types } = typesOf(z.object({ tree: Tree }), z.array(Tree));
    const ref = { kind: 'ref', name: 'OneInputTreeNode' };
    expect(input).toMatchObject({ properties: [{ name: 'tree', type: ref }] });
    expect(output).toEqual({ kind: 'array', items: ref });
    expect(types['OneInputTreeNode']).toMatchObject({
      type: { properties: [{}, { type: { kind: 'array', items: ref } }] },
    });
  });

  it('keep the name that meta gave them', () => {
    const Named: z.ZodType = z
      .object({ next: z.lazy(() => Named.nullable()) })
      .meta({ id: 'Chain' });
    expect(typesOf(Named).types).toMatchObject({
      Chain: { type: { properties: [{ type: { of: [{ name: 'Chain' }, {}] } }] } },
    });
  });

  it('may refer to each other', () => {
    const Ping = z.object({
      get pong() {
        return Pong.optional();
      },
    });
    const Pong = z.object({ ping: z.array(Ping) });
    expect(typesOf(Ping).names).toEqual(['OneInputNode']);
    expect(typesOf(Pong, Ping).names).toEqual(['OneInputNode']);
  });

  it('may be readonly in themselves', () => {
    const Frozen = z.object({
      get next() {
        return Frozen.readonly().optional();
      },
    });
    expect(typesOf(Frozen).types['OneInputNode']).toMatchObject({
      type: { properties: [{ type: { of: [{ kind: 'readonly' }, { kind: 'undefined' }] } }] },
    });
  });

  it('do not change their names when members move', () => {
    const one = call({ input: Tree });
    const two = call({ input: z.object({ other: Tree }) });
    const first = describeContract(contract('c', { one, two }));
    const second = describeContract(contract('c', { two, one }));
    expect(second.types).toEqual(first.types);
    expect(second.revision).toBe(first.revision);
  });
});

describe('words of readers', () => {
  it('are found through what is wrapped around the schema', () => {
    const schema = z.object({
      a: z.string().describe('An a.').optional(),
      b: z.string().meta({ description: 'A b.', deprecated: true }).nullable().default('x'),
      c: z.lazy(() => z.int().describe('A c.')),
      d: z.string().describe('Given.').pipe(z.string().describe('Got.')),
      e: z.string(),
    });
    expect(typesOf(schema, schema).input).toMatchObject({
      properties: [
        { name: 'a', description: 'An a.' },
        { name: 'b', description: 'A b.', deprecated: true },
        { name: 'c', description: 'A c.' },
        { name: 'd', description: 'Given.' },
        { name: 'e', type: { kind: 'string' } },
      ],
    });
    expect(typesOf(schema, schema).output).toMatchObject({
      properties: [{}, {}, {}, { name: 'd', description: 'Got.' }, {}],
    });
  });

  it('include the format of a text or number, wherever it was set', () => {
    const schema = z.object({
      a: z.email(),
      b: z.string().max(5).email(),
      c: z.number().int(),
      d: z.string().startsWith('x'),
      e: z.int64(),
    });
    const { input } = typesOf(schema);
    const formats = input?.kind === 'object' && input.properties.map(({ type }) => type);
    expect(formats).toEqual([
      { kind: 'string', format: 'email' },
      { kind: 'string', format: 'email' },
      { kind: 'number', format: 'safeint' },
      { kind: 'string' },
      { kind: 'bigint', format: 'int64' },
    ]);
  });
});

import type { ContractShape } from '@trunkline/protocol';
import { describe, expect, expectTypeOf, it } from 'vitest';
import * as z from 'zod';
import * as mini from 'zod/mini';
import {
  call,
  contract,
  ContractError,
  describe as describeContract,
  stream,
  topic,
} from './index.js';

const Message = z.object({ id: z.uuid(), text: z.string(), sentAt: z.date() });

const chat = contract(
  'chat',
  {
    post: call({
      description: 'Posts a message to a room.',
      deprecated: 'send',
      since: '1.2',
      input: z.object({ room: z.string(), at: z.date().default(() => new Date()) }),
      output: Message,
      errors: { ROOM_CLOSED: z.object({ room: z.string().default('?') }) },
      idempotent: true,
      deadlineMs: 500,
      maxInputBytes: 2_000,
      maxOutputBytes: 3_000,
    }),
    ping: call(),
    upload: stream({ up: z.instanceof(Uint8Array), output: z.object({ bytes: z.int() }) }),
    history: stream({ input: z.object({ limit: z.int() }), down: Message }),
    messages: topic({
      params: z.object({ room: z.string(), lang: z.enum(['en', 'de']).default('en') }),
      message: Message,
      keep: { count: 1_000, ageMs: 600_000 },
    }),
    typing: topic({ message: z.string(), publish: 'client', public: true }),
  },
  { description: 'Talks.' },
);

function problemsOf(build: () => unknown): Record<string, string> {
  try {
    build();
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    return Object.fromEntries(error.problems.map(({ path, message }) => [path, message]));
  }
  return {};
}

describe('contract', () => {
  it('gives a value that a zod-free peer understands', () => {
    expectTypeOf(chat).toExtend<ContractShape>();
    expect(chat.name).toBe('chat');
    expect(chat.revision).toMatch(/^[0-9a-f]{16}$/);
    expect(chat.members.post).toMatchObject({ kind: 'call', idempotent: true });
    expect(chat.members.ping).toMatchObject({ kind: 'call', input: undefined, errors: {} });
    expect(chat.members.upload).toMatchObject({ hasUp: true, hasDown: false, hasOutput: true });
    expect(chat.members.history).toMatchObject({ hasUp: false, hasDown: true, hasOutput: false });
    expect(chat.members.messages).toMatchObject({
      publish: 'server',
      paramNames: ['lang', 'room'],
    });
    expect(chat.members.typing).toMatchObject({ publish: 'client', paramNames: [], public: true });
  });

  it('keeps the schemas as they were given', () => {
    expect(chat.members.post.output).toBe(Message);
    expect(chat.members.messages.message).toBe(Message);
    expect(Object.keys(chat.members.post.errors)).toEqual(['ROOM_CLOSED']);
  });

  it('cannot be changed', () => {
    expect(Object.isFrozen(chat)).toBe(true);
    expect(Object.isFrozen(chat.members)).toBe(true);
    expect(Object.isFrozen(chat.members.post)).toBe(true);
  });

  it('takes schemas of zod/mini', () => {
    const small = contract('small', { one: call({ input: mini.object({ a: mini.int() }) }) });
    expect(describeContract(small).members[0]).toMatchObject({
      input: { kind: 'object', properties: [{ name: 'a', type: { kind: 'number' } }] },
    });
  });

  it('lists all problems of a contract in one error', () => {
    const build = () =>
      contract('chat', {
        length: call({
          input: z.object({ a: z.symbol(), list: z.array(z.object({ 'x-y': z.file() })) }),
        }),
        post: call({ errors: { BUSY: z.string(), lower: z.string() } }),
        empty: stream({}),
      });
    expect(Object.keys(problemsOf(build)).sort()).toEqual([
      'chat.empty',
      'chat.length',
      'chat.length.input.a',
      'chat.length.input.list[]["x-y"]',
      'chat.post.errors.BUSY',
      'chat.post.errors.lower',
    ]);
    expect(build).toThrow(/^contract "chat" has 6 problems:\n {2}chat\.empty: a stream needs/);
  });

  it('says the one problem of a contract in one line, under its path', () => {
    const build = () => contract('chat', { post: call({ output: z.symbol() }) });
    expect(build).toThrow(TypeError);
    expect(build).toThrow(
      /^chat\.post\.output: a symbol cannot be carried; use z\.enum\(\) or z\.literal\(\)$/,
    );
    expect(build).toThrow(
      expect.objectContaining({ name: 'ContractError', path: 'chat.post.output' }),
    );
  });

  it('refuses a member that is none', () => {
    expect(
      problemsOf(() => contract('chat', { post: { kind: 'call' } as never, old: 1 as never })),
    ).toEqual({
      'chat.post': 'expected call({ … }), stream({ … }) or topic({ … }), got an object',
      'chat.old': 'expected call({ … }), stream({ … }) or topic({ … }), got 1',
    });
  });

  it('has what its client answers beside its members', () => {
    const confirm = call({
      input: z.object({ tries: z.int().default(3) }),
      output: z.object({ note: z.string().default('') }),
      errors: { AWAY: z.object({ since: z.date() }) },
    });
    const talk = contract('talk', { ping: call(), client: { confirm } });
    expect(Object.keys(talk.members)).toEqual(['ping']);
    expect(Object.keys(talk.client ?? {})).toEqual(['confirm']);
    expect(contract('talk', { ping: call() })).not.toHaveProperty('client');
    expectTypeOf(talk).toExtend<ContractShape>();
    expectTypeOf<keyof (typeof talk)['members']>().toEqualTypeOf<'ping'>();
    type Confirm = NonNullable<(typeof talk)['client']>['confirm'];
    expectTypeOf<NonNullable<Confirm['~types']>>().toEqualTypeOf<{
      readonly input: { tries: number };
      readonly output: { note?: string | undefined };
      readonly errors: { readonly AWAY: { since: Date } };
    }>();
  });

  it('describes what its client answers as that client sees it', () => {
    const input = z.object({ tries: z.int().default(3) });
    const talk = contract('talk', { ping: call(), client: { confirm: call({ input }) } });
    const { client, layouts, revision } = describeContract(talk);
    expect(client).toMatchObject([{ kind: 'call', name: 'confirm' }]);
    expect(client?.[0]?.input).toMatchObject({ properties: [{ name: 'tries' }] });
    expect(client?.[0]?.input).not.toMatchObject({ properties: [{ optional: true }] });
    expect(layouts['confirm']).toMatchObject({ kind: 'clientCall' });
    expect(revision).toBe(talk.revision);
    expect(revision).not.toBe(contract('talk', { ping: call() }).revision);
  });

  it('has other layouts for a call that its client answers than for the same call of its own', () => {
    const one = call({ input: z.object({ tries: z.int().default(3) }) });
    const mine = contract('talk', { one });
    const theirs = contract('talk', { client: { one } });
    expect(theirs.client?.one.codec?.send).toMatch(/^[0-9a-f]{16}$/);
    expect(theirs.client?.one.codec?.send).not.toBe(mine.members.one.codec?.send);
  });

  it('refuses what a client cannot answer, and a name that stands for two things', () => {
    const down = stream({ down: z.string() });
    const definitions = { ping: call(), client: { ping: call(), down, other: 5, Odd: call() } };
    expect(problemsOf(() => contract('chat', definitions as never))).toEqual({
      'chat.client.ping': 'a member of "chat" has the name "ping" already; rename one of them',
      'chat.client.down': 'expected call({ … }), which is all that a client answers, got an object',
      'chat.client.other': 'expected call({ … }), which is all that a client answers, got 5',
      'chat.client.Odd': 'the name "Odd" is not allowed; expected camelCase such as "postMessage"',
    });
    const idempotent = call({ idempotent: true });
    expect(problemsOf(() => contract('chat', { client: { idempotent } }))).toEqual({
      'chat.client.idempotent':
        'option "idempotent": a server does not repeat its calls; leave it out',
    });
  });

  it('takes a call that is named client, and refuses the group elsewhere', () => {
    expect(problemsOf(() => contract('chat', { client: call() }))).toEqual({});
    expect(problemsOf(() => contract('chat', {}, { client: {} } as never))).toEqual({
      chat: 'option "client" stands among the members: contract(name, { client: { … } })',
    });
    expect(problemsOf(() => contract('chat', { others: { ping: call() } }))).toEqual({
      'chat.others': 'expected call({ … }), stream({ … }) or topic({ … }), got an object',
    });
  });

  it('says so when a recursive schema refers to what is not there yet', () => {
    const early = z.object({
      get later() {
        return late;
      },
    });
    const problems = problemsOf(() => contract('chat', { post: call({ input: early }) }));
    const late = z.string();
    expect(problems['chat.post.input']).toMatch(
      /^the schema cannot be read \(".*late.*"\); define what it refers to before the contract$/,
    );
  });
});

describe('the description of a contract', () => {
  it('gives plain data that survives JSON', () => {
    const description = describeContract(chat);
    expect(JSON.parse(JSON.stringify(description))).toEqual(description);
    expect(description.revision).toBe(chat.revision);
    expect(description.description).toBe('Talks.');
  });

  it('keeps the order of the members', () => {
    const names = describeContract(chat).members.map(({ name }) => name);
    expect(names).toEqual(['post', 'ping', 'upload', 'history', 'messages', 'typing']);
  });

  it('gives the words and limits of a procedure', () => {
    expect(describeContract(chat).members[0]).toMatchObject({
      description: 'Posts a message to a room.',
      deprecated: 'send',
      since: '1.2',
      idempotent: true,
      deadlineMs: 500,
      maxInputBytes: 2_000,
      maxOutputBytes: 3_000,
    });
  });

  it('describes what the client gives of an input and gets of error data', () => {
    expect(describeContract(chat).members[0]).toMatchObject({
      input: { properties: [{ name: 'room' }, { name: 'at', optional: true }] },
      errors: [{ code: 'ROOM_CLOSED', data: { properties: [{ type: { kind: 'string' } }] } }],
    });
  });

  it('leaves out what a member does not have', () => {
    const [, ping, upload, history] = describeContract(chat).members;
    expect(Object.keys(ping ?? {}).sort()).toEqual(['errors', 'idempotent', 'kind', 'name']);
    expect(upload).not.toHaveProperty('down');
    expect(history).not.toHaveProperty('output');
  });

  it('describes what a client gives to publish only where it may', () => {
    const [messages, typing] = describeContract(chat).members.slice(4);
    expect(messages).toMatchObject({ publish: 'server', public: false, keep: { count: 1_000 } });
    expect(messages).not.toHaveProperty('publishInput');
    expect(typing).toMatchObject({ publishInput: { kind: 'string' }, public: true });
  });
});

import {
  call,
  contract,
  describe as describeContract,
  stream,
  topic,
  type MemberDefinition,
} from '@trunkline/contract';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { clientTypes } from './client-types.js';
import { GenerateError } from './generate-error.js';

type Members = Record<string, MemberDefinition>;

function typesOf(members: Members) {
  return clientTypes(describeContract(contract('chat', members)), ['ChatClient']);
}

function problemsOf(members: Members): readonly string[] {
  try {
    typesOf(members);
    return [];
  } catch (error) {
    if (error instanceof GenerateError && error.fault === 'contract') return error.problems;
    throw error;
  }
}

describe('clientTypes', () => {
  it('declares types with names first, and objects as interfaces', () => {
    const Message = z
      .object({ text: z.string() })
      .meta({ id: 'Message', description: 'What is said.' });
    const { text, names } = typesOf({
      post: call({ input: z.object({ a: z.int() }), output: Message }),
    });
    expect(text).toBe(
      [
        '/** What is said. */',
        'export interface Message {\n  text: string;\n}\n',
        'export interface PostInput {\n  a: number;\n}\n',
        'export type PostOutput = Message;\n',
      ]
        .join('\n')
        .replace('*/\n\n', '*/\n'),
    );
    expect([...names]).toEqual(['Message', 'PostInput', 'PostOutput']);
  });

  it('lets a schema have the very name that its part has', () => {
    const PostInput = z.object({ a: z.int() }).meta({ id: 'PostInput' });
    const { text } = typesOf({
      post: call({ input: PostInput }),
      other: call({ output: PostInput }),
    });
    expect(text).toBe(
      'export interface PostInput {\n  a: number;\n}\n\nexport type OtherOutput = PostInput;\n',
    );
  });

  it('refuses a name that another part has', () => {
    const schema = z.object({ a: z.int() }).meta({ id: 'PostInput' });
    expect(
      problemsOf({ post: call({ input: z.string() }), other: call({ output: schema }) }),
    ).toEqual([
      'chat.post.input: its type would be called "PostInput" as another one is; ' +
        'give the schema that is called "PostInput" by .meta({ id }) another id',
    ]);
  });

  it('refuses the name of the client itself', () => {
    const schema = z.object({ a: z.int() }).meta({ id: 'ChatClient' });
    expect(problemsOf({ post: call({ input: schema }) })).toEqual([
      'chat: the client itself is called "ChatClient"; ' +
        'give the schema that is called "ChatClient" by .meta({ id }) another id',
    ]);
  });

  it('never gives two members types of one name', () => {
    const text = z.string();
    const both = { up: text, down: text, output: text, input: text };
    const parts = ['Input', 'Output', 'Up', 'Down', 'Errors', 'Params', 'Message', 'Publish'];
    const names = ['a', ...parts.map((part) => `a${part}`)];
    const members = Object.fromEntries(
      names.flatMap((name) => [
        [name, stream({ ...both, errors: { BAD: text } })],
        [`${name}T`, topic({ message: z.string().default(''), publish: 'client' })],
      ]),
    );
    expect(problemsOf(members)).toEqual([]);
  });
});

import type {
  CallShape,
  ContractShape,
  MemberShape,
  StreamShape,
  TopicShape,
} from '@trunkline/protocol';
import { describe, expect, expectTypeOf, it } from 'vitest';
import * as z from 'zod';
import {
  call,
  contract,
  stream,
  topic,
  type HandlerDown,
  type HandlerInput,
  type HandlerOutput,
  type HandlerUp,
  type TopicMessageInput,
  type TopicParams,
} from './index.js';
import type { ErrorDataInput } from './definition.js';

const Dated = z.object({
  at: z.codec(z.iso.datetime(), z.date(), {
    decode: (text) => new Date(text),
    encode: (date) => date.toISOString(),
  }),
});
type Text = { at: string };
type Parsed = { at: Date };

const { members } = contract('types', {
  both: call({
    input: Dated,
    output: Dated,
    errors: { GONE: Dated, LATE: z.int().default(1) },
  }),
  bare: call(),
  stream: stream({ input: Dated, up: Dated, down: Dated, output: Dated, errors: { GONE: Dated } }),
  down: stream({ down: z.string() }),
  topic: topic({ params: z.object({ n: z.int().default(1) }), message: Dated }),
  open: topic({ message: Dated, publish: 'client' }),
  newest: topic({
    message: z.object({ id: z.string(), at: z.date() }),
    delivery: { latest: 'id', maxPerSecond: 5 },
    slow: 'gap',
    snapshot: 'board',
  }),
  board: call({ output: z.string() }),
});

type Members = typeof members;

/** What a peer without zod infers. */
type Carried<Member extends MemberShape> = NonNullable<Member['~types']>;

describe('what a client infers without zod', () => {
  it('gives inputs before and gets outputs and errors after they are parsed', () => {
    expectTypeOf<Carried<Members['both']>>().toEqualTypeOf<{
      readonly input: Text;
      readonly output: Parsed;
      readonly errors: { readonly GONE: Parsed; readonly LATE: number };
    }>();
  });

  it('has undefined for what is absent, and no errors', () => {
    expectTypeOf<Carried<Members['bare']>['input']>().toEqualTypeOf<undefined>();
    expectTypeOf<Carried<Members['bare']>['output']>().toEqualTypeOf<undefined>();
    expectTypeOf<keyof Carried<Members['bare']>['errors']>().toEqualTypeOf<never>();
    expectTypeOf<Carried<Members['down']>['up']>().toEqualTypeOf<undefined>();
    expectTypeOf<Carried<Members['open']>['params']>().toEqualTypeOf<undefined>();
  });

  it('gives items up before and gets items down after they are parsed', () => {
    expectTypeOf<Carried<Members['stream']>>().toEqualTypeOf<{
      readonly input: Text;
      readonly up: Text;
      readonly down: Parsed;
      readonly output: Parsed;
      readonly errors: { readonly GONE: Parsed };
    }>();
  });

  it('knows who publishes on a topic, and what', () => {
    expectTypeOf<Carried<Members['topic']>['params']>().toEqualTypeOf<{ n?: number | undefined }>();
    expectTypeOf<Carried<Members['topic']>['message']>().toEqualTypeOf<Parsed>();
    expectTypeOf<Members['topic']['publish']>().toEqualTypeOf<'server'>();
    expectTypeOf<Members['open']['publish']>().toEqualTypeOf<'client'>();
    expectTypeOf<Carried<Members['open']>['publishInput']>().toEqualTypeOf<Text>();
    expectTypeOf<Members['newest']['snapshot']>().toEqualTypeOf<'board' | undefined>();
    expectTypeOf<Members['newest']['publish']>().toEqualTypeOf<'server'>();
    expectTypeOf<Members['open']['snapshot']>().toEqualTypeOf<undefined>();
  });

  it('sees definitions as the shapes of the protocol', () => {
    expectTypeOf<Members['both']>().toExtend<CallShape<Text, Parsed>>();
    expectTypeOf<Members['stream']>().toExtend<StreamShape<Text, Text, Parsed, Parsed>>();
    expectTypeOf<Members['topic']>().toExtend<TopicShape<unknown, Parsed, 'server'>>();
    expectTypeOf<{ name: ''; revision: ''; members: Members }>().toExtend<ContractShape>();
  });
});

describe('what a handler infers', () => {
  it('is given parsed inputs and items and returns outputs before they are parsed', () => {
    expectTypeOf<HandlerInput<Members['both']>>().toEqualTypeOf<Parsed>();
    expectTypeOf<HandlerOutput<Members['both']>>().toEqualTypeOf<Text>();
    expectTypeOf<HandlerUp<Members['stream']>>().toEqualTypeOf<Parsed>();
    expectTypeOf<HandlerDown<Members['stream']>>().toEqualTypeOf<Text>();
  });

  it('gives error data before it is parsed', () => {
    expectTypeOf<ErrorDataInput<Members['both']['errors']>>().toEqualTypeOf<{
      readonly GONE: Text;
      readonly LATE: number | undefined;
    }>();
  });

  it('has undefined for what is absent', () => {
    expectTypeOf<HandlerInput<Members['bare']>>().toEqualTypeOf<undefined>();
    expectTypeOf<HandlerOutput<Members['bare']>>().toEqualTypeOf<undefined>();
    expectTypeOf<HandlerUp<Members['both']>>().toEqualTypeOf<undefined>();
    expectTypeOf<HandlerDown<Members['both']>>().toEqualTypeOf<undefined>();
    expectTypeOf<TopicParams<Members['open']>>().toEqualTypeOf<undefined>();
  });

  it('authorizes parsed params and publishes messages before they are parsed', () => {
    expectTypeOf<TopicParams<Members['topic']>>().toEqualTypeOf<{ n: number }>();
    expectTypeOf<TopicMessageInput<Members['topic']>>().toEqualTypeOf<Text>();
  });
});

describe('what does not compile', () => {
  it('is an option that does not exist, or is not available in this version', () => {
    // @ts-expect-error a typing mistake
    call({ inputs: z.string() });
    // @ts-expect-error no field of the message
    topic({ message: Dated, delivery: { latest: 'id' } });
    // @ts-expect-error no field of the message
    topic({ message: Dated, slow: { conflate: ['at', 'id'] } });
    // @ts-expect-error what is no object has no fields
    topic({ message: z.string(), delivery: { latest: 'length' } });
    // @ts-expect-error only true says something
    topic({ message: z.string(), public: false });
    // @ts-expect-error a shape without schemas
    expect(() => contract('chat', { post: { kind: 'call' } })).toThrow(TypeError);
    // @ts-expect-error not a schema
    call({ input: String });
  });
});

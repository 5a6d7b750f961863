import type { CallShape, ContractShape, StreamShape, TopicShape } from '@trunkline/protocol';
import { expectTypeOf } from 'vitest';
import { ChatClient } from '../tests/chat-service.js';
import {
  connect,
  type ClientOf,
  type DownStream,
  type ErrorCode,
  type FrameworkError,
  type PublishableTopic,
  type Published,
  type Topic,
  type TrunklineError,
} from './index.js';

interface Shape extends ContractShape {
  readonly members: {
    readonly post: CallShape<{ text: string }, Date, { readonly CLOSED: { room: string } }>;
    readonly ping: CallShape<undefined, undefined, {}>;
    readonly find: CallShape<{ id: number } | undefined, string | null, {}>;
    readonly down: StreamShape<{ room: string }, undefined, number, undefined, {}>;
    readonly ticks: StreamShape<undefined, undefined, number, { count: number }, {}>;
    readonly up: StreamShape<{ room: string }, Uint8Array, undefined, { bytes: number }, {}>;
    readonly both: StreamShape<undefined, string, number, undefined, {}>;
    readonly messages: TopicShape<{ room: string }, Date, 'server', Date>;
    readonly typing: TopicShape<{ room?: string }, Date, 'client', string>;
    readonly news: TopicShape<undefined, Date, 'server', Date>;
    readonly changes: TopicShape<{ room: string }, Date, 'server', Date, 'find'>;
    readonly edits: TopicShape<undefined, Date, 'client', string, 'ping' | undefined>;
  };
}

declare const shape: Shape;
const client = connect('ws://x', { services: { chat: ChatClient }, contracts: { shape } });
const inferred = client.shape;
const options = { deadlineMs: null, signal: new AbortController().signal };

// The services of a client
expectTypeOf(client.chat).toEqualTypeOf<ChatClient>();
expectTypeOf(inferred).toEqualTypeOf<ClientOf<Shape>>();
expectTypeOf(client.close).toEqualTypeOf<() => void>();
expectTypeOf(client).toExtend<Disposable>();
// @ts-expect-error there is no such service
void client.news;
// @ts-expect-error a misspelt option
connect('ws://x', { services: { chat: ChatClient }, reconect: {} });

// Calls
expectTypeOf(inferred.post({ text: '' }, options)).toEqualTypeOf<Promise<Date>>();
expectTypeOf(inferred.ping()).toEqualTypeOf<Promise<undefined>>();
expectTypeOf(inferred.ping(undefined, options)).toEqualTypeOf<Promise<undefined>>();
expectTypeOf(inferred.find()).toEqualTypeOf<Promise<string | null>>();
expectTypeOf(inferred.find({ id: 1 }, options)).toEqualTypeOf<Promise<string | null>>();
// @ts-expect-error the input is missing
void inferred.post();
// @ts-expect-error a wrong input
void inferred.post({ text: 1 });
// @ts-expect-error options are no input
void inferred.ping({ deadlineMs: 1 });

const result = await inferred.post.safe({ text: '' });
if (result.ok) {
  expectTypeOf(result.value).toEqualTypeOf<Date>();
} else {
  const { error } = result;
  expectTypeOf(error.code).toEqualTypeOf<'CLOSED' | ErrorCode>();
  if (error.code === 'CLOSED') expectTypeOf(error.data).toEqualTypeOf<{ room: string }>();
  else expectTypeOf(error).toEqualTypeOf<FrameworkError>();
}
const plain = await inferred.ping.safe();
if (!plain.ok) expectTypeOf(plain.error).toEqualTypeOf<FrameworkError>();

// Streams
expectTypeOf(inferred.down({ room: '' })).toEqualTypeOf<DownStream<number, undefined, {}>>();
expectTypeOf(inferred.ticks().output).toEqualTypeOf<Promise<{ count: number }>>();
expectTypeOf(inferred.up({ room: '' }, [new Uint8Array(1)], options)).toEqualTypeOf<
  Promise<{ bytes: number }>
>();
expectTypeOf(inferred.both(undefined, ['a'])).toEqualTypeOf<DownStream<number, undefined, {}>>();
for await (const item of inferred.both(undefined, (async function* () {})())) {
  expectTypeOf(item).toEqualTypeOf<number>();
}
// @ts-expect-error the items are missing
void inferred.up({ room: '' });
// @ts-expect-error wrong items
void inferred.up({ room: '' }, ['a']);

// Topics
expectTypeOf(inferred.messages({ room: '' }, { last: 3 })).toEqualTypeOf<Topic<Date>>();
expectTypeOf(inferred.news()).toEqualTypeOf<Topic<Date>>();
expectTypeOf(inferred.typing()).toEqualTypeOf<PublishableTopic<Date, string>>();
expectTypeOf(inferred.typing({}).publish('x')).toEqualTypeOf<Promise<Published>>();
// @ts-expect-error only the server publishes on this one
void inferred.messages({ room: '' }).publish;
// @ts-expect-error the params are missing
inferred.messages();

// Snapshots of topics
const changes = inferred.changes({ room: '' });
expectTypeOf(changes).toEqualTypeOf<Topic<Date, string | null>>();
expectTypeOf(inferred.edits()).toEqualTypeOf<PublishableTopic<Date, string, undefined>>();
changes.subscribe({ snapshot: (one) => expectTypeOf(one).toEqualTypeOf<string | null>() });
inferred.changes({ room: '' }, { onSnapshot: (one: string | null) => one });
// @ts-expect-error the topic has no snapshot
inferred.news(undefined, { onSnapshot: () => undefined });
// @ts-expect-error the topic has no snapshot
inferred.news().subscribe({ snapshot: () => undefined });

// Errors of a generated client
const posted = await client.chat.post.safe({ text: '' });
if (!posted.ok && posted.error.code === 'ROOM_CLOSED') {
  expectTypeOf(posted.error).toEqualTypeOf<TrunklineError<'ROOM_CLOSED', { room: string }>>();
}

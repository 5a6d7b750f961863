import { call, contract, topic } from '@trunkline/contract';
import { topicCodecs } from '@trunkline/contract/codecs';
import {
  CLIENT_DECODE_LIMITS,
  TrunklineError,
  type Broker,
  type BrokerRecord,
  type BrokerTopic,
  type KeepPolicy,
  type PublishId,
  type PublishReceipt,
} from '@trunkline/protocol';
import { decodePayload } from '@trunkline/protocol/superjson';
import { VirtualRuntime } from '@trunkline/protocol/testing';
import 'reflect-metadata';
import { describe, expect, expectTypeOf, it } from 'vitest';
import * as z from 'zod';
import { MemoryBroker } from './memory-broker.js';
import { createTopics, TopicsOf, type Topics } from './publisher.js';

const Message = z.object({ text: z.string().min(1), at: z.date().default(new Date(0)) });

const chat = contract('chat', {
  post: call({ input: z.string() }),
  messages: topic({
    params: z.object({ room: z.string(), lang: z.string().default('en') }),
    message: Message,
    keep: { count: 10 },
  }),
  news: topic({ message: z.string() }),
  page: topic({ params: z.object({ number: z.int().optional() }), message: z.string() }),
  blobs: topic({ message: z.instanceof(Uint8Array) }),
  checked: topic({ message: z.string().refine((text) => Promise.resolve(text !== 'bad')) }),
});

class ChatTopics extends TopicsOf(chat) {}

it('refuses options and methods of observers that are misspelt', async () => {
  const broker = new MemoryBroker();
  expect(() => createTopics(chat, undefined as never)).toThrow(/need a broker, such as/);
  expect(() => createTopics(chat, broker, { observer: [] } as object)).toThrow(
    'unknown option of topics "observer": did you mean "observers"?',
  );
  const observers: object[] = [{ publishEnd: () => undefined }];
  expect(() => createTopics(chat, broker, { observers })).toThrow(
    'unknown method "publishEnd" of an observer: did you mean "publishEnded"?',
  );
  const publishID = { publisher: '0'.repeat(32), counter: 1 };
  await expect(
    createTopics(chat, broker)
      .news()
      .publish('x', { publishID } as object),
  ).rejects.toThrow('chat.news: unknown option "publishID": did you mean "publishId"?');
  await broker.close();
});

interface Published {
  readonly key: string;
  readonly value: unknown;
  readonly publishId: PublishId | undefined;
  readonly keep: KeepPolicy | undefined;
}

/** Reads a record with whatever topic of the contract packed it. */
function valueOf(record: BrokerRecord): unknown {
  const { messages, news, page, blobs, checked } = chat.members;
  const codecs = [messages, news, page, blobs, checked].map((topic) => topicCodecs(topic));
  const codec = codecs.find(({ receive }) => receive === record.layoutHash)?.message;
  const decoded =
    codec === undefined
      ? decodePayload(record, CLIENT_DECODE_LIMITS)
      : codec.decode(record.bytes, CLIENT_DECODE_LIMITS);
  return 'value' in decoded ? decoded.value : undefined;
}

/** A memory broker that notes what it was given, when it was given it. */
class NotingBroker extends MemoryBroker {
  readonly published: Published[] = [];

  override publish(topic: BrokerTopic, record: BrokerRecord): Promise<PublishReceipt> {
    this.published.push({ ...topic, value: valueOf(record), publishId: record.publishId });
    return super.publish(topic, record);
  }

  get values(): unknown[] {
    return this.published.map(({ value }) => value);
  }
}

function setup() {
  const runtime = new VirtualRuntime();
  const broker = new NotingBroker({ runtime });
  return { runtime, broker, topics: createTopics(chat, broker, { runtime }) };
}

describe('createTopics', () => {
  it('has a publisher for each topic of the contract and for nothing else', () => {
    const { topics } = setup();
    expect(Object.keys(topics)).toEqual(['messages', 'news', 'page', 'blobs', 'checked']);
  });

  it('publishes under the key of the parsed params and resolves to the place', async () => {
    const { broker, topics } = setup();
    const receipt = await topics.messages({ room: 'lobby' }).publish({ text: 'hello' });
    expect(receipt).toMatchObject({ offset: 1, stored: 'node', duplicate: false });
    expect(broker.published).toEqual([
      {
        key: 'chat.messages{"lang":"en","room":"lobby"}',
        value: { text: 'hello', at: new Date(0) },
        publishId: undefined,
        keep: { count: 10, ageMs: 300_000, bytes: 1_048_576 },
      },
    ]);
  });

  it('keeps nothing of a topic that does not say so, and takes no params where there are none', async () => {
    const { broker, topics } = setup();
    await topics.news().publish('hello');
    expect(broker.published).toMatchObject([{ key: 'chat.news', keep: undefined }]);
  });

  it('takes no params where all of them may be missing', async () => {
    const { broker, topics } = setup();
    await topics.page().publish('a');
    await topics.page({ number: 2 }).publish('b');
    expect(broker.published.map(({ key }) => key)).toEqual(['chat.page', 'chat.page{"number":2}']);
  });

  it('keeps as much as the limits say where the topic does not say it', async () => {
    const { broker, runtime } = setup();
    const topics = createTopics(chat, broker, { runtime, limits: { keepAgeMs: 7 } });
    await topics.messages({ room: 'a' }).publish({ text: 'x' });
    expect(broker.published[0]?.keep).toEqual({ count: 10, ageMs: 7, bytes: 1_048_576 });
  });

  it('works with publishers that were taken off it', async () => {
    const { topics } = setup();
    const { news } = topics;
    const { publish } = news();
    expect(await publish('hello')).toMatchObject({ offset: 1 });
  });

  it('passes a publish id on, so that repeating stores nothing', async () => {
    const { topics } = setup();
    const publishId = { publisher: 'orders', counter: 17 };
    const first = await topics.news().publish('hello', { publishId });
    const again = await topics.news().publish('hello', { publishId });
    expect(again).toEqual({ ...first, duplicate: true });
  });

  it('refuses limits that do not exist when it is made', () => {
    const limits = { keepForever: 1 } as object;
    expect(() => createTopics(chat, new MemoryBroker(), { limits })).toThrow(TypeError);
  });
});

describe('a publisher', () => {
  it('refuses params that do not fit with their issues, where they are named', () => {
    const { topics } = setup();
    expect(() => topics.messages({ room: 7 as unknown as string })).toThrow(
      expect.objectContaining({
        code: 'INVALID_INPUT',
        message: expect.stringMatching(/^cannot publish on "chat.messages": .*"room"/),
        data: { issues: [expect.objectContaining({ path: ['room'] })] },
      }),
    );
  });

  it('rejects a message that does not fit with its issues', async () => {
    const { broker, topics } = setup();
    const published = topics.messages({ room: 'a' }).publish({ text: '' });
    await expect(published).rejects.toThrow(TrunklineError);
    await expect(published).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(/^cannot publish on "chat.messages": .*"text"/),
      data: { issues: [expect.objectContaining({ path: ['text'] })] },
    });
    expect(broker.published).toEqual([]);
  });

  it('rejects a message that is too large for a batch', async () => {
    const { topics } = setup();
    const published = topics.blobs().publish(new Uint8Array(256 * 1024));
    await expect(published).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });

  it('rejects with what the broker rejects with', async () => {
    const { broker, topics } = setup();
    await broker.close();
    await expect(topics.news().publish('x')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(topics.checked().publish('x')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('rejects with what a refinement throws', async () => {
    const { broker } = setup();
    const fault = new Error('a bug');
    const faulty = contract('faulty', {
      notes: topic({
        message: z.string().refine(() => {
          throw fault;
        }),
      }),
    });
    await expect(createTopics(faulty, broker).notes().publish('x')).rejects.toBe(fault);
  });

  it('encodes a message when it is called, whatever is done to the object later', async () => {
    const { broker, topics } = setup();
    const message = { text: 'before' };
    const published = topics.messages({ room: 'a' }).publish(message);
    message.text = 'after';
    await published;
    expect(broker.values).toMatchObject([{ text: 'before' }]);
  });
});

describe('the order of publishes', () => {
  it('is that of the calls, and the broker has a message when the call returns', async () => {
    const { broker, topics } = setup();
    const all = ['1', '2', '3'].map((text) => topics.news().publish(text));
    expect(broker.values).toEqual(['1', '2', '3']);
    expect((await Promise.all(all)).map(({ offset }) => offset)).toEqual([1, 2, 3]);
  });

  it('is that of the calls where some schemas wait and some do not', async () => {
    const { broker, topics } = setup();
    const published = [
      topics.checked().publish('1'),
      topics.news().publish('2'),
      topics.checked().publish('3'),
      topics.news().publish('4'),
    ];
    await Promise.all(published);
    expect(broker.values).toEqual(['1', '2', '3', '4']);
    const last = topics.news().publish('5');
    expect(broker.values).toEqual(['1', '2', '3', '4', '5']);
    await last;
  });

  it('is kept behind messages that are refused, and those are refused alone', async () => {
    const { broker, topics } = setup();
    const outcomes = await Promise.allSettled([
      topics.checked().publish('1'),
      topics.checked().publish('bad'),
      topics.checked().publish(''),
      topics.news().publish(7 as unknown as string),
      topics.news().publish('2'),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(broker.values).toEqual(['1', '', '2']);
  });

  it('does not let a refused message release those behind it before what waits before it', async () => {
    const { broker } = setup();
    let approve = (): void => undefined;
    const approved = new Promise<boolean>((resolve) => {
      approve = () => resolve(true);
    });
    const slow = contract('slow', {
      notes: topic({
        message: z.string().refine((text) => (text === '1' ? approved : text !== 'bad')),
      }),
    });
    const topics = createTopics(slow, broker);
    const first = topics.notes().publish('1');
    const refused = topics.notes().publish('bad');
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    const last = topics.notes().publish('2');
    expect(broker.values).toEqual([]);
    approve();
    await Promise.all([first, last]);
    expect(broker.values).toEqual(['1', '2']);
  });

  it('waits with bytes of its own', async () => {
    const { broker, topics } = setup();
    const bytes = Uint8Array.of(1, 2, 3);
    const published = [topics.checked().publish('x'), topics.blobs().publish(bytes)];
    bytes.fill(9);
    await Promise.all(published);
    expect(broker.values[1]).toEqual(Uint8Array.of(1, 2, 3));
  });
});

describe('a loop of awaited publishes', () => {
  it('lets the turn end when it has published 256 KiB', async () => {
    const { broker, topics, runtime } = setup();
    const blob = new Uint8Array(16 * 1024);
    let publishedInFirstTurn = 0;
    runtime.endOfTurn(() => (publishedInFirstTurn = broker.published.length));
    for (let n = 0; n < 100; n++) await topics.blobs().publish(blob);
    expect(publishedInFirstTurn).toBe(16);
    expect(broker.published).toHaveLength(100);
  });

  it('lets the turn end for empty messages too', async () => {
    const { broker, topics, runtime } = setup();
    let publishedInFirstTurn = 0;
    runtime.endOfTurn(() => (publishedInFirstTurn = broker.published.length));
    for (let n = 0; n < 10_000; n++) await topics.blobs().publish(new Uint8Array(0));
    expect(publishedInFirstTurn).toBeGreaterThan(1_000);
    expect(publishedInFirstTurn).toBeLessThan(10_000);
  });

  it('stays in its turn below that', async () => {
    const { topics, runtime } = setup();
    let isTurnOver = false;
    runtime.endOfTurn(() => (isTurnOver = true));
    for (let n = 0; n < 10; n++) await topics.news().publish('x');
    expect(isTurnOver).toBe(false);
  });
});

describe('TopicsOf', () => {
  it('makes a class that is constructed from a broker', async () => {
    const { broker, runtime } = setup();
    const topics = new ChatTopics(broker, { runtime });
    expect(topics).toBeInstanceOf(ChatTopics);
    await topics.messages({ room: 'a' }).publish({ text: 'hello' });
    expect(broker.values).toMatchObject([{ text: 'hello' }]);
  });

  it('makes a class that decorator metadata names as the type of a parameter', () => {
    const injectable: ClassDecorator = () => undefined;
    @injectable
    class Controller {
      constructor(readonly topics: ChatTopics) {}
    }
    expect(Reflect.getMetadata('design:paramtypes', Controller)).toEqual([ChatTopics]);
  });

  it('has the types of the contract', () => {
    const check = (topics: ChatTopics): void => {
      expectTypeOf(topics).toExtend<Topics<typeof chat>>();
      expectTypeOf(topics.messages).parameters.toEqualTypeOf<
        [params: { room: string; lang?: string | undefined }]
      >();
      expectTypeOf(topics.news).parameters.toEqualTypeOf<[]>();
      expectTypeOf(topics.page)
        .parameter(0)
        .toEqualTypeOf<{ number?: number | undefined } | undefined>();
      const { publish } = topics.messages({ room: 'a' });
      expectTypeOf(publish).parameter(0).toEqualTypeOf<{ text: string; at?: Date | undefined }>();
      expectTypeOf(publish).returns.resolves.toEqualTypeOf<PublishReceipt>();
      // @ts-expect-error a call of the contract is no topic
      void topics.post;
    };
    expect(check).toBeTypeOf('function');
    expectTypeOf<ConstructorParameters<typeof ChatTopics>[0]>().toEqualTypeOf<Broker>();
  });
});
